"""A bulk run on more than one machine: one RPC over the partitions of a Dask bag. Needs the extra `dask`.

    import dask.bag

    from zitadel_grpc.bulk.dask import run_bag

    requests = dask.bag.read_text("users-*.jsonl").map(to_request)
    outcomes = run_bag(requests, lambda client: client.management.ImportHumanUser)
    failed = outcomes.filter(lambda outcome: outcome.error is not None).compute()

As any bag, what it gives does nothing until it is computed, and does it again when it is computed again: see
`resume`, and Dask's `persist`.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

try:
    from dask.bag import Bag, from_sequence
    from dask.tokenize import tokenize
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"zitadel_grpc.bulk.dask needs {error.name}: pip install 'zitadel-grpc[dask]'", name=error.name
    ) from None

from zitadel_grpc import bulk
from zitadel_grpc._client import Client
from zitadel_grpc.bulk._outcome import Outcome, Request, Response

__all__ = ["run_bag"]

_clients: dict[str, Client] = {}
_lock = threading.Lock()


def run_bag(
    requests: Bag,
    method: Callable[[Client], Callable[[Request], Response]],
    *,
    client: Callable[[], Client] = Client.from_env,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
) -> Bag:
    """A bag of `Outcome`, one for each of `requests`, with its `index` within the partition.

    Each worker process makes one client, by `client`, for all its tasks and threads, and so has one token; it
    is closed when the process ends. The function travels to the workers, but no client and no secret does,
    unless the function closes over one: by default a worker reads its own environment (`Client.from_env`).

    Failures are outcomes. What ends a run (see `bulk.run`) fails the computation.

    Args:
        requests: Of messages, which may travel between processes; better made where they are sent, by `map`.
        method: Tells the RPC of a client: `lambda client: client.management.ImportHumanUser`.
        client: Makes a client.
        concurrency: Calls at a time of each task: with the number of workers and of their threads, the load
            on ZITADEL.
        resume: A directory that all workers see, made if it is not there: each partition has a resume file
            there. Dask runs a partition again if it loses the worker that had it or its result; with
            `resume` what was done then is left out, also from the outcomes.
        job: As for `bulk.run`.
    """
    key = tokenize(client)
    count = requests.npartitions
    numbers: Bag = from_sequence(range(count), npartitions=count)  # type: ignore[no-untyped-call]
    directory = None if resume is None else os.fspath(resume)
    outcomes: Bag = requests.map_partitions(  # type: ignore[no-untyped-call]
        _run_partition, numbers, method, client, key, concurrency, directory, job
    )
    return outcomes


def _run_partition(
    requests: Iterable[Request],
    numbers: Iterable[int],
    method: Callable[[Client], Callable[[Request], Response]],
    make_client: Callable[[], Client],
    key: str,
    concurrency: int,
    resume: str | None,
    job: str,
) -> list[Outcome[Request, Response]]:
    (number,) = numbers
    path = None
    if resume is not None:
        Path(resume).mkdir(parents=True, exist_ok=True)
        path = Path(resume) / f"{number:06}.resume"
        job = f"{job} (partition {number})"
    rpc = method(_client_of_this_process(key, make_client))
    # A list, since Dask sends a partition's value to other processes as it is.
    return list(bulk.run(rpc, requests, concurrency=concurrency, resume=path, job=job))


def _client_of_this_process(key: str, make: Callable[[], Client]) -> Client:
    with _lock:
        if key not in _clients:
            _clients[key] = make()
            atexit.register(_clients[key].close)
        return _clients[key]
