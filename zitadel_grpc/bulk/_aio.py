"""Drives a run in an event loop: one task reads the requests, and each call is a task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import aclosing

from zitadel_grpc.bulk._outcome import Outcome, RequestT, ResponseT
from zitadel_grpc.bulk._run import Attempt, Run
from zitadel_grpc.errors import Cancelled

_READS_WITHOUT_YIELDING = 1000


async def outcomes(
    run: Run[RequestT, ResponseT], requests: AsyncIterable[RequestT] | Iterable[RequestT]
) -> AsyncGenerator[Outcome[RequestT, ResponseT], None]:
    # A request occupies a slot from before it is read until its outcome is consumed, so memory is bounded.
    slots = asyncio.Semaphore(run.concurrency)
    finished: asyncio.Queue[Outcome[RequestT, ResponseT] | None] = asyncio.Queue()
    tasks: set[asyncio.Task[None]] = set()
    stopping = False

    def track(task: asyncio.Task[None]) -> None:
        tasks.add(task)
        task.add_done_callback(untrack)

    def untrack(task: asyncio.Task[None]) -> None:
        tasks.discard(task)
        if not tasks:  # including the reader
            finished.put_nowait(None)

    async def read() -> None:
        try:
            async with aclosing(_iterate(requests)) as each:
                await slots.acquire()
                async for request in each:
                    if attempt := run.start(request):
                        track(asyncio.create_task(call(attempt)))
                        await slots.acquire()
        except BaseException as error:  # `requests` may raise CancelledError too
            run.error = run.error or error

    async def call(attempt: Attempt) -> None:
        try:
            deliver(run.succeeded(attempt, await run.method(attempt.request)))
        except asyncio.CancelledError:
            if stopping:
                raise
            # Something else cancelled the call, for example closing the client.
            deliver(run.failed(attempt, Cancelled(run.rpc, "cancelled by the client")))
        except BaseException as error:  # SystemExit too, which would otherwise be lost with the task
            deliver(run.failed(attempt, error))

    def deliver(outcome: Outcome[RequestT, ResponseT] | None) -> None:
        if outcome is None:
            reader.cancel()
        else:
            finished.put_nowait(outcome)

    with run:
        reader = asyncio.create_task(read())
        track(reader)
        try:
            while outcome := await finished.get():
                yield outcome
                run.consumed(outcome)
                if run.error is None:
                    slots.release()
                else:
                    reader.cancel()
            run.finish()
        finally:
            stopping = True
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)


async def _iterate(
    requests: AsyncIterable[RequestT] | Iterable[RequestT],
) -> AsyncGenerator[RequestT, None]:
    if isinstance(requests, AsyncIterable):
        async for request in requests:
            yield request
        return
    for number, request in enumerate(requests, 1):
        yield request
        if number % _READS_WITHOUT_YIELDING == 0:  # skipping many requests would block the event loop
            await asyncio.sleep(0)
