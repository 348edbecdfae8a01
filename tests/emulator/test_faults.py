"""Faults take effect until they are removed."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from grpc import StatusCode

from tests.transport.counting import Traffic, until
from zitadel_grpc.testing import Emulator

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"


async def test_a_token_endpoint_that_is_down_closes_the_connection(own_peer: Peer) -> None:
    own_peer.zitadel.faults.token_endpoint.down = True
    with pytest.raises(httpx2.TransportError):
        await own_peer.request_token()
    own_peer.zitadel.faults.token_endpoint.down = False
    assert (await own_peer.request_token()).status_code == 200
    assert own_peer.zitadel.token_requests == 2


async def test_a_silent_token_endpoint_never_responds(own_peer: Peer) -> None:
    own_peer.zitadel.faults.token_endpoint.silent = True
    with pytest.raises(httpx2.ReadTimeout):
        await own_peer.post("/oauth/v2/token", {"grant_type": "x"}, timeout=httpx2.Timeout(10, read=0.2))
    assert own_peer.zitadel.token_requests == 1


async def test_a_delayed_token_endpoint_responds_later(own_peer: Peer) -> None:
    own_peer.zitadel.faults.token_endpoint.delay = 0.05
    started = time.monotonic()
    assert (await own_peer.request_token()).status_code == 200
    assert time.monotonic() - started >= 0.05


async def test_injected_responses_are_sent_in_turn_before_normal_ones(own_peer: Peer) -> None:
    faults = own_peer.zitadel.faults.token_endpoint
    faults.respond(503, headers={"retry-after": "7"}, body=b"busy", times=2)
    faults.respond(200, body=b"<html>")
    responses = [await own_peer.request_token() for _ in range(4)]
    assert [response.status_code for response in responses] == [503, 503, 200, 200]
    assert responses[0].headers["retry-after"] == "7"
    assert responses[2].text == "<html>"
    assert "access_token" in responses[3].json()


async def test_an_injected_response_can_have_no_content(own_peer: Peer) -> None:
    own_peer.zitadel.faults.token_endpoint.respond(204)
    responses = [await own_peer.request_token() for _ in range(2)]
    assert [response.status_code for response in responses] == [204, 200]


@pytest.mark.parametrize(
    "response",
    [
        {"status": 99},
        {"status": 101},
        {"status": 1000},
        {"status": 204, "body": b"x"},
        {"status": 200, "headers": {"no name": "x"}},
        {"status": 200, "headers": {"x": "a\r\ny: b"}},
        {"status": 200, "headers": {"x": "ä€"}},
        {"status": 200, "headers": {"Content-Length": "7"}},
        {"status": 200, "headers": {"transfer-encoding": "chunked"}},
    ],
    ids=repr,
)
def test_a_response_that_http_cannot_send_is_refused_at_once(
    shared_zitadel: Emulator, response: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"response|headers"):
        shared_zitadel.faults.token_endpoint.respond(**response)


@pytest.mark.parametrize("skew", [1e18, -1e18, float("nan")])
def test_clock_skew_is_limited(zitadel: Emulator, skew: float) -> None:
    with pytest.raises(ValueError, match="clock_skew must be at most fifty years"):
        zitadel.faults.clock_skew = skew


async def test_clock_skew_affects_the_date_header_and_refuses_assertions_from_the_future(
    own_peer: Peer,
) -> None:
    own_peer.zitadel.faults.clock_skew = -600
    response = await own_peer.request_token()
    assert response.json()["error_description"] == "invalid assertion"
    assert parsedate_to_datetime(response.headers["date"]).timestamp() == pytest.approx(
        time.time() - 600, abs=30
    )
    now = int(time.time()) - 600
    assert (await own_peer.request_token(iat=now, exp=now + 60)).status_code == 200


async def test_revoked_tokens_are_refused_and_personal_access_tokens_are_not(own_peer: Peer) -> None:
    token = await own_peer.token()
    assert (await own_peer.call(GET_MY_ORG, token=token)).code is StatusCode.OK
    own_peer.zitadel.faults.revoke_all_tokens()
    assert (await own_peer.call(GET_MY_ORG, token=token)).error_id == "AUTH-7fs1e"
    assert (await own_peer.call(GET_MY_ORG, token=own_peer.zitadel.pat)).code is StatusCode.OK
    assert (await own_peer.call(GET_MY_ORG, token=await own_peer.token())).code is StatusCode.OK


async def test_tokens_expire_after_the_injected_lifetime(own_peer: Peer) -> None:
    own_peer.zitadel.faults.token_lifetime = 10
    response = (await own_peer.request_token()).json()
    assert response["expires_in"] == 9
    assert (await own_peer.call(GET_MY_ORG, token=response["access_token"])).code is StatusCode.OK
    own_peer.zitadel.faults.clock_skew = 11
    assert (await own_peer.call(GET_MY_ORG, token=response["access_token"])).error_id == "AUTH-7fs1e"


async def test_an_rpc_fails_the_given_number_of_times(own_peer: Peer) -> None:
    faults = own_peer.zitadel.faults
    faults.fail_next(GET_MY_ORG, StatusCode.UNAVAILABLE, times=2, details="out for lunch")
    faults.fail_next(f"/{GET_MY_ORG}", StatusCode.ABORTED)
    outcomes = [await own_peer.call(GET_MY_ORG, token=own_peer.zitadel.pat) for _ in range(4)]
    assert [outcome.code.name for outcome in outcomes] == ["UNAVAILABLE", "UNAVAILABLE", "ABORTED", "OK"]
    assert outcomes[0].details == "out for lunch"
    assert [call.code for call in own_peer.zitadel.calls] == [outcome.code for outcome in outcomes]


async def test_a_failure_can_carry_an_error_id(own_peer: Peer) -> None:
    faults = own_peer.zitadel.faults
    faults.fail_next(GET_MY_ORG, StatusCode.NOT_FOUND, details="gone", error_id="QUERY-leq5Q")
    outcome = await own_peer.call(GET_MY_ORG, token=own_peer.zitadel.pat)
    assert (outcome.details, outcome.error_id) == ("gone (QUERY-leq5Q)", "QUERY-leq5Q")


def test_impossible_faults_are_refused(zitadel: Emulator) -> None:
    faults, service = zitadel.faults, "zitadel.management.v1.ManagementService"
    with pytest.raises(ValueError, match=f"unknown RPC 'GetMyOrg'; did you mean {service}/GetMyOrg?"):
        faults.fail_next("GetMyOrg", StatusCode.UNAVAILABLE)
    with pytest.raises(ValueError, match=f"did you mean {service}/GetMyOrg?"):
        faults.fail_next(f"{service}/GetMyOrgg", StatusCode.UNAVAILABLE)
    for code in (StatusCode.OK, "UNAVAILABLE"):
        with pytest.raises(ValueError, match=r"must be a grpc\.StatusCode other than OK"):
            faults.fail_next(GET_MY_ORG, code)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for thing in (faults, faults.token_endpoint):
        with pytest.raises(AttributeError):
            thing.latenzy = 1  # type: ignore[union-attr]  # pyright: ignore[reportAttributeAccessIssue]


async def test_latency_can_outlast_a_deadline(own_peer: Peer) -> None:
    own_peer.zitadel.faults.latency = 30
    outcome = await own_peer.call(GET_MY_ORG, token=own_peer.zitadel.pat, seconds=0.1)
    assert outcome.code is StatusCode.DEADLINE_EXCEEDED


async def test_dropped_connections_fail_calls_in_progress_and_new_ones_are_accepted(own_peer: Peer) -> None:
    own_peer.zitadel.faults.latency = 30
    in_progress = asyncio.create_task(own_peer.call(GET_MY_ORG, token=own_peer.zitadel.pat, seconds=20))
    await until(lambda: Traffic(own_peer.zitadel).in_progress == 1)
    own_peer.zitadel.faults.drop_connections()
    assert (await in_progress).code is StatusCode.UNAVAILABLE
    own_peer.zitadel.faults.latency = 0
    # The client may send one more call on the old connection before it notices that it is closed.
    pat = own_peer.zitadel.pat
    outcomes = [await own_peer.call(GET_MY_ORG, token=pat, wait_for_ready=True) for _ in range(3)]
    assert outcomes[-1].code is StatusCode.OK


async def test_clear_removes_all_faults(own_peer: Peer) -> None:
    faults = own_peer.zitadel.faults
    faults.token_endpoint.silent = True
    faults.token_endpoint.respond(500)
    faults.clock_skew, faults.latency = 1000, 30
    faults.fail_next(GET_MY_ORG, StatusCode.INTERNAL)
    faults.clear()
    assert (await own_peer.call(GET_MY_ORG, token=await own_peer.token())).code is StatusCode.OK


def test_lifetime_and_skew_can_be_set_at_the_start() -> None:
    with Emulator(token_lifetime=7, clock_skew=3) as zitadel:
        assert (zitadel.faults.token_lifetime, zitadel.faults.clock_skew) == (7, 3)
