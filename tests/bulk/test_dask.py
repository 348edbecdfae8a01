"""A run over a bag's partitions, on a cluster of two worker processes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")
import dask.bag
import distributed

from tests.bulk.requests import Outcome, made, user, users
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.bulk.dask import run_bag
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import AlreadyExists, CredentialsError
from zitadel_grpc.testing import Emulator

pytestmark = pytest.mark.timeout(180)


@contextmanager
def two_workers(directory: Path) -> Iterator[None]:
    with (
        distributed.LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2,
            threads_per_worker=2,
            processes=True,
            dashboard_address=":0",
            local_directory=str(directory),
        ) as cluster,
        distributed.Client(cluster),  # type: ignore[no-untyped-call]
    ):
        yield


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with two_workers(tmp_path_factory.mktemp("dask")):
        yield


def maker(emulator: Emulator, notes: Path, **changed: str) -> Callable[[], Client]:
    """Makes clients in the workers, and leaves a note of each that is made or closed."""
    url, key = emulator.url, emulator.key_file | changed
    options = ConnectionOptions(root_certificates=emulator.root_certificates)

    def make() -> Client:
        class Noted(Client):
            def close(self) -> None:
                super().close()
                (notes / f"closed-{os.getpid()}").touch(exist_ok=False)

        (notes / f"made-{os.getpid()}").touch(exist_ok=False)
        return Noted(url, JwtProfile.from_dict(key), options=options)

    return make


@pytest.mark.slow
def test_every_request_is_done_once_by_one_client_and_token_a_process_closed_at_its_end(
    emulator: Emulator, tmp_path: Path
) -> None:
    requests = [*users(300), user(7)]
    bag = dask.bag.from_sequence(requests, npartitions=8)  # type: ignore[no-untyped-call]
    notes = tmp_path / "notes"
    notes.mkdir()
    with two_workers(tmp_path):
        run: Any = run_bag(
            bag,
            lambda client: client.management.AddMachineUser,
            client=maker(emulator, notes),
            concurrency=5,
        )
        outcomes: list[Outcome] = run.compute()

    assert Counter(made(emulator)) == Counter(request.user_name for request in users(300))
    came_back = Counter(outcome.request.user_name for outcome in outcomes)
    assert came_back == Counter(request.user_name for request in requests)
    assert Counter(type(outcome.error) for outcome in outcomes) == {type(None): 300, AlreadyExists: 1}
    assert len({outcome.response.user_id for outcome in outcomes if outcome.error is None}) == 300
    assert emulator.token_requests == 2
    assert Counter(note.name.partition("-")[0] for note in notes.iterdir()) == {"made": 2, "closed": 2}


def test_a_bag_computed_again_leaves_out_what_is_done(
    emulator: Emulator, workers: None, tmp_path: Path
) -> None:
    bag = dask.bag.from_sequence(users(40), npartitions=4)  # type: ignore[no-untyped-call]
    outcomes: Any = run_bag(
        bag,
        lambda client: client.management.AddMachineUser,
        client=maker(emulator, tmp_path),
        resume=tmp_path / "resume",
        job="first",
    )
    assert outcomes.count().compute() == 40
    assert outcomes.count().compute() == 0
    assert len(made(emulator)) == 40
    assert len(list((tmp_path / "resume").iterdir())) == 4


def test_refused_credentials_fail_the_computation(emulator: Emulator, workers: None, tmp_path: Path) -> None:
    bag = dask.bag.from_sequence(users(4), npartitions=2)  # type: ignore[no-untyped-call]
    outcomes: Any = run_bag(
        bag,
        lambda client: client.management.AddMachineUser,
        client=maker(emulator, tmp_path, keyId="1"),
    )
    with pytest.raises(CredentialsError, match="invalid_grant"):
        outcomes.compute()
