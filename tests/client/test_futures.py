"""`.future()` of the sync client: the errors of a call, and no secret."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from tests.client.frames import SECRET, leaks
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import NotFound
from zitadel_grpc.testing import Emulator


def test_a_future_fails_as_a_call_does(emulator: Emulator, options: ConnectionOptions) -> None:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        future = client.management.GetUserByID.future(GetUserByIDRequest(id="nope"))
        ended: list[Any] = []
        failure = future.exception(20)
        future.add_done_callback(ended.append)

        assert isinstance(failure, NotFound)
        assert failure.rpc == "zitadel.management.v1.ManagementService/GetUserByID"
        assert future.code() is grpc.StatusCode.NOT_FOUND
        assert future.details() == failure.details()
        assert future.traceback() is not None
        assert future.exception() is failure
        assert (future.done(), future.cancelled(), future.running()) == (True, False, False)
        assert ended == [future]


def test_a_future_succeeds_as_a_call_does(emulator: Emulator, options: ConnectionOptions) -> None:
    with Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        future = client.management.GetMyOrg.future(GetMyOrgRequest(), timeout=20)
        assert future.time_remaining() <= 20
        assert future.result().org.name == "ZITADEL"
        assert future.exception() is future.traceback() is None
        assert future.code() is grpc.StatusCode.OK
        assert "content-type" not in dict(future.initial_metadata())
        assert future.trailing_metadata() is not None
        assert not future.is_active()
        assert not future.cancel()


def test_a_future_reports_that_it_is_cancelled_or_pending(
    emulator: Emulator, options: ConnectionOptions
) -> None:
    with Client("https://127.0.0.1:1", PersonalAccessToken(SECRET), options=options) as client:
        future = client.management.GetMyOrg.future(GetMyOrgRequest(), wait_for_ready=True)
        with pytest.raises(grpc.FutureTimeoutError) as late:
            future.result(0.05)
        assert future.cancel()
        with pytest.raises(grpc.FutureCancelledError) as cancelled:
            future.result(20)
        assert future.cancelled()
        assert future.code() is grpc.StatusCode.CANCELLED
    for caught in (late, cancelled):
        assert leaks(caught.value, SECRET) == []
