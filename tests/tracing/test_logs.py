"""What is logged: little, and no secrets."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from tests.transport.counting import until
from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, Client, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import CredentialsError
from zitadel_grpc.testing import Emulator


async def client_records(caplog: pytest.LogCaptureFixture, count: int) -> list[tuple[str, int, str]]:
    """The records of the client. Waits for them: a refresh logs after its callers have continued."""

    def found() -> list[tuple[str, int, str]]:
        names = ("zitadel_grpc.credentials", "zitadel_grpc.calls")
        return [record for record in caplog.record_tuples if record[0] in names]

    await until(lambda: len(found()) >= count)
    return found()


async def test_refreshes_and_retries_are_logged_at_debug(
    caplog: pytest.LogCaptureFixture, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    caplog.set_level(logging.DEBUG, "zitadel_grpc")
    whose = f"{key!r} at {emulator.url}"
    async with AsyncClient(emulator.url, key, options=options) as client:
        tokens = [await client.access_token()]
        emulator.faults.revoke_all_tokens()
        await client.management.GetMyOrg(GetMyOrgRequest())
        tokens.append(await client.access_token())
    with Client(emulator.url, key, options=options) as sync_client:
        emulator.faults.revoke_all_tokens()
        sync_client.management.GetMyOrg(GetMyOrgRequest())

    obtained = f"{whose}: obtained a token, valid for "
    again = f"{GET_MY_ORG}: retrying after UNAUTHENTICATED"
    records = await client_records(caplog, 5)
    texts = [text for _, _, text in records]
    assert {level for _, level, _ in records} == {logging.DEBUG}
    assert [text for text in texts if not text.startswith(obtained)] == [again, again]
    assert len(texts) == 5
    assert not any(token in caplog.text for token in tokens)


async def test_the_reason_for_a_missing_token_is_logged_at_debug(
    caplog: pytest.LogCaptureFixture, emulator: Emulator, options: ConnectionOptions, key: JwtProfile
) -> None:
    caplog.set_level(logging.DEBUG, "zitadel_grpc")
    emulator.faults.token_endpoint.respond(503)
    emulator.faults.token_endpoint.respond(400, body=b'{"error":"invalid_grant"}')
    async with AsyncClient(emulator.url, key, options=options) as client:
        with pytest.raises(CredentialsError):
            await client.access_token()

    first, last = (text for _, _, text in await client_records(caplog, 2))
    assert "responded with 503" in first
    assert "next attempt in" in first
    assert ": no token: " in last
    assert "invalid_grant" in last


WARNS = """
import logging
import zitadel_grpc._client
for name in ("zitadel_grpc.credentials", "zitadel_grpc.calls"):
    logging.getLogger(name).warning("not asked for")
logging.basicConfig(format="%(name)s: %(message)s")
logging.getLogger("zitadel_grpc.credentials").warning("asked for")
"""


def test_nothing_is_printed_without_a_logging_configuration() -> None:
    command = [sys.executable, "-c", WARNS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)

    assert done.stderr == "zitadel_grpc.credentials: asked for\n"
