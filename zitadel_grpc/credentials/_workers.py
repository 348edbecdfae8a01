"""The threads that fetch tokens, and the guard that keeps a fork from breaking the child.

A child inherits locks that threads of its parent hold: of imports, of the resolver of host names, of OpenSSL.
Those threads do not exist in the child, so the locks stay held.
"""

from __future__ import annotations

import collections
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from zitadel_grpc import _file_content

if TYPE_CHECKING:
    import queue

Work = Callable[[], object]

# How long os.fork() waits, at most, in seconds. Imports always end, but can take long on a busy machine.
_IMPORTS_WAIT = 10.0
_HANDSHAKES_WAIT = 0.5  # a server that never responds to a handshake must not block a fork
_EXITS_WAIT = 0.1  # for threads that are exiting
_IDLE_LIMIT = 10.0  # seconds after which an idle thread exits
_idle: collections.deque[queue.SimpleQueue[Work]] = collections.deque()
_exiting: list[threading.Thread] = []


def run(work: Work) -> None:
    """Runs `work`, which must not raise, in a thread. Raises RuntimeError if no thread can be started.

    Threads are reused, and exit after a while without work.
    """
    try:
        jobs = _idle.pop()
    except IndexError:
        with NO_FORK:  # as for all imports in threads
            import queue  # imported here: programs with a static token start no threads
            import random  # noqa: F401  # refreshes import it, and must find it loaded

        jobs = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(jobs,), name="zitadel-grpc-token", daemon=True).start()
    jobs.put(work)


def _serve(jobs: queue.SimpleQueue[Work]) -> None:
    from queue import Empty

    while True:
        try:
            work = jobs.get(timeout=_IDLE_LIMIT)
        except Empty:
            try:
                _idle.remove(jobs)
            except ValueError:
                continue  # `run` has just taken it
            break
        work()
        del work
        _idle.append(jobs)
    with NO_FORK:
        _exiting[:] = [*filter(_exists, _exiting), threading.current_thread()]


def _exists(thread: threading.Thread) -> bool:
    # A thread that used OpenSSL holds one of its locks while it exits, even when Python considers it dead. A
    # child forked at that moment would hang in its first handshake.
    return thread.is_alive() or _file_content.exists(f"/proc/self/task/{thread.native_id}")


def _wait_for_exits() -> None:
    give_up_at = time.monotonic() + _EXITS_WAIT
    while any(map(_exists, _exiting)) and time.monotonic() < give_up_at:
        time.sleep(0.001)


class _NoFork:
    """A context manager for threads. A fork waits while a thread is inside, or between `begin_handshake` and
    `end_handshake`."""

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
        self._changed.acquire()  # held during the fork: no thread enters in the meantime
        imports_wait, handshakes_wait = _IMPORTS_WAIT, _HANDSHAKES_WAIT
        while True:  # a thread that leaves one state may have entered the other
            began = time.monotonic()
            if self._inside > 0 and imports_wait > 0:
                self._changed.wait_for(lambda: self._inside <= 0, imports_wait)
                imports_wait -= time.monotonic() - began
            elif self._handshakes > 0 and handshakes_wait > 0:
                self._changed.wait_for(lambda: self._handshakes <= 0, handshakes_wait)
                handshakes_wait -= time.monotonic() - began
            else:
                break
        _wait_for_exits()

    def after_in_parent(self) -> None:
        self._changed.release()

    def after_in_child(self) -> None:
        self._reset()
        _idle.clear()
        _exiting.clear()


NO_FORK = _NoFork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=NO_FORK.before_fork,
        after_in_parent=NO_FORK.after_in_parent,
        after_in_child=NO_FORK.after_in_child,
    )
