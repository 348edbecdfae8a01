"""Processes that fork after a client's first use, as gunicorn and multiprocessing do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transport.counting import Traffic
from zitadel_grpc.testing import Emulator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

_PROLOGUE = """
import asyncio, json, os, sys, threading, time, warnings
from pathlib import Path
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, secure_channel
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken, JwtProfile
from zitadel_grpc.errors import ClosedError

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns about a fork with other threads
directory = Path(sys.argv[1])
url = (directory / "url").read_text()
options = ConnectionOptions(root_certificates=(directory / "ca.pem").read_bytes())
key = JwtProfile.from_file(directory / "key.json")
client, sync_client = AsyncClient(url, key, options=options), Client(url, key, options=options)

async def call(times=3):
    for _ in range(times):
        assert (await client.management.GetMyOrg(GetMyOrgRequest(), timeout=10)).org.name == "ZITADEL"

def sync_call(times=3):
    for _ in range(times):
        assert sync_client.management.GetMyOrg(GetMyOrgRequest(), timeout=10).org.name == "ZITADEL"

def workers(work, count=2):
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            work()
            sys.exit(0)  # runs the interpreter's cleanup, unlike os._exit
        children.append(child)
    return children

def succeeded(children):
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * len(children)
"""


class Program:
    """Runs scripts with clients of `emulator` in new processes, and checks that all of them exit in time,
    with status 0 and without output."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def run(self, script: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROLOGUE + textwrap.dedent(script), self._directory],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not name.startswith("GRPC_")},
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=40)
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # including children that hang
                left_behind = process.returncode is not None
            except ProcessLookupError:
                left_behind = False
        logged = [line for line in output.decode().splitlines() if "fork_posix.cc" not in line]
        assert [line for line in logged if "absl::InitializeLog" not in line] == []
        assert process.returncode == 0
        assert not left_behind


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    """Only for this file: a token request from another file's client may arrive late."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def program(emulator: Emulator, tmp_path: Path) -> Program:
    (tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    (tmp_path / "key.json").write_text(json.dumps(emulator.key_file))
    (tmp_path / "url").write_text(emulator.url)
    return Program(tmp_path)


def test_a_client_keeps_working_in_parent_and_children(program: Program, emulator: Emulator) -> None:
    traffic = Traffic(emulator)

    program.run("""
        sync_call()
        children = workers(sync_call)
        sync_call()
        assert succeeded(children)
        sync_call()
    """)

    assert len(traffic.calls) == 15
    assert traffic.token_requests == 1


def test_a_client_first_used_in_the_children_works_there(program: Program, emulator: Emulator) -> None:
    traffic = Traffic(emulator)

    program.run("""
        assert succeeded(workers(lambda: (sync_call(), asyncio.run(call()))))
        sync_call()
        asyncio.run(call())
    """)

    assert len(traffic.calls) == 18
    assert traffic.token_requests == 3


def test_an_async_client_whose_loop_is_closed_keeps_working_in_parent_and_children(
    program: Program, emulator: Emulator
) -> None:
    traffic = Traffic(emulator)

    program.run("""
        asyncio.run(call())
        children = workers(lambda: (asyncio.run(call()), asyncio.run(call())))
        asyncio.run(call())
        assert succeeded(children)
        asyncio.run(call())
    """)

    assert len(traffic.calls) == 21
    assert traffic.token_requests == 1


@pytest.mark.parametrize("opened", ["await call()", "channel = secure_channel(url, key, options=options)"])
def test_an_async_client_with_an_open_channel_is_refused_in_the_child(program: Program, opened: str) -> None:
    program.run(f"""
        def in_child():
            for made in (client, AsyncClient(url, key, options=options)):
                async def refused():
                    try:
                        await made.management.GetMyOrg(GetMyOrgRequest())
                    except ClosedError as error:
                        return "forked" in str(error)

                assert asyncio.run(refused())

        opened, forked = threading.Event(), threading.Event()

        async def in_thread():
            {opened}
            opened.set()
            while not forked.is_set():
                await asyncio.sleep(0.05)
            await call()

        thread = threading.Thread(target=lambda: asyncio.run(in_thread()))
        thread.start()
        assert opened.wait(10)
        children = workers(in_child)
        forked.set()
        assert succeeded(children)
        thread.join(20)
        assert not thread.is_alive()
    """)


def test_a_fork_during_the_calls_of_a_thread_does_not_affect_them(program: Program) -> None:
    program.run("""
        begun, stop = threading.Event(), threading.Event()

        def call_repeatedly():
            while not stop.is_set():
                sync_call()
                begun.set()

        thread = threading.Thread(target=call_repeatedly)
        thread.start()
        assert begun.wait(10)
        children = workers(lambda: None)
        assert succeeded(children)
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
    """)


def test_multiprocessing_with_fork_works(program: Program) -> None:
    program.run("""
        import multiprocessing

        sync_call()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(sync_call, [2, 2, 2]) == [None] * 3
        sync_call()
    """)


def test_a_silent_handshake_does_not_delay_a_fork(program: Program) -> None:
    program.run("""
        import contextlib, socket
        from zitadel_grpc.errors import ZitadelError

        def ask(stalled):
            with contextlib.suppress(ZitadelError):
                stalled.access_token()

        with socket.create_server(("127.0.0.1", 0)) as silent:
            stalled = Client(f"https://127.0.0.1:{silent.getsockname()[1]}", key, options=options)
            threading.Thread(target=ask, args=(stalled,), daemon=True).start()
            connection, _ = silent.accept()
            connection.recv(1)
            started = time.monotonic()
            child = os.fork()
            if child == 0:
                sync_call()
                os._exit(0)
            assert time.monotonic() - started < 2
            assert succeeded([child])
            os._exit(0)
    """)


def test_children_forked_while_threads_start_calls_work(program: Program) -> None:
    program.run("""
        import random
        from zitadel_grpc.credentials import AccessToken

        token = AccessToken(sync_client.access_token())

        def call_once(fresh):
            fresh.management.GetMyOrg(GetMyOrgRequest(), timeout=8)

        ended = []
        for _ in range(40):
            with Client(url, token, options=options) as fresh:
                thread = threading.Thread(target=call_once, args=(fresh,))
                thread.start()
                time.sleep(random.random() * 0.03)
                child = os.fork()
                if child == 0:
                    try:
                        call_once(fresh)
                    except ClosedError:
                        os._exit(5)  # the call took longer than a fork waits
                    os._exit(0)
                ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                thread.join(20)
        assert {*ended} <= {0, 5}, ended
        assert ended.count(0) > 30, ended
    """)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["call", "future"])
def test_a_child_forked_during_a_long_call_gets_an_error(program: Program, way: str) -> None:
    program.run(f"""
        import socket
        silent = socket.create_server(("127.0.0.1", 0))
        slow = Client(f"http://127.0.0.1:{{silent.getsockname()[1]}}", AccessToken("t"))

        def wait():
            try:
                slow.management.GetMyOrg(GetMyOrgRequest(), timeout=5)
            except Exception:
                pass

        if "{way}" == "call":
            thread = threading.Thread(target=wait)
            thread.start()
        else:
            future = slow.management.GetMyOrg.future(GetMyOrgRequest(), timeout=5)
        sync_call()
        connection, _ = silent.accept()
        assert connection.recv(1)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            try:
                sync_call()
            except ClosedError as error:
                os._exit(5 if "forked during a call" in str(error) else 6)
            os._exit(0)
        assert time.monotonic() - began < 1.5
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
        sync_call()  # the parent continues
    """)
