"""A process can fork or exit at any time, whatever the token cache is doing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.credentials.servers import Exchange, Serve, issue_tokens
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.testing import Emulator

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

_PROLOGUE = """
import asyncio, os, signal, sys, threading, time
from pathlib import Path
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import AccessToken, JwtProfile, Token
from zitadel_grpc.credentials._token_server import resolve_token_server
from zitadel_grpc._endpoint import Endpoint

directory, url = Path(sys.argv[1]), sys.argv[2]
options = ConnectionOptions(root_certificates=(directory / "ca.pem").read_bytes())

def cache_of(credentials):
    return credentials._cache_for(resolve_token_server(Endpoint.parse(url), options))

def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(40)
        try:
            work()
        except BaseException as error:
            print(f"the child failed: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return child

def succeeded(child):
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0
"""


class Program:
    """Runs a script in its own process, and checks that it exits in time, with success and without output."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def run(self, script: str, url: str) -> None:
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _PROLOGUE + textwrap.dedent(script), self.directory, url],
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
        assert not ended.stderr, ended.stderr
        assert ended.returncode == 0


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def write_files(directory: Path, emulator: Emulator) -> None:
    (directory / "ca.pem").write_bytes(emulator.root_certificates)
    (directory / "key.json").write_text(json.dumps(emulator.key_file))


@forks
def test_a_fork_during_the_first_refresh_leaves_both_processes_usable(
    program: Program, emulator: Emulator
) -> None:
    write_files(program.directory, emulator)
    program.run(
        """
        def first_refresh_then_fork(pause):
            cache = cache_of(JwtProfile.from_file(directory / "key.json"))
            cache.refresh()
            time.sleep(pause)  # the refresh imports its libraries, connects, asks, reads
            child = in_child(lambda: cache.wait(10))
            assert cache.wait(10)
            assert succeeded(child)

        # Each in its own child, since libraries are imported only once per process.
        assert all(
            succeeded(in_child(lambda: first_refresh_then_fork(pause)))
            for pause in (0.0, 0.03, 0.06, 0.12, 0.2)
        )
        """,
        emulator.url,
    )


@forks
def test_a_fork_while_other_threads_hold_the_lock_leaves_the_child_usable(
    program: Program, emulator: Emulator
) -> None:
    write_files(program.directory, emulator)
    program.run(
        """
        cache = cache_of(AccessToken(lambda: "a-token"))
        stop = threading.Event()

        def hold_often():
            while not stop.is_set():
                cache.refresh()

        threads = [threading.Thread(target=hold_often) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert all(succeeded(in_child(lambda: cache.wait(10))) for _ in range(40))
        stop.set()
        for thread in threads:
            thread.join()
        """,
        emulator.url,
    )


@forks
def test_workers_forked_after_first_use_share_the_token_and_renew_it_separately(
    program: Program, emulator: Emulator
) -> None:
    write_files(program.directory, emulator)
    program.run(
        """
        cache = cache_of(JwtProfile.from_file(directory / "key.json"))
        header = cache.wait(10)

        def work():
            assert cache.authorization() == header
            assert cache.refused(header)
            assert cache.wait(10) != header

        assert all([succeeded(child) for child in [in_child(work) for _ in range(4)]])
        assert cache.authorization() == header
        """,
        emulator.url,
    )
    assert emulator.token_requests == 5


def test_a_program_exits_while_its_token_is_renewed(
    program: Program, serve: Serve, unknown_key_file: Path, trusting: ConnectionOptions
) -> None:
    right = issue_tokens(expires_in=60)

    def respond(exchange: Exchange) -> None:
        if len(server.requests) == 1:
            right(exchange)
        else:
            (program.directory / "renewal").touch()
            exchange.never_respond()

    server = serve(respond)
    (program.directory / "ca.pem").write_bytes(trusting.root_certificates or b"")
    program.run(
        """
        from zitadel_grpc.credentials import _refresh_policy

        policy = _refresh_policy.DEFAULT._replace(stale_share=(0.002, 0.002))
        _refresh_policy.DEFAULT = policy
        cache = cache_of(JwtProfile.from_file(directory / "key.json"))
        cache.wait(10)
        while cache.state().value != "stale":
            time.sleep(0.01)
        assert cache.authorization()
        while not (directory / "renewal").exists():
            time.sleep(0.01)
        """,
        server.url,
    )
    assert len(server.requests) == 2


def test_a_program_exits_while_a_caller_waits_for_a_token(
    program: Program, trusting: ConnectionOptions
) -> None:
    (program.directory / "ca.pem").write_bytes(trusting.root_certificates or b"")
    program.run(
        """
        entered = threading.Event()
        hang = lambda: entered.set() or time.sleep(60) or "a-token"
        waiting = threading.Thread(target=lambda: cache_of(AccessToken(hang)).wait(50), daemon=True)
        waiting.start()

        async def main():
            task = asyncio.create_task(cache_of(AccessToken(hang)).wait_async())
            assert await asyncio.to_thread(entered.wait, 10)

        asyncio.run(main())
        """,
        "https://localhost",
    )
