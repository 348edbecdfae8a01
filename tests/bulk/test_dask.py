"""`run_bag` on a cluster of two worker processes."""

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

from tests.bulk.requests import Outcome, added_names, user, users
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.bulk.dask import run_bag
from zitadel_grpc.credentials import JwtProfile
from zitadel_grpc.errors import AlreadyExists, ConfigurationError, CredentialsError
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


def client_factory(emulator: Emulator, log: Path, **changed: str) -> Callable[[], Client]:
    """Creates clients in the workers; leaves a file in `log` for each client that is created or closed."""
    url, key = emulator.url, emulator.key_file | changed
    options = ConnectionOptions(root_certificates=emulator.root_certificates)

    def create() -> Client:
        class LoggedClient(Client):
            def close(self) -> None:
                super().close()
                (log / f"closed-{os.getpid()}").touch(exist_ok=False)

        (log / f"created-{os.getpid()}").touch(exist_ok=False)
        return LoggedClient(url, JwtProfile.from_dict(key), options=options)

    return create


@pytest.mark.slow
def test_each_request_is_sent_once_and_each_process_has_one_client_and_token(
    emulator: Emulator, tmp_path: Path
) -> None:
    requests = [*users(300), user(7)]
    bag = dask.bag.from_sequence(requests, npartitions=8)  # type: ignore[no-untyped-call]
    log = tmp_path / "log"
    log.mkdir()
    with two_workers(tmp_path):
        run: Any = run_bag(
            bag,
            lambda client: client.management.AddMachineUser,
            client=client_factory(emulator, log),
            concurrency=5,
        )
        outcomes: list[Outcome] = run.compute()

    assert Counter(added_names(emulator)) == Counter(request.user_name for request in users(300))
    came_back = Counter(outcome.request.user_name for outcome in outcomes)
    assert came_back == Counter(request.user_name for request in requests)
    assert Counter(type(outcome.error) for outcome in outcomes) == {type(None): 300, AlreadyExists: 1}
    assert len({outcome.response.user_id for outcome in outcomes if outcome.error is None}) == 300
    assert emulator.token_requests == 2
    assert Counter(file.name.partition("-")[0] for file in log.iterdir()) == {"created": 2, "closed": 2}


def test_with_resume_a_second_computation_sends_nothing(
    emulator: Emulator, workers: None, tmp_path: Path
) -> None:
    bag = dask.bag.from_sequence(users(40), npartitions=4)  # type: ignore[no-untyped-call]
    outcomes: Any = run_bag(
        bag,
        lambda client: client.management.AddMachineUser,
        client=client_factory(emulator, tmp_path),
        resume=tmp_path / "resume",
        job="first",
    )
    assert outcomes.count().compute() == 40
    assert outcomes.count().compute() == 0
    assert len(added_names(emulator)) == 40
    assert len(list((tmp_path / "resume").iterdir())) == 4


def test_refused_credentials_fail_the_computation(emulator: Emulator, workers: None, tmp_path: Path) -> None:
    bag = dask.bag.from_sequence(users(4), npartitions=2)  # type: ignore[no-untyped-call]
    outcomes: Any = run_bag(
        bag,
        lambda client: client.management.AddMachineUser,
        client=client_factory(emulator, tmp_path, keyId="1"),
    )
    with pytest.raises(CredentialsError, match="invalid_grant"):
        outcomes.compute()


def test_arguments_of_the_wrong_type_are_refused() -> None:
    bag = dask.bag.from_sequence(users(1))  # type: ignore[no-untyped-call]
    with pytest.raises(ConfigurationError, match=r"requests must be a dask\.bag\.Bag, not list"):
        run_bag(users(1), lambda client: client.management.AddMachineUser)  # type: ignore[arg-type] # pyright: ignore
    with pytest.raises(ConfigurationError, match="method must be a function, not str"):
        run_bag(bag, "AddMachineUser")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="client must be a function, not str"):
        run_bag(bag, lambda client: client.management.AddMachineUser, client="client")  # type: ignore[arg-type]
