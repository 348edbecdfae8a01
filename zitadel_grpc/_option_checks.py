"""The checks of ConnectionOptions. All raise ConfigurationError. No message quotes a value that may be a
secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from zitadel_grpc._endpoint import is_secret_address
from zitadel_grpc._misplaced import is_encodable, is_number, is_secret_like, shown_number, trimmed
from zitadel_grpc._proxy_url import parse_proxy_url
from zitadel_grpc.errors import ConfigurationError

_LONGEST_TIMEOUT = 3600.0  # seconds
_SHORTEST_KEEPALIVE = 10.0  # seconds; gRPC rounds smaller values up to this
_LONGEST_KEEPALIVE = 86400.0  # seconds
_LARGEST_INTEGER = 2**31 - 1  # gRPC's limit for sizes and channel options
_RESERVED_HEADERS = {
    "authorization": "use credentials",
    "host": "use authority",
    "user-agent": "use user_agent_suffix",
} | dict.fromkeys(
    ("connection", "content-length", "content-type", "te", "transfer-encoding"), "it is set by gRPC and HTTP"
)


def headers(given: object) -> tuple[tuple[str, str], ...]:
    """`given` as pairs with lower-case names that gRPC and HTTP/1.1 both accept."""
    pairs = _pairs("headers", given, object, "a mapping or a sequence")
    pairs = tuple((name.lower(), value) for name, value in pairs)
    for name, value in pairs:
        # gRPC uses `-bin` for binary values. The name is not quoted: name and value may be swapped.
        if not re.fullmatch(r"[0-9a-z_.-]+", name) or name.endswith("-bin"):
            raise ConfigurationError(
                "headers: invalid header name; use letters, digits, '-', '_' and '.', without '-bin' at the "
                "end"
            )
        if name in _RESERVED_HEADERS or name.startswith("grpc-"):
            reason = _RESERVED_HEADERS.get(name, "it is set by gRPC")
            raise ConfigurationError(f"headers: {name!r} cannot be set here; {reason}")
        if not isinstance(value, str) or (value and not _is_header_value(value)):
            raise ConfigurationError(
                f"headers: the value of {name!r} must be printable ASCII text without spaces around it"
            )
    return pairs


def channel_options(given: object) -> tuple[tuple[str, Any], ...]:
    """Checked here because gRPC would raise its own error at the first call, and quote the value in it."""
    pairs = _pairs("channel_options", given, str | int | bytes, "a sequence")
    for name, value in pairs:
        if not all(is_encodable(text) for text in (name, value) if isinstance(text, str)):
            raise ConfigurationError("channel_options: names and values must be text that UTF-8 can encode")
        if isinstance(value, int) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            raise ConfigurationError(f"channel_options: integers must be within ±{_LARGEST_INTEGER}")
    return pairs


def check_bool(name: str, value: object) -> None:
    """Rejects other types: the string "false" would be true."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False, not {type(value).__name__}")


def check_choice(name: str, value: object, choices: tuple[str | None, ...]) -> None:
    if not any(value == choice for choice in choices):
        shown = [f'"{choice}"' if choice else "None" for choice in choices]
        raise ConfigurationError(f"{name} must be {', '.join(shown[:-1])} or {shown[-1]}")


def check_pem(name: str, pem: object) -> None:
    if pem is not None and (not isinstance(pem, bytes) or not pem.strip()):
        raise ConfigurationError(f"{name} must be PEM bytes, for example Path(…).read_bytes()")


def check_together(**fields: object) -> None:
    if len({value is None for value in fields.values()}) > 1:
        raise ConfigurationError(f"{' and '.join(fields)} must be provided together")


def check_address(name: str, value: object) -> None:
    """Checks only that it is a str and not a secret; the code that parses the address checks the rest."""
    _check_text(name, value)
    if isinstance(value, str) and is_secret_address(trimmed(value)):
        raise ConfigurationError(f"{name} looks like a token or a key; pass those as credentials")


def check_host(name: str, value: object) -> None:
    if value is not None and not (isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", value)):
        raise ConfigurationError(
            f"{name} must be a host name, such as zitadel.example or zitadel.example:8443"
        )


def check_proxy(value: object) -> None:
    _check_text("proxy", value)
    if value:
        parse_proxy_url(str(value), "proxy")


def check_user_agent(suffix: object) -> None:
    _check_text("user_agent_suffix", suffix)
    if not isinstance(suffix, str):
        return
    if is_secret_like(suffix):
        raise ConfigurationError("user_agent_suffix must not be a token, a key or longer than 200 characters")
    if not _is_header_value(suffix):
        raise ConfigurationError(
            "user_agent_suffix must be printable ASCII text without spaces around it, such as my-service/1.2"
        )


def check_token_timeout(seconds: object) -> None:
    if not is_number(seconds) or not 0 < seconds <= _LONGEST_TIMEOUT:
        raise ConfigurationError(
            f"token_timeout must be a number of seconds above 0 and up to {_LONGEST_TIMEOUT:g}, "
            f"not {shown_number(seconds)}"
        )


def check_keepalive(seconds: object) -> None:
    if seconds is not None and (
        not is_number(seconds) or not _SHORTEST_KEEPALIVE <= seconds <= _LONGEST_KEEPALIVE
    ):
        raise ConfigurationError(
            f"keepalive must be None or a number of seconds from {_SHORTEST_KEEPALIVE:g} to "
            f"{_LONGEST_KEEPALIVE:g}, not {shown_number(seconds)}"
        )


def check_message_size(name: str, limit: object) -> None:
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= _LARGEST_INTEGER:
        raise ConfigurationError(
            f"{name} must be a number of bytes from 1 to {_LARGEST_INTEGER}, not {shown_number(limit)}"
        )


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str | None):
        raise ConfigurationError(f"{name} must be a str or None, not {type(value).__name__}")


def _is_header_value(text: str) -> bool:
    return re.fullmatch(r"[!-~]([ -~]*[!-~])?", text) is not None


def _pairs(name: str, given: object, values: Any, form: str) -> tuple[tuple[str, Any], ...]:
    """`given` as a tuple. It is read only once, since it may be an iterator."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise ConfigurationError(f"{name} must be {form} of (name, value) pairs")
    pairs = tuple(given.items() if isinstance(given, Mapping) else given)
    for pair in pairs:
        if not (
            isinstance(pair, tuple | list)
            and len(pair) == 2
            and isinstance(pair[0], str)
            and isinstance(pair[1], values)
        ):
            raise ConfigurationError(f"{name} must be {form} of (name, value) pairs")
    return tuple((key, value) for key, value in pairs)
