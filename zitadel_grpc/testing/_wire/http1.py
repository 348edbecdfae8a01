"""An HTTP/1.1 connection (RFC 9112): h11 implements the protocol, this class does the I/O."""

from __future__ import annotations

import asyncio
import logging
from typing import cast

import h11

from zitadel_grpc.testing._wire.messages import Handler, HangUp, Request, Response

_MAX_BODY = 2**20

_log = logging.getLogger("zitadel_grpc.testing")


class Http1Connection(asyncio.Protocol):
    """Reads whole requests and responds to one at a time."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._h11 = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task:
            self._task.cancel()

    def go_away(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._h11.receive_data(data)
        if self._task and len(self._h11.trailing_data[0]) > _MAX_BODY:
            self._transport.abort()  # too much pipelined data
            return
        self._advance()

    def _advance(self) -> None:
        try:
            while self._task is None:
                event = self._h11.next_event()
                if isinstance(event, h11.Request):
                    self._request = event
                    if self._h11.they_are_waiting_for_100_continue:
                        self._write(h11.InformationalResponse(status_code=100, headers=[]))
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > _MAX_BODY:
                        self._refuse(413)
                        return
                elif isinstance(event, h11.EndOfMessage):
                    self._start()
                else:
                    return
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)

    def _start(self) -> None:
        assert self._request is not None
        headers = [(name.decode(), value.decode("latin-1")) for name, value in self._request.headers]
        request = Request(
            method=self._request.method.decode(),
            target=self._request.target.decode(),
            authority=next((value for name, value in headers if name == "host"), ""),
            headers=headers,
            body=bytes(self._body),
        )
        self._request = None
        self._body.clear()
        self._task = asyncio.create_task(self._respond(request))

    async def _respond(self, request: Request) -> None:
        try:
            response = await self._handler(request)
            self._send(response, with_body=request.method != "HEAD")
        except HangUp:
            self._transport.abort()
            return
        except Exception:
            _log.exception("cannot send a response to %s", request.path)
            self._transport.abort()  # lets the client fail at once instead of waiting
            return
        self._task = None
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            self._advance()
        else:
            self._transport.close()

    def _refuse(self, status: int) -> None:
        if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(Response(status, [("connection", "close")]))
        self._transport.close()

    def _send(self, response: Response, *, with_body: bool = True) -> None:
        headers = [*response.headers, ("content-length", str(len(response.body)))]
        self._write(h11.Response(status_code=response.status, headers=headers))
        if with_body:
            self._write(h11.Data(data=response.body))
        self._write(h11.EndOfMessage())

    def _write(self, event: h11.Event) -> None:
        if data := self._h11.send(event):
            self._transport.write(data)
