"""Threads that fetch tokens end when they are idle."""

from __future__ import annotations

import threading

import pytest

from tests.credentials.caches import cache_of, token, wait_until
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import JwtProfile, _workers
from zitadel_grpc.testing import Emulator


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "zitadel-grpc-token"]


def test_idle_threads_end_and_new_ones_replace_them(
    emulator: Emulator, options: ConnectionOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_workers, "_IDLE_LIMIT", 0.1)
    before = set(_threads())  # of other tests: they may wait longer
    for _ in range(3):
        assert token(cache_of(JwtProfile.from_dict(emulator.key_file), emulator.url, options))
        wait_until(lambda: not set(_threads()) - before)
