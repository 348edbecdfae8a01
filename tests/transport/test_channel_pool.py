"""When a connection is considered dead."""

from __future__ import annotations

import grpc
import pytest

from zitadel_grpc._transport.channel_pool import MonitoredChannel

LATE = grpc.StatusCode.DEADLINE_EXCEEDED
OWN = "Deadline Exceeded"


@pytest.fixture
def channel() -> MonitoredChannel:
    """A channel over which something was last received at 10 seconds."""
    channel = MonitoredChannel(object())
    assert not channel.is_dead(grpc.StatusCode.OK, "", sent=9, now=10)
    return channel


def test_it_is_dead_if_nothing_was_received_since_a_timed_out_call_was_sent(
    channel: MonitoredChannel,
) -> None:
    assert channel.is_dead(LATE, OWN, sent=11, now=12)


@pytest.mark.parametrize("code", [grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND, LATE])
def test_it_is_alive_if_another_call_got_a_response(channel: MonitoredChannel, code: grpc.StatusCode) -> None:
    assert not channel.is_dead(code, "the server's own words", sent=11, now=12)
    assert not channel.is_dead(LATE, OWN, sent=11.5, now=13)


def test_it_is_alive_if_a_response_was_received(channel: MonitoredChannel) -> None:
    channel.last_received = 12.0
    assert not channel.is_dead(LATE, OWN, sent=11, now=13)
    assert channel.is_dead(LATE, OWN, sent=12.5, now=13)


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
def test_a_status_made_by_grpc_itself_is_not_a_response(
    channel: MonitoredChannel, code: grpc.StatusCode
) -> None:
    assert not channel.is_dead(code, "", sent=11, now=12)
    assert channel.is_dead(LATE, OWN, sent=11, now=13)


def test_a_connection_has_time_for_its_handshake() -> None:
    channel = MonitoredChannel(object())
    assert not channel.is_dead(LATE, OWN, sent=10, now=10.5)
    assert channel.is_dead(LATE, OWN, sent=10.5, now=11)


def test_very_short_deadlines_add_up(channel: MonitoredChannel) -> None:
    assert not channel.is_dead(LATE, OWN, sent=11, now=11.125)
    assert channel.is_dead(LATE, OWN, sent=11.125, now=11.25)


def test_very_short_deadlines_do_not_add_up_across_a_response(channel: MonitoredChannel) -> None:
    for start in (11.0, 12.0, 13.0):
        assert not channel.is_dead(LATE, OWN, sent=start, now=start + 0.125)
        assert not channel.is_dead(grpc.StatusCode.OK, "", sent=start + 0.25, now=start + 0.5)


def test_a_long_wait_counts_after_a_short_one(channel: MonitoredChannel) -> None:
    assert not channel.is_dead(LATE, OWN, sent=20, now=20.125)
    assert channel.is_dead(LATE, OWN, sent=11, now=20.13)
