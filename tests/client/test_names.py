"""The public names, and what loading them loads."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterable

import pytest

import zitadel_grpc
from zitadel_grpc import AsyncClient, Client, credentials, errors
from zitadel_grpc.api._services import SERVICES

HEAVY = ("grpc", "httpx2", "jwt", "cryptography", "google.protobuf", "asyncio")


def test_the_names_of_the_package() -> None:
    assert set(zitadel_grpc.__all__) >= {
        "AsyncClient",
        "Client",
        "ConnectionOptions",
        "ZitadelAuthPlugin",
        "secure_channel",
    }
    for name in zitadel_grpc.__all__:
        assert getattr(zitadel_grpc, name).__name__ == name
        assert name in dir(zitadel_grpc)
    with pytest.raises(AttributeError, match="NoSuchName"):
        getattr(zitadel_grpc, "NoSuchName")  # noqa: B009


def test_the_names_of_the_clients() -> None:
    common = {
        "stub",
        "with_org",
        "with_retries",
        "pages",
        "until",
        "stats",
        "access_token",
        "close",
        "from_env",
    }
    for client in (AsyncClient, Client):
        names = {name for name in dir(client) if not name.startswith("_")}
        assert names - SERVICES.keys() == common
        parameters = [
            str(parameter).partition(":")[0] for parameter in inspect.signature(client).parameters.values()
        ]
        assert parameters == [
            "url",
            "credentials",
            *("org_id", "options", "timeout", "interceptors", "validate"),
        ]


def test_the_names_of_the_credentials() -> None:
    assert set(credentials.__all__) >= {
        "AccessToken",
        "ApplicationKey",
        "ClientCredentials",
        "JwtProfile",
        "PersonalAccessToken",
        "SystemUser",
        "TokenExchange",
    }


def test_the_names_of_the_errors() -> None:
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert set(errors.__all__) <= defined
    assert set(errors.__all__) == {
        *("ZitadelError", "ConfigurationError", "ClosedError", "CredentialsError", "TokenEndpointError"),
        *("InvalidMetadata", "InvalidRequest", "MetadataEntry", "PlaintextWarning", "WaitTimeoutError"),
        *("RpcError", "Cancelled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound"),
        *("AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted"),
        *("OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"),
    }


def loaded_by(statement: str, modules: Iterable[str] = HEAVY) -> set[str]:
    """Which of `modules` a new process has loaded after `statement`."""
    script = f"import sys; {statement}; print(*sys.modules)"
    names = subprocess.check_output([sys.executable, "-c", script], text=True, timeout=50).split()
    return {name for name in names if name in modules or name.startswith("zitadel_grpc.api.")}


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import zitadel_grpc", set[str]()),
        ("from zitadel_grpc import AsyncClient, Client", {"grpc", "asyncio"}),
        (
            "from zitadel_grpc import AsyncClient; from zitadel_grpc.credentials import PersonalAccessToken; "
            "AsyncClient('https://localhost', PersonalAccessToken('ey.some.token'))",
            {"grpc", "asyncio"},
        ),
    ],
)
def test_only_what_is_needed_is_loaded(statement: str, loaded: set[str]) -> None:
    assert loaded_by(statement) - {"zitadel_grpc.api._services"} == loaded


def test_a_message_comes_without_grpc() -> None:
    loaded = loaded_by("from zitadel_grpc.api.management.v1 import GetMyOrgRequest")

    assert "google.protobuf" in loaded
    assert loaded.isdisjoint({"grpc", "httpx2", "jwt", "cryptography"})
    assert not [name for name in loaded if name.endswith("_grpc")]
