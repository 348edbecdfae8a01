"""A run in an event loop: a feeder reads the requests, each call is a task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing

from zitadel_grpc.bulk._job import Job, Ticket
from zitadel_grpc.bulk._outcome import Outcome, Request, Response
from zitadel_grpc.errors import Cancelled

_READ_AT_ONCE = 1000


async def stream(
    job: Job[Request, Response], requests: AsyncIterable[Request] | Iterable[Request]
) -> AsyncGenerator[Outcome[Request, Response], None]:
    # A slot is held from before a request is read until its outcome is consumed, so nothing gathers anywhere.
    slots = asyncio.Semaphore(job.concurrency)
    finished: asyncio.Queue[Outcome[Request, Response] | None] = asyncio.Queue()
    tasks: set[asyncio.Task[None]] = set()
    stopping = False

    def start(task: asyncio.Task[None]) -> None:
        tasks.add(task)
        task.add_done_callback(ended)

    def ended(task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        if not tasks:  # the feeder is one of them
            finished.put_nowait(None)

    async def feed() -> None:
        try:
            async with aclosing(_each(requests)) as each:
                await slots.acquire()
                async for request in each:
                    if ticket := job.admit(request):
                        start(asyncio.create_task(call(ticket)))
                        await slots.acquire()
        except BaseException as error:  # also a CancelledError of `requests` itself: the loop's user is told
            job.error = job.error or error

    async def call(ticket: Ticket) -> None:
        try:
            deliver(job.responded(ticket, await job.method(ticket.request)))
        except asyncio.CancelledError:
            if stopping:
                raise
            # Not by us; closing the client does that.
            deliver(job.failed(ticket, Cancelled(job.rpc, "cancelled on this side")))
        except BaseException as error:  # SystemExit too: a task that ended with it would only be missing
            deliver(job.failed(ticket, error))

    def deliver(outcome: Outcome[Request, Response] | None) -> None:
        if outcome is None:
            feeder.cancel()
        else:
            finished.put_nowait(outcome)

    with job:
        feeder = asyncio.create_task(feed())
        start(feeder)
        try:
            while outcome := await finished.get():
                yield outcome
                job.consumed(outcome)
                if job.error is None:
                    slots.release()
                else:
                    feeder.cancel()
            job.end()
        finally:
            stopping = True
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)


async def _each(
    requests: AsyncIterable[Request] | Iterable[Request],
) -> AsyncGenerator[Request, None]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
        return
    for number, request in enumerate(requests, 1):
        yield request
        if number % _READ_AT_ONCE == 0:  # many in a row that are done already would hold the event loop
            await asyncio.sleep(0)
