"""Which calls are retried, how often, and which never. The emulator counts the attempts."""

from __future__ import annotations

import asyncio
import itertools
import json
import pkgutil
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from tests.transport.counting import Traffic
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, catalog
from zitadel_grpc.api.management.v1 import AddOrgRequest, GetMyOrgRequest, ListUsersRequest
from zitadel_grpc.credentials import PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, ResourceExhausted, Unavailable
from zitadel_grpc.testing import Emulator

MANAGEMENT = "zitadel.management.v1.ManagementService"
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
REQUESTS = {
    "GetMyOrg": GetMyOrgRequest(),
    "ListUsers": ListUsersRequest(),
    "AddOrg": AddOrgRequest(),  # named when it is sent: names are unique
}
READS = ["GetMyOrg", "ListUsers"]


class Caller:
    """Either client, one call at a time."""

    _numbers = itertools.count()

    def __init__(self, kind: type[Any], emulator: Emulator) -> None:
        self.kind = kind
        self._emulator = emulator

    async def call(
        self,
        method: str,
        view: Callable[[Any], Any] = lambda client: client,
        timeout: float | None = None,  # noqa: ASYNC109  # gRPC's
        **options: Any,
    ) -> Any:
        trusting = ConnectionOptions(root_certificates=self._emulator.root_certificates, **options)
        client = self.kind(self._emulator.url, PersonalAccessToken(self._emulator.pat), options=trusting)
        try:
            request = REQUESTS[method]
            if isinstance(request, AddOrgRequest):
                request = AddOrgRequest(name=f"Org {next(self._numbers)}")
            call = getattr(view(client).management, method)(request, timeout=timeout)
            return await call if self.kind is AsyncClient else call
        finally:
            closing = client.close()
            if closing is not None:
                await closing


@pytest.fixture(params=[AsyncClient, Client])
def caller(request: pytest.FixtureRequest, emulator: Emulator) -> Caller:
    return Caller(request.param, emulator)


@pytest.mark.parametrize("method", READS)
async def test_a_read_is_retried_if_the_server_is_unavailable(
    caller: Caller, emulator: Emulator, method: str
) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/{method}", UNAVAILABLE, times=2)
    traffic = Traffic(emulator)

    await caller.call(method)

    assert traffic.codes == {UNAVAILABLE: 2, grpc.StatusCode.OK: 1}


async def test_a_read_fails_after_four_attempts(caller: Caller, emulator: Emulator) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", UNAVAILABLE, times=10)
    traffic = Traffic(emulator)

    with pytest.raises(Unavailable):
        await caller.call("GetMyOrg")

    assert traffic.codes == {UNAVAILABLE: 4}


async def test_a_write_is_sent_once(caller: Caller, emulator: Emulator) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/AddOrg", UNAVAILABLE)
    traffic = Traffic(emulator)

    with pytest.raises(Unavailable):
        await caller.call("AddOrg")

    assert traffic.codes == {UNAVAILABLE: 1}


@pytest.mark.parametrize("by", ["client", "call"])
async def test_writes_are_retried_on_request(caller: Caller, emulator: Emulator, by: str) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/AddOrg", UNAVAILABLE, times=2)
    traffic = Traffic(emulator)

    if by == "client":
        await caller.call("AddOrg", retries="all")
    else:
        await caller.call("AddOrg", lambda client: client.with_retries("all"))

    assert traffic.codes == {UNAVAILABLE: 2, grpc.StatusCode.OK: 1}


@pytest.mark.parametrize("by", ["client", "call"])
async def test_nothing_is_retried_on_request(caller: Caller, emulator: Emulator, by: str) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", UNAVAILABLE)
    traffic = Traffic(emulator)
    call = (
        caller.call("GetMyOrg", retries="none")
        if by == "client"
        else caller.call("GetMyOrg", lambda client: client.with_retries("none"))
    )

    with pytest.raises(Unavailable):
        await call

    assert traffic.codes == {UNAVAILABLE: 1}


async def test_views_keep_the_other_settings(caller: Caller, emulator: Emulator) -> None:
    other = emulator.add_organization(f"Other of {caller.kind.__name__}")
    for view in (
        lambda client: client.with_org(other).with_retries("none"),
        lambda client: client.with_retries("none").with_org(other),
    ):
        emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", UNAVAILABLE)
        traffic = Traffic(emulator)
        with pytest.raises(Unavailable):
            await caller.call("GetMyOrg", view)
        assert traffic.codes == {UNAVAILABLE: 1}
        assert (await caller.call("GetMyOrg", view)).org.id == other


async def test_a_view_for_retries_does_not_change_the_client(
    emulator: Emulator,
) -> None:
    options = ConnectionOptions(root_certificates=emulator.root_certificates)
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        await client.with_retries("all").management.GetMyOrg(GetMyOrgRequest())
        emulator.faults.fail_next(f"{MANAGEMENT}/AddOrg", UNAVAILABLE)
        with pytest.raises(Unavailable):
            await client.management.AddOrg(AddOrgRequest(name="Once"))


