"""Many concurrent calls: each gets a response, and all writes are kept."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import Counter
from collections.abc import Iterator

import httpx2
import pytest
from grpc import StatusCode

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.user.v1 import SearchQuery, UserNameQuery
from zitadel_grpc.api.v1 import ListQuery, TextQueryMethod
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.credentials._key_file import KeyFile
from zitadel_grpc.testing import Emulator

IN_FLIGHT = 50
USERS = int(os.environ.get("ZITADEL_TEST_CALLS", "2000")) // 10  # .ci/run makes 10,000 calls
TOKEN_FORM = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "scope": "openid"}
CALLS = {
    "AddMachineUser": USERS,
    "GetUserByID": USERS,
    "SetUserMetadata": USERS,
    "GetUserMetadata": USERS,
    "AddPersonalAccessToken": USERS,
    "GetMyUser": USERS,
    "ListUsers": USERS,
    "UpdateMachine": USERS,
    "DeactivateUser": USERS // 2,
    "RemoveUser": USERS // 2,
}
"""Makes one token request and ten calls per user."""


class Worker:
    """Adds users and changes them, one call after another. Removes every second one."""

    def __init__(
        self, number: int, client: AsyncClient, http: httpx2.AsyncClient, form: dict[str, str]
    ) -> None:
        self._number = number
        self._client = client
        self._http = http
        self._form = form
        self.left: dict[str, str] = {}
        """User names by id."""

    async def work(self) -> None:
        for number in range(USERS // IN_FLIGHT):
            await self._user(f"worker-{self._number}-{number}", remove=number % 2 == 1)

    async def _user(self, name: str, *, remove: bool) -> None:
        api = self._client.management
        user_id = (
            await api.AddMachineUser(management.AddMachineUserRequest(user_name=name, name="new"))
        ).user_id
        found = await api.GetUserByID(management.GetUserByIDRequest(id=user_id))
        assert (found.user.user_name, found.user.machine.name) == (name, "new")
        value = name.encode()
        await api.SetUserMetadata(management.SetUserMetadataRequest(id=user_id, key="key", value=value))
        stored = await api.GetUserMetadata(management.GetUserMetadataRequest(id=user_id, key="key"))
        assert stored.metadata.value == value
        pat = await api.AddPersonalAccessToken(management.AddPersonalAccessTokenRequest(user_id=user_id))
        bearer = (("authorization", f"Bearer {pat.token}"),)
        assert (await self._client.auth.GetMyUser(GetMyUserRequest(), metadata=bearer)).user.id == user_id
        assert (await self._http.post("/oauth/v2/token", data=self._form)).status_code == 200
        listed = await api.ListUsers(management.ListUsersRequest(queries=[named(name)]))
        assert user_id in {user.id for user in listed.result}
        await api.UpdateMachine(management.UpdateMachineRequest(user_id=user_id, name=name))
        if remove:
            await api.RemoveUser(management.RemoveUserRequest(id=user_id))
        else:
            await api.DeactivateUser(management.DeactivateUserRequest(id=user_id))
            self.left[user_id] = name


def named(beginning: str) -> SearchQuery:
    method = TextQueryMethod.TEXT_QUERY_METHOD_STARTS_WITH
    return SearchQuery(user_name_query=UserNameQuery(user_name=beginning, method=method))


@pytest.fixture
def zitadel(shared_zitadel: Emulator) -> Iterator[Emulator]:
    """Runs in its own thread, as in users' tests."""
    shared_zitadel.reset()
    yield shared_zitadel
    shared_zitadel.reset()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_50_concurrent_callers_get_responses_and_all_writes_are_kept(zitadel: Emulator) -> None:
    options = ConnectionOptions(root_certificates=zitadel.root_certificates)
    trust = ssl.create_default_context(cadata=zitadel.root_certificates.decode())
    limits = httpx2.Limits(max_keepalive_connections=IN_FLIGHT)
    assertion = KeyFile.from_dict(zitadel.key_file, "serviceaccount").sign(zitadel.issuer)
    async with (
        AsyncClient(zitadel.url, JwtProfile.from_dict(zitadel.key_file), options=options) as client,
        httpx2.AsyncClient(base_url=zitadel.url, verify=trust, timeout=60, limits=limits) as http,
    ):
        form = {**TOKEN_FORM, "assertion": assertion}
        workers = [Worker(number, client, http, form) for number in range(IN_FLIGHT)]
        await asyncio.gather(*(worker.work() for worker in workers))
        calls, token_requests = zitadel.calls, zitadel.token_requests
        everybody = management.ListUsersRequest(query=ListQuery(limit=USERS), queries=[named("worker-")])
        listed = await client.management.ListUsers(everybody)

    assert Counter(call.rpc.partition("/")[2] for call in calls) == CALLS
    assert {call.code for call in calls} == {StatusCode.OK}
    assert token_requests == USERS + 1
    left = {user_id: name for worker in workers for user_id, name in worker.left.items()}
    assert {user.id: user.machine.name for user in listed.result} == left
    assert listed.details.total_result == len(left) == USERS // 2
    store = zitadel._zitadel.store
    assert {entry.user_id: entry.value.decode() for entry in store.metadata.values()} == left
    tokens = [pat for pat in store.personal_access_tokens.values() if pat.user_id in left]
    assert len(tokens) == len(left) == len(store.personal_access_tokens) - 1
    assert all(pat.revoked for pat in tokens)
