"""A server, or whatever responds in its place, may send anything as an error id."""

from __future__ import annotations

import base64

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.status_pb2 import Status

from tests.client.failing import failures
from tests.client.proxies import listening, sends_response
from zitadel_grpc.api.v1 import ErrorDetail

GRPC = ((":status", "200"), ("content-type", "application/grpc"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("QUERY-Dfbg2", "QUERY-Dfbg2"),
        ("user.already_exists", "user.already_exists"),
        ("Q" * 101, None),
        ("A-1\nforged line", None),
        ("\x1b[31mred", None),
        ("with space", None),
        ("\u202eA-1", None),
    ],
)
async def test_an_error_id_is_short_and_printable(given: str, expected: str | None) -> None:
    packed = Packed()
    packed.Pack(ErrorDetail(id=given, message="m"))
    status = base64.b64encode(Status(code=5, details=[packed]).SerializeToString()).decode().rstrip("=")
    head = (*GRPC, ("grpc-status", "5"), ("grpc-message", "no"), ("grpc-status-details-bin", status))
    with listening(sends_response(head)) as place:
        for error in await failures(place):
            assert error.error_id == expected


async def test_an_error_id_in_the_text_is_bounded_too() -> None:
    text = f"no (A-{'x' * 200})"
    with listening(sends_response((*GRPC, ("grpc-status", "5"), ("grpc-message", text)))) as place:
        for error in await failures(place):
            assert error.error_id is None
