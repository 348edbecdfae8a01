"""Errors in a log: one line, of bounded length, and without secrets."""

from __future__ import annotations

import base64

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.status_pb2 import Status

from tests.client.failing import TOKEN, failures
from tests.client.proxies import listening, sends_response
from zitadel_grpc import ConnectionOptions
from zitadel_grpc._client import Client
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.api.v1 import ErrorDetail
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import NotFound, RpcError

RPC = "zitadel.management.v1.ManagementService/GetMyOrg"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\r\n\tand more", "two lines and more"),
        ("\x1b[31mred\x07 \u202ebackwards\u2028next\0", "[31mred backwards next"),
        ("", "no details"),
        ("\n", ""),
        (
            "refused: <!DOCTYPE html><html><head><title>\nAccess denied</title><body>" + "x" * 9999,
            "refused: (a web page: Access denied)",
        ),
        ("<HTML><body>no title", "(a web page)"),
    ],
)
def test_a_servers_text_is_shown_on_one_line(text: str, shown: str) -> None:
    error = NotFound(RPC, text)
    assert str(error) == f"NOT_FOUND: {shown} [{RPC}]"
    assert repr(error) == f"<NotFound: {shown} [{RPC}]>"
    assert error.details() == text


def test_a_long_text_is_cut() -> None:
    error = NotFound(RPC, "é" * 100_000)
    assert len(str(error)) < 700
    assert len(repr(error)) < 300
    assert "é…" in str(error)


async def test_a_token_that_the_server_repeats_is_in_no_part_of_an_error() -> None:
    packed = Packed()
    packed.Pack(ErrorDetail(id="AUTH-7fs1e", message=f"the token {TOKEN} is bad"))
    status = base64.b64encode(Status(details=[packed]).SerializeToString()).decode()
    headers = ((":status", "200"), ("content-type", "application/grpc"), ("x-seen", f"Bearer {TOKEN}"))
    trailers = (
        ("grpc-status", "16"),
        ("grpc-message", f"bad: Bearer {TOKEN}, {TOKEN}"),
        ("x-token", TOKEN),
        ("grpc-status-details-bin", status),
    )
    with listening(sends_response(headers, trailers=trailers)) as place:
        for error in await failures(place):
            assert error.details() == "bad: …, …"
            assert error.error_id == "AUTH-7fs1e"
            assert error.error_details == (
                ErrorDetail(id="AUTH-7fs1e", message=f"the token {'*' * len(TOKEN)} is bad"),
            )
            for part in parts(error):
                assert TOKEN not in part


async def test_the_metadata_of_a_call_is_removed_too() -> None:
    gateways = "the-gateways-secret"
    headers = ((":status", "200"), ("content-type", "application/grpc"))
    trailers = (("grpc-status", "16"), ("grpc-message", f"no: {TOKEN} nor {gateways}; org 12345678"))
    with listening(sends_response(headers, trailers=trailers)) as place:
        for error in await failures(
            place,
            metadata=[
                ("authorization", f"Basic {TOKEN}"),
                ("x-gateway-secret", gateways),
                ("x-zitadel-orgid", "12345678"),
            ],
        ):
            assert error.details() == "no: … nor …; org 12345678"


def parts(error: RpcError) -> list[str]:
    return [str(error), repr(error), str(vars(error)), error.message, error.debug_error_string() or ""]


def test_the_header_for_a_gateway_is_removed_too() -> None:
    headers = ((":status", "200"), ("content-type", "application/grpc"))
    trailers = (("grpc-status", "7"), ("grpc-message", "not the-gateways-secret at my.zitadel.example"))
    with listening(sends_response(headers, trailers=trailers)) as place:
        options = ConnectionOptions(
            root_certificates=place.options.root_certificates,
            headers={
                "cf-access-client-secret": "the-gateways-secret",
                "x-zitadel-instance-host": "my.zitadel.example",
            },
        )
        client = Client(place.url, PersonalAccessToken(TOKEN), options=options)
        with client, pytest.raises(RpcError) as raised:
            client.management.GetMyOrg(GetMyOrgRequest())
    assert raised.value.details() == "not … at my.zitadel.example"
