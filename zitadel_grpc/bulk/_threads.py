"""Drives a run without an event loop: the caller's thread reads the requests, worker threads make the
calls."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from zitadel_grpc.bulk._outcome import Outcome, RequestT, ResponseT
from zitadel_grpc.bulk._run import Attempt, Run


def outcomes(
    run: Run[RequestT, ResponseT], requests: Iterable[RequestT]
) -> Generator[Outcome[RequestT, ResponseT], None, None]:
    queued: SimpleQueue[Attempt | None] = SimpleQueue()
    finished: SimpleQueue[Outcome[RequestT, ResponseT] | None] = SimpleQueue()

    def work() -> None:
        # One task of the pool makes many calls: a future per call would cost a tenth of the call.
        while attempt := queued.get():
            try:
                finished.put(run.succeeded(attempt, run.method(attempt.request)))
            except BaseException as error:  # SystemExit too: it must reach the caller
                finished.put(run.failed(attempt, error))

    attempts = _attempts(run, requests)
    in_progress = workers = 0
    with run:
        threads = ThreadPoolExecutor(run.concurrency, "zitadel-grpc-bulk")
        try:
            while True:
                if in_progress < run.concurrency and (attempt := next(attempts, None)):
                    queued.put(attempt)
                    in_progress += 1
                    if in_progress > workers:
                        threads.submit(work)
                        workers += 1
                    # Read more, unless there is an outcome: slow input must not delay it.
                    if in_progress < run.concurrency and finished.empty():
                        continue
                if not in_progress:
                    break
                if outcome := finished.get():
                    yield outcome
                    run.consumed(outcome)
                in_progress -= 1
            run.finish()
        finally:
            for _ in range(workers):
                queued.put(None)
            threads.shutdown()


def _attempts(run: Run[RequestT, ResponseT], requests: Iterable[RequestT]) -> Iterator[Attempt]:
    try:
        for request in requests:
            if attempt := run.start(request):
                yield attempt
            if run.error is not None:
                return
    except Exception as error:
        run.error = run.error or error
