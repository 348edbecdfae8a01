"""An HTTP/2 connection (RFC 9113): h2 implements the protocol, this class does the I/O."""

from __future__ import annotations

import asyncio
import logging
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from zitadel_grpc.testing._wire.messages import Handler, HangUp, Headers, Request, Response

_MAX_CONCURRENT_STREAMS = 250  # the limit of Go's server, and so of ZITADEL
# Bytes of a body that are kept: a gRPC message of 4 MiB with its prefix. Larger messages are refused because
# of the size in their prefix.
_MAX_BODY = 4 * 2**20 + 5

_log = logging.getLogger("zitadel_grpc.testing")


class _H2(H2Connection):
    """Limits the memory of closed streams, for connections with many thousand calls."""

    MAX_CLOSED_STREAMS = 1000


class Http2Connection(asyncio.Protocol):
    """Reads whole requests and responds to each in its own task."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        # Go's server does not validate headers either. With validation, h2 closes the connection for
        # "Bearer " without a token.
        self._h2 = _H2(
            H2Configuration(
                client_side=False,
                header_encoding=None,
                validate_inbound_headers=False,
                validate_outbound_headers=False,
            )
        )
        self._headers: dict[int, Headers] = {}
        self._bodies: dict[int, bytearray] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._writable = asyncio.Event()
        self._writable.set()
        self._window_opened = asyncio.Event()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: _MAX_CONCURRENT_STREAMS})
        self._h2.initiate_connection()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        for task in self._tasks.values():
            task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def go_away(self) -> None:
        """Sends GOAWAY and closes the connection."""
        if not self._transport.is_closing():
            self._h2.close_connection()
            self._flush()
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:
            self._flush()  # sends the GOAWAY with the reason
            self._transport.close()
            return
        for event in events:
            self._on(event)
        self._flush()

    def _on(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(stream), headers=headers):
                self._headers[stream] = [(_text(name), _text(value)) for name, value in headers]
                self._bodies[stream] = bytearray()
            case DataReceived(stream_id=int(stream), data=data, flow_controlled_length=int(size)):
                self._h2.acknowledge_received_data(size, stream)
                if (body := self._bodies.get(stream)) is not None:
                    body += data[: _MAX_BODY - len(body)]
            case StreamEnded(stream_id=int(stream)) if stream in self._bodies:
                self._start(stream)
            case StreamReset(stream_id=int(stream)):
                self._forget(stream)
            case WindowUpdated() | RemoteSettingsChanged():
                self._window_opened.set()
            case ConnectionTerminated():
                self._transport.close()

    def _start(self, stream: int) -> None:
        headers = self._headers.pop(stream)
        special = dict(headers)
        request = Request(
            method=special.get(":method", ""),
            target=special.get(":path", ""),
            authority=special.get(":authority") or special.get("host", ""),
            headers=headers,
            body=bytes(self._bodies.pop(stream)),
        )
        task = asyncio.create_task(self._respond(stream, request))
        self._tasks[stream] = task
        task.add_done_callback(lambda _: self._tasks.pop(stream, None))

    def _forget(self, stream: int) -> None:
        self._headers.pop(stream, None)
        self._bodies.pop(stream, None)
        if task := self._tasks.pop(stream, None):
            task.cancel()

    async def _respond(self, stream: int, request: Request) -> None:
        try:
            response = await self._handler(request)
            await self._send(stream, response, with_body=request.method != "HEAD")
        except HangUp:
            self._transport.abort()
        except ProtocolError:
            pass  # the peer has closed the stream or the connection
        except Exception:
            _log.exception("cannot send a response to %s", request.path)
            self._transport.abort()  # lets the client fail at once instead of waiting

    async def _send(self, stream: int, response: Response, *, with_body: bool) -> None:
        body, trailers = memoryview(response.body if with_body else b""), response.trailers
        head = [(":status", str(response.status)), *response.headers]
        self._h2.send_headers(stream, head, end_stream=not body and not trailers)
        while body:
            await self._writable.wait()
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._window_opened.clear()
                self._flush()
                await self._window_opened.wait()
                continue
            chunk, body = body[:room], body[room:]
            self._h2.send_data(stream, bytes(chunk), end_stream=not body and not trailers)
        if trailers:
            self._h2.send_headers(stream, trailers, end_stream=True)
        self._flush()

    def _flush(self) -> None:
        if (data := self._h2.data_to_send()) and not self._transport.is_closing():
            self._transport.write(data)


def _text(header: bytes | str) -> str:
    """Decodes a header, which may be any bytes. h2's annotations allow str too."""
    return header.decode("utf-8", "replace") if isinstance(header, bytes) else header
