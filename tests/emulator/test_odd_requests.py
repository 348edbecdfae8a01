"""Requests that are well formed but make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from zitadel_grpc.api.management.v1 import AddPersonalAccessTokenRequest, ListUsersRequest

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"


async def test_recorded_calls_contain_no_credential_of_any_header(own_peer: Peer) -> None:
    metadata = (
        ("authorization", "s3cret"),
        ("proxy-authorization", "Basic s3cret"),
        ("cookie", "session=s3cret; other=s3cret"),
    )
    await own_peer.call(GET_MY_ORG, metadata=metadata)
    (call,) = own_peer.zitadel.calls
    assert dict(call.metadata).items() >= {"authorization": "…", "proxy-authorization": "Basic …"}.items()
    assert "s3cret" not in repr(call)


async def test_an_unknown_column_sorts_like_an_unspecified_one(own_peer: Peer) -> None:
    lists = [
        await own_peer.manage(ListUsersRequest(sorting_column=column))  # type: ignore[arg-type]
        for column in (0, 99, -1)
    ]
    assert [outcome.code for outcome in lists] == [StatusCode.OK] * 3
    assert len({outcome.response.result[0].id for outcome in lists}) == 1


@pytest.mark.parametrize(
    ("seconds", "nanos", "code"),
    [
        (2**62, 0, StatusCode.OK),
        (4102444800, -5, StatusCode.OK),
        (-(2**62), 0, StatusCode.INVALID_ARGUMENT),
        (0, 2**31 - 1, StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_a_date_can_be_out_of_range(own_peer: Peer, seconds: int, nanos: int, code: StatusCode) -> None:
    request = AddPersonalAccessTokenRequest(
        user_id=await own_peer.add_machine(), expiration_date=Timestamp(seconds=seconds, nanos=nanos)
    )
    assert (await own_peer.manage(request)).code is code
