"""Makes calls that fail, with both clients and without retries."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from tests.client.proxies import Place
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import RpcError

TOKEN = "a-token-of-some-length"


async def failures(
    place: Place,
    *,
    url: str | None = None,
    service: str = "management",
    method: str = "GetMyOrg",
    **settings: Any,
) -> Sequence[RpcError]:
    """What AsyncClient and Client raise for a call of a method; `url` overrides the URL of `place`."""
    given: Any = url or place.url, PersonalAccessToken(TOKEN)
    options = dataclasses.replace(place.options, retries="none")
    request = settings.pop("request", GetMyOrgRequest())

    def by_client() -> RpcError:
        with Client(*given, options=options) as client:
            with pytest.raises(RpcError) as raised:
                getattr(getattr(client, service), method)(request, **settings)
            return raised.value

    async with AsyncClient(*given, options=options) as client:
        with pytest.raises(RpcError) as raised:
            await getattr(getattr(client, service), method)(request, **settings)
    return raised.value, await asyncio.to_thread(by_client)
