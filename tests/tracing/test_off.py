"""Programs that do not use OpenTelemetry do not load it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.sdk.trace import TracerProvider

from tests.tracing.spans import Spans, attributes, tracer_provider
from tests.transport.servers import EchoServer, EchoStub
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.testing import Emulator

CALLS = """
import asyncio, sys
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.management.v1 import GetMyOrgRequest

async def main():
    async with AsyncClient.from_env() as client:
        await client.management.GetMyOrg(GetMyOrgRequest())
    with Client.from_env() as client:
        client.management.GetMyOrg(GetMyOrgRequest())

asyncio.run(main())
print(*(name for name in sys.modules if name.startswith(("opentelemetry", "zitadel_grpc._tracing."))))
"""


def test_calls_do_not_import_opentelemetry(emulator: Emulator, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(emulator.root_certificates)
    environment = {
        "ZITADEL_API_URL": emulator.url,
        "ZITADEL_SERVICE_USER_TOKEN": emulator.pat,
        "ZITADEL_CA_FILE": str(ca_file),
    }
    done = subprocess.run(
        [sys.executable, "-c", CALLS], env=environment, capture_output=True, text=True, timeout=50
    )

    assert (done.stdout, done.stderr) == ("\n", "")


async def test_a_provider_that_is_set_later_gets_later_calls(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    spans = Spans()
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest())
        with tracer_provider(spans.provider):
            await client.management.GetMyOrg(GetMyOrgRequest())
        await client.management.GetMyOrg(GetMyOrgRequest())

    assert attributes(spans.one(GET_MY_ORG))["rpc.response.status_code"] == "OK"


async def test_tracing_can_be_turned_off(spans: Spans, emulator: Emulator) -> None:
    options = ConnectionOptions(root_certificates=emulator.root_certificates, tracing=False)
    key = JwtProfile.from_dict(emulator.key_file)
    async with AsyncClient(emulator.url, key, options=options) as client:
        await client.management.GetMyOrg(GetMyOrgRequest())
    with Client(emulator.url, key, options=options) as sync_client:
        sync_client.management.GetMyOrg(GetMyOrgRequest())
        sync_client.management.GetMyOrg.future(GetMyOrgRequest()).result(10)

    spans.ended(0)


def test_clients_with_and_without_tracing_share_a_token(emulator: Emulator, key: JwtProfile) -> None:
    roots = emulator.root_certificates
    tokens = {
        Client(
            emulator.url, key, options=ConnectionOptions(root_certificates=roots, tracing=tracing)
        ).access_token()
        for tracing in (True, False)
    }

    assert len(tokens) == 1


def test_no_trace_context_is_sent_without_a_trace() -> None:
    with EchoServer() as echo:
        options = ConnectionOptions(root_certificates=echo.root_certificates)
        with Client(echo.url, PersonalAccessToken("ey.some.token"), options=options) as client:
            client.stub(EchoStub).unary_unary(StringValue())
            with tracer_provider(TracerProvider()):
                client.stub(EchoStub).unary_unary(StringValue())
        assert [len(values) for values in echo.values("traceparent")] == [0, 1]
