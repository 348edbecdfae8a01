"""Usual mistakes have errors that say what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError

URL, TOKEN = "http://localhost:1", PersonalAccessToken("ey.some.token")


@pytest.mark.pin
@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("user", "; did you mean 'user_v2' or 'user_v2beta'?"),
        ("user_v3", "; did you mean 'user_v2' or 'user_v2beta'?"),
        ("management_v1", "; did you mean 'management'?"),
        ("managment", "; did you mean 'management'?"),
        ("xyzzy", ""),
        ("_user", ""),
    ],
)
def test_an_unknown_service_is_suggested(client: Any, name: str, suggestion: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(client(URL, TOKEN), name)
    assert str(raised.value) == f"'{client.__name__}' has no attribute or service '{name}'{suggestion}"


def test_an_async_client_needs_async_with() -> None:
    client: Any = AsyncClient(URL, TOKEN)
    with pytest.raises(TypeError, match="AsyncClient must be used with `async with`"):
        client.__enter__()
    with pytest.raises(TypeError, match="`async with`"), client:
        pass


async def test_a_sync_client_needs_with() -> None:
    client: Any = Client(URL, TOKEN)
    with pytest.raises(TypeError, match="Client must be used with `with`"):
        async with client:
            pass


async def test_a_field_of_a_call_that_is_not_awaited_asks_for_await() -> None:
    async with AsyncClient(URL, TOKEN) as client:
        call: Any = client.management.GetMyOrg(GetMyOrgRequest())
        with pytest.raises(
            AttributeError, match=r"no attribute 'org'; await the call of .*/GetMyOrg to get its"
        ):
            call.org  # noqa: B018
        assert not hasattr(call, "_org")
        call.cancel()


@pytest.mark.parametrize("org_id", ["", "two words", "my-org\n!", {"id": 1}])
def test_the_error_of_an_org_id_says_where_to_find_one(org_id: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"such as '\d+'.*x-zitadel-orgid.*GetMyOrg") as refused:
        Client(URL, TOKEN, org_id=org_id)
    assert "two words" not in str(refused.value)
