"""Calls in every state that a client's call can have, and plain grpc.aio calls to compare with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetMyOrgResponse, ManagementServiceStub
from zitadel_grpc.credentials import JwtProfile, PersonalAccessToken
from zitadel_grpc.testing import Emulator

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"

PLAIN = "plain grpc.aio"
AT_HAND = "a token at hand"
NO_TOKEN = "no token yet"
REFUSED = "a token that is refused"
STATES = (PLAIN, AT_HAND, NO_TOKEN, REFUSED)

Call = grpc.aio.UnaryUnaryCall[GetMyOrgRequest, GetMyOrgResponse]
Calling = Callable[..., Call]


@asynccontextmanager
async def calling(state: str, emulator: Emulator) -> AsyncIterator[Calling]:
    """Yields a function that calls GetMyOrg; its next call is in `state`."""
    options = ConnectionOptions(root_certificates=emulator.root_certificates)
    if state == PLAIN:
        credentials = grpc.ssl_channel_credentials(emulator.root_certificates)
        async with grpc.aio.secure_channel(emulator.url.removeprefix("https://"), credentials) as channel:
            method: Any = ManagementServiceStub(channel).GetMyOrg
            metadata = (("authorization", f"Bearer {emulator.pat}"),)
            yield lambda timeout=30: method(GetMyOrgRequest(), metadata=metadata, timeout=timeout)
        return
    pat, key = PersonalAccessToken(emulator.pat), JwtProfile.from_dict(emulator.key_file)
    async with AsyncClient(emulator.url, pat if state == AT_HAND else key, options=options) as client:
        if state == REFUSED:
            await client.access_token()
            emulator.faults.revoke_all_tokens()
        yield lambda timeout=None: client.management.GetMyOrg(GetMyOrgRequest(), timeout=timeout)
