"""What an error tells beside the server's own words."""

from __future__ import annotations

import sys

import grpc
import pytest
from google.protobuf.any_pb2 import Any as PackedMessage
from google.rpc.status_pb2 import Status

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.api.system.v1 import ListInstancesRequest
from zitadel_grpc.api.v1 import ErrorDetail
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import NotFound, Unauthenticated, Unavailable
from zitadel_grpc.testing import Emulator

RPC = "zitadel.management.v1.ManagementService/GetUserByID"


async def test_an_untrusted_certificate_is_told_as_such(emulator: Emulator) -> None:
    async with AsyncClient(emulator.url, PersonalAccessToken("a-token")) as client:
        with pytest.raises(Unavailable, match="root_certificates"):
            await client.management.GetMyOrg(GetMyOrgRequest())


async def test_plaintext_to_a_port_that_wants_tls_is_told_as_such(emulator: Emulator) -> None:
    plaintext = emulator.url.replace("https://", "http://")
    async with AsyncClient(plaintext, PersonalAccessToken("a-token")) as client:
        with pytest.raises(Unavailable, match="does the server want TLS"):
            await client.management.GetMyOrg(GetMyOrgRequest())


async def test_the_system_api_asks_for_its_own_users(emulator: Emulator, options: ConnectionOptions) -> None:
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        with pytest.raises(Unauthenticated, match="use SystemUser"):
            await client.system.ListInstances(ListInstancesRequest())


def test_an_error_prints_with_stubs_that_lack_zitadels_error_details(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = PackedMessage()
    packed.Pack(ErrorDetail(id="QUERY-Dfbg2"))
    status = Status(code=grpc.StatusCode.NOT_FOUND.value[0], details=[packed])
    error = NotFound(
        RPC,
        "User could not be found (QUERY-Dfbg2)",
        trailing_metadata=[("grpc-status-details-bin", status.SerializeToString())],
    )
    monkeypatch.setitem(
        sys.modules, "zitadel_grpc.api.v1", None
    )  # how Python notes a package that is not there
    assert error.error_id == "QUERY-Dfbg2"
    assert "User could not be found" in str(error)
