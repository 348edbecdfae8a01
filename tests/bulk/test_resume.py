"""The resume file: what a later run skips, however the earlier one ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import aclosing
from itertools import islice
from pathlib import Path

import grpc
import pytest

from tests.bulk.requests import ADD, added_names, all_of, client_of, user, users
from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import AlreadyExists
from zitadel_grpc.testing import Emulator

if sys.platform == "win32":
    pytest.skip("needs flock", allow_module_level=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "import.resume"


def states(path: Path) -> str:
    return path.read_text().partition("\n")[2]


async def test_requests_that_succeeded_are_not_sent_again(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path
) -> None:
    async with client_of(emulator, options, key) as client:
        add = client.management.AddMachineUser
        await all_of(bulk.run(add, users(30), resume=path))
        progress: list[bulk.Progress] = []
        second = await all_of(bulk.run(add, users(50), resume=path, progress=progress.append))

    assert sorted(outcome.index for outcome in second) == list(range(30, 50))
    assert all(outcome.request == user(outcome.index) for outcome in second)
    assert max(Counter(added_names(emulator)).values()) == 1
    assert progress[-1] == bulk.Progress(succeeded=20, failed=0, skipped=30, total=50)
    assert states(path) == "+" * 50


async def test_sync_and_async_runs_share_the_format(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, sync_client: Client, path: Path
) -> None:
    async with client_of(emulator, options, key) as client:
        await all_of(bulk.run(client.management.AddMachineUser, users(10), resume=path))
    second = list(bulk.run(sync_client.management.AddMachineUser, users(20), resume=path))
    assert sorted(outcome.index for outcome in second) == list(range(10, 20))
    assert states(path) == "+" * 20


async def test_an_outcome_that_the_loop_did_not_process_is_repeated_as_previously_sent(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path
) -> None:
    async with client_of(emulator, options, key) as client:
        add = client.management.AddMachineUser
        async with aclosing(bulk.run(add, users(20), resume=path, concurrency=1)) as outcomes:
            async for outcome in outcomes:
                if outcome.index == 5:
                    break
        assert states(path)[:6] == "+++++?"

        again = await all_of(bulk.run(add, users(20), resume=path))

    assert sorted(outcome.index for outcome in again) == list(range(5, 20))
    (fifth,) = (outcome for outcome in again if outcome.index == 5)
    assert fifth.previously_sent
    assert isinstance(fifth.error, AlreadyExists)
    assert [outcome.index for outcome in again if outcome.index > 6 and outcome.previously_sent] == []


async def test_failures_are_sent_again_and_marked_if_they_may_have_applied(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path
) -> None:
    emulator.faults.fail_next(ADD, grpc.StatusCode.UNAVAILABLE)
    emulator.faults.fail_next(ADD, grpc.StatusCode.INVALID_ARGUMENT)
    async with client_of(emulator, options, key) as client:
        add = client.management.AddMachineUser
        await all_of(bulk.run(add, users(4), resume=path, concurrency=1))
        assert states(path) == "!-++"
        again = await all_of(bulk.run(add, users(4), resume=path, concurrency=1))
    assert [(outcome.index, outcome.previously_sent) for outcome in again] == [(0, True), (1, False)]
    assert states(path) == "++++"


KILLED = """
import asyncio, sys
from zitadel_grpc import AsyncClient, bulk
from zitadel_grpc.api.management.v1 import AddMachineUserRequest

users = [AddMachineUserRequest(user_name=f"user-{number}", name="imported") for number in range(400)]

async def main():
    async with AsyncClient.from_env() as client:
        add = client.management.AddMachineUser
        async for outcome in bulk.run(add, users, resume=sys.argv[1], concurrency=10):
            print(outcome.index, flush=True)

