"""The emulator: start and stop, recorded calls, snapshots and seed files."""

from __future__ import annotations

import asyncio
import concurrent.futures
import ssl
import threading
from collections.abc import Callable
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

import trustme

from zitadel_grpc.testing._faults import Faults
from zitadel_grpc.testing._keys import KeyPair, service_user_key_file
from zitadel_grpc.testing._oauth import routes
from zitadel_grpc.testing._rpc import dispatch, framing
from zitadel_grpc.testing._seed_types import SeedResult
from zitadel_grpc.testing._seeding import Seeding
from zitadel_grpc.testing._state import snapshots
from zitadel_grpc.testing._state.clock import Clock
from zitadel_grpc.testing._state.fresh import fresh_store
from zitadel_grpc.testing._state.snapshots import Snapshot, Snapshots
from zitadel_grpc.testing._tokens import Issuer, opaque_token
from zitadel_grpc.testing._wire.listener import Listener
from zitadel_grpc.testing._wire.messages import Request, Response
from zitadel_grpc.testing._zitadel import RecordedCall, Zitadel

Result = TypeVar("Result")

_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 10.0
_CALL_TIMEOUT = 10.0


class Emulator(Seeding):
    """A ZITADEL in memory that listens on the loopback interface while its `with` block runs.

    `async with` runs it in the caller's event loop; `with` runs it in its own thread and event loop.

    Args:
        port: The port to listen on; 0 picks a free one.
        token_lifetime: Lifetime of access tokens in seconds.
        clock_skew: Seconds by which the server's clock is fast; negative if it is slow.

    Raises:
        OSError: On entry, if the port is in use.
    """

    key_file: dict[str, str]
    """Key file of the first service user, who is IAM_OWNER of the instance and ORG_OWNER of the first
    organization."""
    pat: str
    """Personal access token of the same user."""
    system_key: str
    """Private key (PEM) of the System API user `system-user`."""
    root_certificates: bytes
    """Certificate (PEM) of the CA that signed the server's certificate."""
    organization_id: str
    """Id of the first organization, named ZITADEL."""
    faults: Faults
    """Faults to inject while it runs."""

    def __init__(self, *, port: int = 0, token_lifetime: float = 43200.0, clock_skew: float = 0.0) -> None:
        self._port = port
        self._token_lifetime = token_lifetime
        self._clock_skew = clock_skew
        self._zitadel: Zitadel
        self._snapshots: Snapshots
        self._fresh: Snapshot
        self._loop: asyncio.AbstractEventLoop
        self._loop_thread: int
        self._listener: Listener
        self._thread: threading.Thread
        self._request_stop: Callable[[], object]
        self._is_running = False

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            """Python calls this for missing attributes only."""
            why = "" if "_zitadel" in vars(self) else ": it has not been started; use it in a `with` block"
            raise AttributeError(f"Emulator has no attribute {name!r}{why}", name=name, obj=self)

    @property
    def url(self) -> str:
        """`https://localhost:PORT`."""
        return self._zitadel.issuer.url

    @property
    def issuer(self) -> str:
        """The issuer of its tokens: the same as `url`."""
        return self._zitadel.issuer.url

    @property
    def calls(self) -> list[RecordedCall]:
        """The last 10,000 gRPC calls that have finished, oldest first."""
        return list(self._zitadel.calls)

    @property
    def token_requests(self) -> int:
        """How many requests the token endpoint has received."""
        return self._zitadel.token_requests

    def snapshot(self) -> Snapshot:
        """Saves the current users, organizations, projects and all other state, for `reset`."""
        return self._between_requests(self._snapshots.take)

    def seed(self, path: str | PathLike[str]) -> SeedResult:
        """Adds what a YAML seed file lists.

        Raises:
            SeedError: If the file is invalid, or something cannot be added; then nothing is added.
        """
        from zitadel_grpc.testing._seed_file import load  # requires PyYAML

        seed_file, store = load(path), self._zitadel.store
        before = self._between_requests(lambda: snapshots.take(store))
        try:
            return seed_file.add_to(self)
        except BaseException:
            self._between_requests(lambda: snapshots.restore(store, before))
            raise

    def reset(self, to: Snapshot | None = None) -> None:
        """Restores the state at the start, or a snapshot; removes all faults and recorded calls.

        Keys, the PAT and ids stay the same, and access tokens of users who still exist stay valid. This takes
        about 1 ms, about 10 ms with a thousand users, and no time if nothing was written. It may be called
        from any thread.
        """
        self._between_requests(lambda: self._reset(to or self._fresh))

    def forget_calls(self) -> None:
        """Empties `calls` and sets `token_requests` to 0."""
        self._zitadel.calls.clear()
        self._zitadel.token_requests = 0

    def _reset(self, snapshot: Snapshot) -> None:
        self._snapshots.restore(snapshot)
        self.faults.clear()
        self.faults.token_lifetime = self._token_lifetime
        self.faults.clock_skew = self._clock_skew
        self.forget_calls()

    def _between_requests(self, function: Callable[[], Result]) -> Result:
        """Runs `function` in the thread of the event loop, never while a request is being handled."""
        if not self._is_running:
            raise RuntimeError("the emulator is not running: use it inside its `with` block")
        if threading.get_ident() == self._loop_thread:
            with self._zitadel.writing():
                return function()

        async def run() -> Result:
            with self._zitadel.writing():
                return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_CALL_TIMEOUT)

    async def __aenter__(self) -> Self:
        if self._is_running:
            raise RuntimeError("the emulator is already running: create another one")
        self._loop = loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        with concurrent.futures.ThreadPoolExecutor() as threads:
            signing, first, system = await asyncio.gather(
                *(loop.run_in_executor(threads, KeyPair.generate) for _ in range(3))
            )
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
        self.root_certificates = authority.cert_pem.bytes()
        self._listener = Listener(self._handle, context)
        url = f"https://localhost:{self._listener.bind(self._port)}"

        self.pat = opaque_token()
        self.system_key = system.private_pem.decode()
        store, first_key = fresh_store(
            Clock(self._clock_skew),
            public_key=first.public_pem,
            pat=self.pat,
            system_public_key=system.public_pem,
        )
        self.key_file = service_user_key_file(first, first_key)
        self.organization_id = first_key.details.resource_owner
        self.faults = Faults(
            token_lifetime=self._token_lifetime,
            clock_skew=self._clock_skew,
            set_clock_skew=lambda seconds: setattr(store.clock, "skew", seconds),
            revoke_tokens=store.access_tokens.clear,
            drop_connections=lambda: loop.call_soon_threadsafe(self._listener.drop_connections),
        )
        self._zitadel = Zitadel(store, Issuer(url, store.new_id(), signing), self.faults)
        self._snapshots = Snapshots(store)
        self._fresh = self._snapshots.take()
        self._listener.start()
        self._is_running = True
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_running = False
        await self._listener.stop()

    def __enter__(self) -> Self:
        started: concurrent.futures.Future[Callable[[], object]] = concurrent.futures.Future()
        thread = threading.Thread(
            target=lambda: asyncio.run(self._run(started)), name="zitadel-emulator", daemon=True
        )
        thread.start()
        self._request_stop = started.result(_START_TIMEOUT)
        self._thread = thread
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._request_stop()
        self._thread.join(_STOP_TIMEOUT)

    async def _run(self, started: concurrent.futures.Future[Callable[[], object]]) -> None:
        """Sets the result of `started` to a function that stops the emulator, and runs until it is called."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self.__aenter__()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
        await self.__aexit__(None, None, None)

    async def _handle(self, request: Request) -> Response:
        handle = dispatch.handle if framing.is_grpc(request) else routes.handle
        with self._zitadel.writing():
            return await handle(self._zitadel, request)
