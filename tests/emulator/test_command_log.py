"""The log of calls of `zitadel-grpc emulator`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Awaitable
from pathlib import Path

from tests.emulator.commands import client_of, running, stopped
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetUserByIDRequest
from zitadel_grpc.credentials import AccessToken, ClientCredentials, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import CredentialsError, RpcError

LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} +\d+\.\d ms  (\S+) +(.*)")
CALLS = 1000
BUFFERED = 2**17  # more bytes than fit into a pipe
GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"


async def refused(call: Awaitable[object]) -> None:
    with contextlib.suppress(RpcError, CredentialsError):
        await call


async def test_each_call_is_a_line_with_its_time_status_and_caller(tmp_path: Path) -> None:
    async with running("--dir", tmp_path) as (process, url):
        by_key, by_pat = (
            JwtProfile.from_file(tmp_path / "key.json"),
            PersonalAccessToken.from_file(tmp_path / "pat.txt"),
        )
        async with client_of(url, tmp_path, by_key) as client:
            await client.management.GetMyOrg(GetMyOrgRequest())
        async with client_of(url, tmp_path, by_pat) as client:
            await refused(client.management.GetUserByID(GetUserByIDRequest()))
        _, _, shown = await stopped(process)
    lines = [LINE.fullmatch(line) for line in shown.splitlines()]
    assert [line.groups() if line else None for line in lines] == [
        ("200", "POST /oauth/v2/token"),
        ("OK", f"{GET_MY_ORG} by first-service-user"),
        (
            "INVALID_ARGUMENT",
            "zitadel.management.v1.ManagementService/GetUserByID by first-service-user: invalid "
            "GetUserByIDRequest.Id: value length must be between 1 and 200 runes, inclusive",
        ),
    ]


async def test_no_secret_is_shown(tmp_path: Path) -> None:
    async with running("--dir", tmp_path) as (process, url):
        pat = (tmp_path / "pat.txt").read_text().strip()
        for credentials in (
            PersonalAccessToken(pat),
            JwtProfile.from_file(tmp_path / "key.json"),
            ClientCredentials("first-service-user", "a-secret-that-is-wrong"),
            AccessToken("a-token-that-is-wrong"),
        ):
            async with client_of(url, tmp_path, credentials) as client:
                await refused(client.auth.GetMyUser(GetMyUserRequest()))
        _, _, shown = await stopped(process)
    assert "400                POST /oauth/v2/token: {" in shown
    for secret in (pat, "eyJ", "a-secret-that-is-wrong", "a-token-that-is-wrong"):
        assert secret not in shown


async def test_a_user_name_cannot_forge_a_log_line(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(r'organizations: [{name: ZITADEL, service_users: [{user_name: "ann\n\e[31m"}]}]')
    async with running("--dir", tmp_path, "--seed", seed) as (process, url):
        (pat,) = (tmp_path / "users").glob("ann*.pat.txt")
        async with client_of(url, tmp_path, PersonalAccessToken.from_file(pat)) as client:
            await client.auth.GetMyUser(GetMyUserRequest())
        _, _, shown = await stopped(process)
    assert shown.endswith(r"GetMyUser by ann\n\x1b[31m" "\n")
    assert shown.count("\n") == 1


async def test_calls_continue_and_lines_are_dropped_if_stderr_is_not_read(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    async with running("--dir", tmp_path, stderr=writer) as (process, url):
        os.close(writer)
        pat = PersonalAccessToken.from_file(tmp_path / "pat.txt")
        async with client_of(url, tmp_path, pat) as client:
            await asyncio.gather(*(client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(CALLS)))
            kept = os.read(reader, BUFFERED).decode()
            await client.management.GetMyOrg(GetMyOrgRequest())
        status, _, _ = await stopped(process)
    rest = os.read(reader, BUFFERED).decode()
    os.close(reader)
    dropped = CALLS - kept.count(GET_MY_ORG)
    assert dropped > 0
    assert rest.startswith(f"({dropped} lines dropped: stderr was not read in time)\n")
    assert (status, rest.count(GET_MY_ORG)) == (0, 1)


async def test_quiet_turns_the_log_off(tmp_path: Path) -> None:
    async with running("--dir", tmp_path, "--quiet") as (process, url):
        async with client_of(url, tmp_path, JwtProfile.from_file(tmp_path / "key.json")) as client:
            await client.management.GetMyOrg(GetMyOrgRequest())
        assert await stopped(process) == (0, "", "")
