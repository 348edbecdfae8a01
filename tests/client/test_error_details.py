"""What an error carries beside its text."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tests.client.proxies import Headers, answers, listening
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import NotFound, ResourceExhausted, RpcError

RPC = "zitadel.management.v1.ManagementService/GetMyOrg"
GRPC = (":status", "200"), ("content-type", "application/grpc")
EXHAUSTED = ("grpc-status", "8"), ("grpc-message", "too many")


def trailer(*details: Message) -> tuple[str, bytes]:
    packed = []
    for detail in details:
        packed.append(Packed())
        packed[-1].Pack(detail)
    return "grpc-status-details-bin", Status(details=packed).SerializeToString()


@pytest.mark.parametrize(
    ("headers", "trailers", "delay"),
    [
        ((), [("grpc-retry-pushback-ms", "1500")], 1.5),
        ((), [("grpc-retry-pushback-ms", "-1"), ("retry-after", "3")], None),
        ((), [("retry-after", "3")], 3.0),
        ((), [("retry-after", "soon")], None),
        ((), [("retry-after", formatdate(time.time() - 60, usegmt=True))], 0.0),
        ((), [], None),
        ([("retry-after", "3")], [], 3.0),
    ],
)
async def test_a_server_may_say_when_to_try_again(
    headers: Headers, trailers: Headers, delay: float | None
) -> None:
    token = PersonalAccessToken("a-token")
    with listening(answers((*GRPC, *headers), trailers=(*EXHAUSTED, *trailers))) as place:

        def call() -> RpcError:
            with Client(place.url, token, options=place.options) as client:
                with pytest.raises(ResourceExhausted) as raised:
                    client.management.GetMyOrg(GetMyOrgRequest())
                return raised.value

        sync = await asyncio.to_thread(call)
        async with AsyncClient(place.url, token, options=place.options) as client:
            with pytest.raises(ResourceExhausted) as raised:
                await client.management.GetMyOrg(GetMyOrgRequest())

    assert raised.value.retry_delay == sync.retry_delay == delay


@pytest.mark.parametrize(
    ("seconds", "nanos", "delay"), [(2, 500_000_000, 2.5), (0, 0, 0.0), (-5, 0, 0.0), (None, None, None)]
)
def test_a_retry_info_tells_when_to_try_again(seconds: Any, nanos: Any, delay: float | None) -> None:
    info = RetryInfo()
    if seconds is not None:
        info.retry_delay.FromNanoseconds(seconds * 10**9 + nanos)
    assert NotFound(RPC, trailing_metadata=[trailer(info)]).retry_delay == delay
