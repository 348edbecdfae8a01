"""Drives a run without an event loop: the caller's thread reads the requests, worker threads make the
calls."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from queue import SimpleQueue

from zitadel_grpc.bulk._outcome import Outcome, RequestT, ResponseT
from zitadel_grpc.bulk._run import Attempt, Run


def outcomes(
    run: Run[RequestT, ResponseT], requests: Iterable[RequestT]
) -> Generator[Outcome[RequestT, ResponseT], None, None]:
    queued: SimpleQueue[Attempt | None] = SimpleQueue()
    finished: SimpleQueue[Outcome[RequestT, ResponseT] | None] = SimpleQueue()

    def work() -> None:
        while attempt := queued.get():
            try:
                finished.put(run.succeeded(attempt, run.method(attempt.request)))
            except BaseException as error:  # SystemExit too: it must reach the caller
                finished.put(run.failed(attempt, error))

    attempts = _attempts(run, requests)
    in_progress = 0
    threads: list[threading.Thread] = []
    with run:
        try:
            while True:
                if in_progress < run.concurrency and (attempt := next(attempts, None)):
                    queued.put(attempt)
                    in_progress += 1
                    if in_progress > len(threads):
                        # Daemons: a run that was not finished must not keep the program from exiting.
                        thread = threading.Thread(target=work, name="zitadel-grpc-bulk", daemon=True)
                        thread.start()
                        threads.append(thread)
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
            for _ in threads:
                queued.put(None)
            for thread in threads:
                thread.join()


def _attempts(run: Run[RequestT, ResponseT], requests: Iterable[RequestT]) -> Iterator[Attempt]:
    try:
        for request in requests:
            if attempt := run.start(request):
                yield attempt
            if run.error is not None:
                return
    except Exception as error:
        run.error = run.error or error