async def test_a_rate_limited_read_is_retried_when_the_server_says(
    caller: Caller, emulator: Emulator
) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", EXHAUSTED, times=2, retry_after=0.05)
    traffic = Traffic(emulator)

    await caller.call("GetMyOrg")

    assert traffic.codes == {EXHAUSTED: 2, grpc.StatusCode.OK: 1}


async def test_the_code_of_a_call_is_that_of_the_last_attempt(emulator: Emulator) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", EXHAUSTED, retry_after=0.05)
    options = ConnectionOptions(root_certificates=emulator.root_certificates)
    async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
        call = client.management.GetMyOrg(GetMyOrgRequest())
        assert await call.code() is grpc.StatusCode.OK
        assert (await call).org.name == "ZITADEL"


@pytest.mark.parametrize(
    ("method", "retry_after", "times_sent"),
    [
        ("GetMyOrg", None, 1),  # the server does not say when
        ("GetMyOrg", 60, 1),  # after the call's deadline
        ("GetMyOrg", 0.01, 4),
        ("AddOrg", 0.01, 1),
    ],
)
async def test_a_rate_limited_read_is_not_retried_unless_the_server_says_when(
    caller: Caller, emulator: Emulator, method: str, retry_after: float | None, times_sent: int
) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/{method}", EXHAUSTED, times=9, retry_after=retry_after)
    traffic = Traffic(emulator)

    with pytest.raises(ResourceExhausted):
        await caller.call(method, timeout=20)

    assert traffic.codes == {EXHAUSTED: times_sent}


async def test_a_rate_limited_write_is_retried_on_request(caller: Caller, emulator: Emulator) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/AddOrg", EXHAUSTED, retry_after=0.01)
    traffic = Traffic(emulator)

    await caller.call("AddOrg", retries="all")

    assert traffic.codes == {EXHAUSTED: 1, grpc.StatusCode.OK: 1}


async def test_no_call_outlives_its_deadline_for_a_retry(caller: Caller, emulator: Emulator) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", UNAVAILABLE, times=9)
    traffic = Traffic(emulator)

    with pytest.raises(grpc.RpcError):
        await caller.call("GetMyOrg", timeout=0.3)

    assert 1 <= traffic.codes[UNAVAILABLE] < 4


async def test_the_retry_budget_protects_a_failing_server() -> None:
    with Emulator() as emulator:  # one whose budget no other test has used
        calls = 150
        emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", UNAVAILABLE, times=10 * calls)
        options = ConnectionOptions(root_certificates=emulator.root_certificates)
        async with AsyncClient(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client:
            requests = [client.management.GetMyOrg(GetMyOrgRequest()) for _ in range(calls)]
            failures = await asyncio.gather(*requests, return_exceptions=True)

        assert {type(failure) for failure in failures} == {Unavailable}
        assert len(emulator.calls) <= calls + 50


async def test_the_users_own_service_config_overrides_ours(caller: Caller, emulator: Emulator) -> None:
    emulator.faults.fail_next(f"{MANAGEMENT}/GetMyOrg", UNAVAILABLE)
    traffic = Traffic(emulator)
    own = json.dumps({"methodConfig": [{"name": [{}], "timeout": "20s"}]})

    with pytest.raises(Unavailable):
        await caller.call("GetMyOrg", channel_options=[("grpc.service_config", own)])

    assert traffic.codes == {UNAVAILABLE: 1}


@pytest.mark.parametrize("wrong", ["writes", None, 3])
def test_invalid_retries_are_rejected(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match='"none", "reads" or "all"'):
        ConnectionOptions(retries=wrong)
    client = Client("https://localhost", PersonalAccessToken("a"))
    with pytest.raises(ConfigurationError, match='"none", "reads" or "all"'):
        client.with_retries(wrong)


def test_grpc_retries_exactly_the_reads_of_the_catalog() -> None:
    named = json.loads(pkgutil.get_data("zitadel_grpc.api", "_reads.json") or b"")
    assert [f"{name['service']}/{name['method']}" for name in named] == sorted(
        rpc.full_name for rpc in catalog.rpcs() if rpc.reads
    )
    verbs = {rpc.http_verb for rpc in catalog.rpcs() if rpc.reads}
    assert verbs <= {"GET", "POST", ""}
    writes = (
        "Activate",
        "Add",
        "Bulk",
        "Create",
        "Deactivate",
        "Delete",
        "Generate",
        "Remove",
        "Set",
        "Update",
    )
    assert not [rpc for rpc in catalog.rpcs() if rpc.reads and rpc.full_name.split("/")[1].startswith(writes)]