asyncio.run(main())
"""


def test_a_run_that_is_killed_repeatedly_applies_each_request_once(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ZITADEL_")},
        "ZITADEL_API_URL": emulator.url,
        "ZITADEL_CA_FILE": str(tmp_path / "ca.pem"),
        "ZITADEL_KEY_JSON": json.dumps(emulator.key_file),
    }
    command = [sys.executable, "-c", KILLED, str(path)]
    received: set[int] = set()
    for outcomes in (37, 90, 51):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            received.update(int(line) for line in islice(process.stdout, outcomes))
            process.send_signal(signal.SIGKILL)
            received.update(int(line) for line in process.stdout)
    before_the_last_run = set(added_names(emulator))
    assert len(before_the_last_run) < 400

    with Client(emulator.url, key, options=options) as client:
        last = list(bulk.run(client.management.AddMachineUser, users(400), resume=path))

    assert received | {outcome.index for outcome in last} == set(range(400))
    # Nothing applied twice. What fails now applied in a run that was killed before it could record that.
    assert Counter(added_names(emulator)) == Counter(request.user_name for request in users(400))
    failed = [outcome for outcome in last if outcome.error]
    assert all(isinstance(outcome.error, AlreadyExists) and outcome.previously_sent for outcome in failed)
    assert set(states(path)) <= set("+!")


async def test_the_file_of_another_job_is_refused(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path
) -> None:
    async with client_of(emulator, options, key) as client:
        add, remove = client.management.AddMachineUser, client.management.RemoveUser
        await all_of(bulk.run(add, users(3), resume=path, job="first.csv"))
        before = states(path)
        with pytest.raises(
            bulk.ResumeFileError,
            match=r"import\.resume belongs to another job: \S+AddMachineUser 'first.csv', "
            r"not \S+AddMachineUser 'second.csv'. Use another path",
        ):
            await all_of(bulk.run(add, users(3), resume=path, job="second.csv"))
        with pytest.raises(bulk.ResumeFileError, match=r"not \S+/RemoveUser 'first.csv'"):
            async for _ in bulk.run(remove, [], resume=path, job="first.csv"):
                pass
    assert states(path) == before == "+++"
    assert len(added_names(emulator)) == 3


@pytest.mark.parametrize("content", [b"name,email\nada,ada@example.com\n", b"[]\n", b'{"x": 1}\n', b"\xff"])
def test_another_kind_of_file_is_refused_and_kept(sync_client: Client, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(bulk.ResumeFileError, match=r"import\.resume is not a resume file"):
        list(bulk.run(sync_client.management.AddMachineUser, users(3), resume=path))
    assert path.read_bytes() == content


def test_a_file_with_a_truncated_header_is_replaced(sync_client: Client, path: Path) -> None:
    add = sync_client.management.AddMachineUser
    list(bulk.run(add, users(2), resume=path))
    whole = path.read_bytes()
    for length in (0, 10, whole.index(b"\n")):
        path.write_bytes(whole[:length])
        assert len(list(bulk.run(add, users(2), resume=path))) == 2


def test_requests_that_a_truncated_file_lost_are_sent_again(sync_client: Client, path: Path) -> None:
    add = sync_client.management.AddMachineUser
    list(bulk.run(add, users(5), resume=path))
    os.truncate(path, path.stat().st_size - 2)
    assert [outcome.index for outcome in bulk.run(add, users(5), resume=path, concurrency=1)] == [3, 4]


async def test_a_second_run_on_the_same_file_is_refused(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path
) -> None:
    async with client_of(emulator, options, key) as client:
        add = client.management.AddMachineUser
        async for _ in bulk.run(add, users(1), resume=path):
            with pytest.raises(bulk.ResumeFileError, match=r"import\.resume is in use by another run"):
                await all_of(bulk.run(add, users(1), resume=path))
        assert len(await all_of(bulk.run(add, users(2), resume=path))) == 1


def test_a_second_process_on_the_same_file_is_refused(
    sync_client: Client, emulator: Emulator, path: Path
) -> None:
    script = "import sys; from zitadel_grpc import bulk; list(bulk.run(print, [1], resume=sys.argv[1]))"
    for _ in bulk.run(sync_client.management.AddMachineUser, users(1), resume=path):
        process = subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=50
        )
        assert "ResumeFileError" in process.stderr
        assert "is in use by another run" in process.stderr


def test_an_error_names_the_path(sync_client: Client, tmp_path: Path) -> None:
    add = sync_client.management.AddMachineUser
    for unusable, why in ((tmp_path / "none" / "file", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(bulk.ResumeFileError, match=rf"{unusable} cannot be opened: {why}"):
            list(bulk.run(add, users(1), resume=unusable))


def test_a_full_disk_ends_the_run(sync_client: Client, emulator: Emulator, path: Path) -> None:
    import resource

    add = sync_client.management.AddMachineUser
    list(bulk.run(add, users(3), resume=path))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    default = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 2, hard))
    try:
        with pytest.raises(bulk.ResumeFileError, match=r"import\.resume cannot be written: File too large"):
            list(bulk.run(add, users(20), resume=path, concurrency=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, default)
    assert len(added_names(emulator)) == 5
    assert states(path) == "+" * 5


async def test_skipping_many_requests_takes_little_memory(
    emulator: Emulator, options: ConnectionOptions, key: JwtProfile, path: Path
) -> None:
    import tracemalloc

    count = 100_000
    async with AsyncClient(emulator.url, key, options=options) as client:
        add = client.management.AddMachineUser
        await all_of(bulk.run(add, users(1), resume=path))
        with path.open("ab") as file:
            file.write(b"+" * (count - 1))
        request = user(count)
        tracemalloc.start()
        try:
            requests = (request for _ in range(count + 1))
            outcomes = await all_of(bulk.run(add, requests, resume=path))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert [outcome.index for outcome in outcomes] == [count]
    assert peak < 1e6
