"""The threads in which tokens are obtained, and what they must not be doing when the process forks."""

from __future__ import annotations

import collections
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

Work = Callable[[], object]

# How long os.fork() waits at most, in seconds. Imports always end, but take their time on a busy machine.
_IMPORTS_END = 10.0
_HANDSHAKES_END = 0.5  # a server that never answers a handshake must not hold a fork up
_END_WAITS = 0.1  # seconds at most, for threads that end
_IDLE_LIMIT = 10.0  # seconds after which a thread ends
_idle: collections.deque[queue.SimpleQueue[Work]] = collections.deque()
_ending: list[threading.Thread] = []


def run(work: Work) -> None:
    """Runs `work`, which must not raise, in a thread. Raises RuntimeError if none can be started.

    Threads are kept for the next time, and end when there was none for a while.
    """
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(jobs,), name="zitadel-grpc-token", daemon=True).start()
    jobs.put(work)


def _serve(jobs: queue.SimpleQueue[Work]) -> None:
    while True:
        try:
            work = jobs.get(timeout=_IDLE_LIMIT)
        except queue.Empty:
            try:
                _idle.remove(jobs)
            except ValueError:
                continue  # taken just now
            break
        work()
        del work
        _idle.append(jobs)
    with NO_FORK:
        _ending[:] = [*filter(_exists, _ending), threading.current_thread()]


def _exists(thread: threading.Thread) -> bool:
    # A thread that used OpenSSL holds a lock of OpenSSL's while it ends, after Python is done with it. A
    # child that is forked at that moment would hang, all of it, at its first handshake.
    return thread.is_alive() or Path(f"/proc/self/task/{thread.native_id}").exists()


def _wait_for_ends() -> None:
    give_up_at = time.monotonic() + _END_WAITS
    while any(map(_exists, _ending)) and time.monotonic() < give_up_at:
        time.sleep(0.001)


class _NoFork:
    """While a thread is inside, a fork waits a moment: the child would inherit locks (of imports, of OpenSSL)
    that are held for good by a thread that it does not have."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._handshakes = 0

    def __enter__(self) -> None:
        with self._changed:
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def begin_handshake(self) -> None:
        with self._changed:
            self._handshakes += 1

    def end_handshake(self) -> None:
        with self._changed:
            self._handshakes -= 1
            self._changed.notify_all()

    def before_fork(self) -> None:
        self._changed.acquire()  # kept over the fork: nobody goes inside meanwhile
        self._changed.wait_for(lambda: self._handshakes <= 0, _HANDSHAKES_END)
        self._changed.wait_for(lambda: self._inside <= 0, _IMPORTS_END)
        _wait_for_ends()

    def after_in_parent(self) -> None:
        self._changed.release()

    def after_in_child(self) -> None:
        self._reset()
        _idle.clear()
        _ending.clear()


NO_FORK = _NoFork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=NO_FORK.before_fork,
        after_in_parent=NO_FORK.after_in_parent,
        after_in_child=NO_FORK.after_in_child,
    )
