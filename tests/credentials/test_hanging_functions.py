"""A token function that hangs takes few threads, and is called again once it returns."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from tests.credentials.caches import wait_until
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.credentials import AccessToken
from zitadel_grpc.errors import ZitadelError


@pytest.mark.slow
@pytest.mark.usefixtures("short_holds")
def test_a_hanging_function_uses_few_threads_and_can_recover() -> None:
    release, entered = threading.Event(), []

    def function() -> str:
        entered.append(1)
        release.wait(60)
        return "a-token"

    options = ConnectionOptions(token_timeout=0.15)
    with Client("https://localhost:1", AccessToken(function), options=options) as client:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            with pytest.raises(ZitadelError):
                client.access_token()
            time.sleep(0.05)
        assert len(entered) == 3
        release.set()
        wait_until(lambda: recovered(client))


def recovered(client: Client) -> bool:
    with contextlib.suppress(ZitadelError):
        return client.access_token() == "a-token"
    return False
