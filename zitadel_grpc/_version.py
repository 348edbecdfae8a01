"""The version of this package, which the build reads from here, and the user agent of requests."""

__version__ = "0.1.0"

USER_AGENT = f"zitadel-grpc/{__version__}"
"""gRPC appends its own versions: `zitadel-grpc/… grpc-python/… grpc-c/…`."""


def http_user_agent(suffix: str | None) -> str:
    """The user agent of token requests. It starts like the user agent of calls."""
    import grpc

    return " ".join(filter(None, [USER_AGENT, f"grpc-python/{grpc.__version__}", suffix]))
