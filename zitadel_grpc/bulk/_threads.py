"""A run without an event loop: the user's own thread reads the requests, others make the calls."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from zitadel_grpc.bulk._job import Job, Ticket
from zitadel_grpc.bulk._outcome import Outcome, Request, Response


def stream(
    job: Job[Request, Response], requests: Iterable[Request]
) -> Generator[Outcome[Request, Response], None, None]:
    admitted: SimpleQueue[Ticket | None] = SimpleQueue()
    finished: SimpleQueue[Outcome[Request, Response] | None] = SimpleQueue()

    def work() -> None:
        # One task of the pool for many calls: a future for each would cost a tenth of a call.
        while ticket := admitted.get():
            try:
                finished.put(job.responded(ticket, job.method(ticket.request)))
            except BaseException as error:  # SystemExit too: it belongs to the caller, not to this thread
                finished.put(job.failed(ticket, error))

    tickets = _tickets(job, requests)
    under_way = workers = 0
    with job:
        threads = ThreadPoolExecutor(job.concurrency, "zitadel-grpc-bulk")
        try:
            while True:
                if under_way < job.concurrency and (ticket := next(tickets, None)):
                    admitted.put(ticket)
                    under_way += 1
                    if under_way > workers:
                        threads.submit(work)
                        workers += 1
                    # One outcome for each read: slow input delays none, a slow loop keeps calls going.
                    if under_way < job.concurrency and finished.empty():
                        continue
                if not under_way:
                    break
                if outcome := finished.get():
                    yield outcome
                    job.consumed(outcome)
                under_way -= 1
            job.end()
        finally:
            for _ in range(workers):
                admitted.put(None)
            threads.shutdown()


def _tickets(job: Job[Request, Response], requests: Iterable[Request]) -> Iterator[Ticket]:
    try:
        for request in requests:
            if ticket := job.admit(request):
                yield ticket
            if job.error is not None:
                return
    except Exception as error:
        job.error = job.error or error
