"""A bulk run on several machines: calls one RPC for the requests of a Dask bag. Requires the extra `dask`.

    import dask.bag

    from zitadel_grpc.bulk.dask import run_bag

    requests = dask.bag.read_text("users-*.jsonl").map(to_request)
    outcomes = run_bag(requests, lambda client: client.user_v2.CreateUser)
    failed = outcomes.filter(lambda outcome: outcome.error is not None).compute()

Like any bag, the result is lazy: each computation sends the requests again, unless you use `resume` or Dask's
`persist`.
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
        f"zitadel_grpc.bulk.dask requires {error.name}: pip install 'zitadel-grpc[dask]'", name=error.name
    ) from None

from zitadel_grpc import bulk
from zitadel_grpc._client import Client
from zitadel_grpc.bulk._outcome import Outcome, RequestT, ResponseT
from zitadel_grpc.errors import ConfigurationError

__all__ = ["run_bag"]

_clients: dict[str, Client] = {}
_lock = threading.Lock()


def run_bag(
    requests: Bag,
    method: Callable[[Client], Callable[[RequestT], ResponseT]],
    *,
    client: Callable[[], Client] = Client.from_env,
    concurrency: int = 50,
    resume: str | os.PathLike[str] | None = None,
    job: str = "",
) -> Bag:
    """Returns a bag of `Outcome`, one per request. `Outcome.index` is the position within the partition.

    Each worker process creates one client for all its tasks and threads, obtains one token, and closes the
    client when the process ends. The workers receive the function `client`, not a client. The function must
    not close over secrets, since those would be sent too. By default each worker reads its own environment
    (`Client.from_env`).

    Failed requests are outcomes. An error that ends a run (see `bulk.run`) fails the computation.

    Args:
        requests: A bag of messages. Create them on the workers, with `map`, instead of sending them there.
        method: Selects the RPC: `lambda client: client.user_v2.CreateUser`.
        client: Creates a client.
        concurrency: Maximum number of calls in progress per task. The load on ZITADEL is this number times
            the number of workers times their threads.
        resume: A directory that all workers can access, created if it does not exist. It holds one resume
            file per partition. Dask runs a partition again if it loses the worker or the result; with
            `resume`, requests that succeeded before are skipped and have no outcome.
        job: As in `bulk.run`.

    Raises:
        ConfigurationError: An argument is invalid.
    """
    if not isinstance(requests, Bag):
        raise ConfigurationError(f"requests must be a dask.bag.Bag, not {type(requests).__name__}")
    for name, function in (("method", method), ("client", client)):
        if not callable(function):
            raise ConfigurationError(f"{name} must be a function, not {type(function).__name__}")
    key = tokenize(client)
    count = requests.npartitions
    numbers: Bag = from_sequence(range(count), npartitions=count)  # type: ignore[no-untyped-call]
    directory = None if resume is None else os.fspath(resume)
    outcomes: Bag = requests.map_partitions(  # type: ignore[no-untyped-call]
        _run_partition, numbers, method, client, key, concurrency, directory, job
    )
    return outcomes


def _run_partition(
    requests: Iterable[RequestT],
    numbers: Iterable[int],
    method: Callable[[Client], Callable[[RequestT], ResponseT]],
    create_client: Callable[[], Client],
    key: str,
    concurrency: int,
    resume: str | None,
    job: str,
) -> list[Outcome[RequestT, ResponseT]]:
    (number,) = numbers
    path = None
    if resume is not None:
        Path(resume).mkdir(parents=True, exist_ok=True)
        path = Path(resume) / f"{number:06}.resume"
        job = f"{job} (partition {number})"
    rpc = method(_client_of_this_process(key, create_client))
    # A list, since Dask sends a partition's value to other processes as it is.
    return list(bulk.run(rpc, requests, concurrency=concurrency, resume=path, job=job))


def _client_of_this_process(key: str, create: Callable[[], Client]) -> Client:
    with _lock:
        if key not in _clients:
            _clients[key] = create()
            atexit.register(_clients[key].close)
        return _clients[key]
