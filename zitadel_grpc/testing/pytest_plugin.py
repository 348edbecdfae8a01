"""Fixtures for tests of services that use ZITADEL. pytest loads them automatically.

    async def test_a_user_is_added(zitadel, zitadel_client):
        await add_user(zitadel_client, "ann")
        assert [call.rpc for call in zitadel.calls] == ["zitadel.user.v2.UserService/CreateUser"]

All tests share one emulator. After each test it is reset to its state before the test, which includes what
fixtures of wider scopes added, and its faults are removed. Async tests can run in pytest-asyncio or anyio, in
any event loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zitadel_grpc import AsyncClient
    from zitadel_grpc.testing import Emulator

__all__ = ["zitadel", "zitadel_client"]

_RUNNING: pytest.StashKey[Emulator] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "zitadel_warn_deprecated",
        "emit a DeprecationWarning for calls of deprecated ZITADEL RPCs, whatever the clients' options are",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getini("zitadel_warn_deprecated"):
        from zitadel_grpc import _deprecation

        _deprecation.warn_everywhere(True)
        config.add_cleanup(lambda: _deprecation.warn_everywhere(False))


@pytest.fixture(scope="session")
def zitadel(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """A running `Emulator` with `url`, `key_file`, `pat`, `root_certificates`, `calls`, `faults` and more."""
    from zitadel_grpc.testing import Emulator

    with Emulator() as emulator:
        pytestconfig.stash[_RUNNING] = emulator
        yield emulator
        del pytestconfig.stash[_RUNNING]


@pytest.fixture(scope="session")
def zitadel_client(zitadel: Emulator) -> AsyncClient:
    """An AsyncClient with the PAT of the first service user, who has all permissions, for any event loop."""
    from zitadel_grpc import AsyncClient, ConnectionOptions
    from zitadel_grpc.credentials import PersonalAccessToken

    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    return AsyncClient(zitadel.url, PersonalAccessToken(zitadel.pat), options=options)


@pytest.fixture(autouse=True)
def _zitadel_reset(pytestconfig: pytest.Config) -> Iterator[None]:
    """Undoes what a test and its own fixtures did. Fixtures of wider scopes run before this one."""
    emulator = pytestconfig.stash.get(_RUNNING, None)
    before = emulator.snapshot() if emulator else None
    if emulator:
        emulator.forget_calls()
    yield
    if emulator := pytestconfig.stash.get(_RUNNING, None):
        emulator.reset(before)
