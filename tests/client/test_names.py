"""The names of package and clients, and what loading them loads."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterable

import pytest

import zitadel_grpc
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api._services import SERVICES

HEAVY = ("grpc", "httpx2", "jwt", "cryptography", "google.protobuf", "asyncio")


def test_the_names_of_the_package_are_loaded_when_they_are_used() -> None:
    for name in zitadel_grpc.__all__:
        assert getattr(zitadel_grpc, name) is not None
        assert name in dir(zitadel_grpc)
    with pytest.raises(AttributeError, match="NoSuchName"):
        getattr(zitadel_grpc, "NoSuchName")  # noqa: B009


@pytest.mark.parametrize("client", [AsyncClient, Client])
def test_the_names_and_parameters_of_the_clients(client: type) -> None:
    names = {name for name in dir(client) if not name.startswith("_")}
    assert names - SERVICES.keys() == {
        "access_token",
        "close",
        "from_env",
        "paginate",
        "stats",
        "stub",
        "wait_until",
        "with_org",
        "with_retries",
    }
    assert list(inspect.signature(client).parameters) == [
        *("url", "credentials", "org_id", "options", "timeout", "interceptors", "validate")
    ]


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


def test_a_message_is_loaded_without_grpc() -> None:
    loaded = loaded_by("from zitadel_grpc.api.management.v1 import GetMyOrgRequest")

    assert "google.protobuf" in loaded
    assert loaded.isdisjoint({"grpc", "httpx2", "jwt", "cryptography"})
    assert not [name for name in loaded if name.endswith("_grpc")]
