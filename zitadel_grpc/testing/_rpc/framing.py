"""gRPC over HTTP/2: message prefixes and trailers."""

from __future__ import annotations

import base64
import struct
import zlib
from urllib.parse import quote

from grpc import StatusCode

from zitadel_grpc.testing._rpc.refusals import Refusal, unimplemented
from zitadel_grpc.testing._wire.messages import Headers, Request, Response

_PREFIX = struct.Struct("!BI")
_MAX_MESSAGE = 4 * 2**20
_GZIP = 16 + zlib.MAX_WBITS
_UNQUOTED = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
_CONTENT_TYPE = ("content-type", "application/grpc")


def is_grpc(request: Request) -> bool:
    """False for gRPC-Web."""
    kind = (request.header("content-type") or "").partition(";")[0].partition("+")[0]
    return kind.strip().lower() == "application/grpc"


def read_message(request: Request) -> bytes:
    """Returns the message of a unary call. Raises Refusal."""
    if len(request.body) < _PREFIX.size:
        raise Refusal(StatusCode.INTERNAL, "the request has no message")
    compressed, size = _PREFIX.unpack_from(request.body)
    if size > _MAX_MESSAGE:
        raise _too_large(size)
    message = request.body[_PREFIX.size : _PREFIX.size + size]
    if len(message) != size:
        raise Refusal(StatusCode.INTERNAL, "the request's message is cut short")
    return _decompress(message, request.header("grpc-encoding")) if compressed else message


def _decompress(message: bytes, encoding: str | None) -> bytes:
    if encoding != "gzip":
        raise unimplemented(f'grpc: Decompressor is not installed for grpc-encoding "{encoding}"')
    unzip = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unzip.decompress(message, _MAX_MESSAGE + 1)
    except zlib.error:
        content = b""
    if len(content) > _MAX_MESSAGE:
        raise Refusal(
            StatusCode.RESOURCE_EXHAUSTED,
            f"grpc: received message after decompression larger than max {_MAX_MESSAGE}",
        )
    if not unzip.eof:
        raise Refusal(StatusCode.INTERNAL, "grpc: failed to decompress the message")
    return content


def _too_large(size: int) -> Refusal:
    return Refusal(
        StatusCode.RESOURCE_EXHAUSTED, f"grpc: received message larger than max ({size} vs. {_MAX_MESSAGE})"
    )


def success(message: bytes, trailers: Headers) -> Response:
    body = _PREFIX.pack(0, len(message)) + message
    return Response(200, [_CONTENT_TYPE], body, [("grpc-status", "0"), *trailers])


def failure(refusal: Refusal, trailers: Headers) -> Response:
    """A trailers-only response."""
    number: int = refusal.code.value[0]
    headers = [
        _CONTENT_TYPE,
        ("grpc-status", str(number)),
        ("grpc-message", quote(refusal.details, safe=_UNQUOTED)),
        *trailers,
    ]
    if refusal.retry_after is not None:
        headers.append(("grpc-retry-pushback-ms", str(round(refusal.retry_after * 1000))))
    if details := refusal.status_details():
        headers.append(("grpc-status-details-bin", base64.b64encode(details).rstrip(b"=").decode()))
    return Response(200, headers)
