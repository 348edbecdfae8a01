"""A gRPC echo service over TLS, with every kind of method."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
import trustme
from google.protobuf.wrappers_pb2 import StringValue

SERVICE = "test.Echo"
Metadata = list[tuple[str, Any]]


class EchoStub:
    """A stub as protoc generates it."""

    def __init__(self, channel: Any) -> None:
        for kind in ("unary_unary", "unary_stream", "stream_unary", "stream_stream"):
            method = getattr(channel, kind)(
                f"/{SERVICE}/{kind}",
                request_serializer=StringValue.SerializeToString,
                response_deserializer=StringValue.FromString,
                _registered_method=True,
            )
            setattr(self, kind, method)

    unary_unary: Any
    unary_stream: Any
    stream_unary: Any
    stream_stream: Any


class EchoServer:
    """Each method responds with its requests. `received` has the metadata of each call."""

    def __init__(
        self,
        *,
        client_ca: trustme.CA | None = None,
        name: str = "localhost",
        plaintext: bool = False,
        largest: int = 4 * 1024 * 1024,
    ) -> None:
        self._authority = trustme.CA()
        self.root_certificates = self._authority.cert_pem.bytes()
        self.received: list[Metadata] = []
        self._lock = threading.Lock()
        self._server = grpc.server(
            ThreadPoolExecutor(4),
            options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", largest)],
        )
        handlers = {
            kind: getattr(grpc, f"{kind}_rpc_method_handler")(
                getattr(self, f"_{kind}"), StringValue.FromString, StringValue.SerializeToString
            )
            for kind in ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        certificate = self._authority.issue_cert(name)
        pair = certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes()
        trusted = client_ca.cert_pem.bytes() if client_ca else None
        if plaintext:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            tls = grpc.ssl_server_credentials([pair], trusted, client_ca is not None)
            self.port = self._server.add_secure_port("127.0.0.1:0", tls)
        self.url = f"{'http' if plaintext else 'https'}://localhost:{self.port}"
        self.target = f"localhost:{self.port}"

    def __enter__(self) -> EchoServer:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait(10)

    def values(self, name: str) -> list[list[Any]]:
        """The values of a metadata key, of each call."""
        return [[value for key, value in metadata if key == name] for metadata in self.received]

    def _note(self, context: grpc.ServicerContext) -> None:
        with self._lock:
            self.received.append(list(context.invocation_metadata()))

    def _unary_unary(self, request: StringValue, context: grpc.ServicerContext) -> StringValue:
        self._note(context)
        return request

    def _unary_stream(self, request: StringValue, context: grpc.ServicerContext) -> Iterator[StringValue]:
        self._note(context)
        yield from (StringValue(value=letter) for letter in request.value)

    def _stream_unary(self, requests: Iterator[StringValue], context: grpc.ServicerContext) -> StringValue:
        self._note(context)
        return StringValue(value="".join(request.value for request in requests))

    def _stream_stream(
        self, requests: Iterator[StringValue], context: grpc.ServicerContext
    ) -> Iterator[StringValue]:
        self._note(context)
        yield from requests


async def letters_async(text: str) -> AsyncIterator[StringValue]:
    for letter in text:
        yield StringValue(value=letter)


def letters(text: str) -> Iterator[StringValue]:
    return (StringValue(value=letter) for letter in text)
