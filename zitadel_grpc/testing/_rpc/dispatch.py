"""Handles a call in ZITADEL's order: instance, authentication, permission, validation, implementation."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
import uuid
from dataclasses import dataclass, replace

from google.protobuf.message import DecodeError, Message
from grpc import StatusCode

from zitadel_grpc import catalog, validation
from zitadel_grpc.testing._rpc import framing, permissions, services
from zitadel_grpc.testing._rpc.authentication import authenticate
from zitadel_grpc.testing._rpc.refusals import Refusal, unimplemented
from zitadel_grpc.testing._wire.messages import Request, Response
from zitadel_grpc.testing._zitadel import RecordedCall, Zitadel

_log = logging.getLogger("zitadel_grpc.testing")
_LISTS = ("List", "Search")


@dataclass(slots=True)
class _Known:
    """Fields of the recorded call that are known only after decoding and authentication."""

    message: Message | None = None
    user_id: str | None = None


async def handle(zitadel: Zitadel, request: Request) -> Response:
    """Handles a gRPC call and records it."""
    started, known = time.perf_counter(), _Known()
    rpc = request.path.removeprefix("/")
    service, _, method = rpc.partition("/")
    if method and catalog.get(rpc) is None and _is_v2(service) and _is_known(service):
        # ZITADEL serves each method of its v2 services with an HTTP handler.
        return Response(404, [("content-type", "text/plain; charset=utf-8")], b"404 page not found")
    # ZITADEL's v2 services send this trailer.
    trailers = [("x-request-id", uuid.uuid4().hex)] if _is_v2(service) else []
    code, details = StatusCode.CANCELLED, ""
    zitadel.in_progress += 1
    try:
        message = await _perform(zitadel, request, rpc, known)
        code = StatusCode.OK
        return framing.success(message, trailers)
    except Refusal as refusal:
        code, details = refusal.code, refusal.details
        return framing.failure(refusal, trailers)
    except Exception:
        _log.exception("the emulator failed to handle %s", rpc)
        code, details = StatusCode.INTERNAL, "the emulator failed; see its log"
        return framing.failure(Refusal(code, details), trailers)
    finally:
        zitadel.in_progress -= 1
        seconds = time.perf_counter() - started
        zitadel.record(
            RecordedCall(rpc, code, details, _without_secrets(request), known.message, known.user_id, seconds)
        )


async def _perform(zitadel: Zitadel, request: Request, rpc: str, known: _Known) -> bytes:
    service, _, name = rpc.partition("/")
    if (entry := catalog.get(rpc)) is None:
        raise unimplemented(
            f"unknown method {name} for service {service}"
            if _is_known(service)
            else f"unknown service {service}"
        )
    if unknown_instance := zitadel.unknown_instance(request):
        raise Refusal(StatusCode.NOT_FOUND, unknown_instance)
    if zitadel.faults.latency:
        await asyncio.sleep(zitadel.faults.latency)
    if failure := zitadel.faults._next_failure(rpc):
        raise Refusal(failure.code, failure.details, failure.error_id, retry_after=failure.retry_after)
    message = known.message = _decode(services.request_type(service, name), framing.read_message(request))
    call = _authorized(zitadel, request, entry, message, known)
    for violation in validation.violations(message):
        raise Refusal(StatusCode.INVALID_ARGUMENT, str(violation))
    if (implementation := services.find(service, name)) is None:
        raise unimplemented(f"method {name} not implemented by the emulator")
    if name.startswith(_LISTS):
        call = replace(call, zitadel=zitadel.projected)
    response = implementation(call, message)
    if inspect.isawaitable(response):
        response = await response
    return response.SerializeToString()


def _decode(request_type: type[Message], message: bytes) -> Message:
    try:
        return request_type.FromString(message)
    except DecodeError:
        raise Refusal(StatusCode.INTERNAL, "grpc: error unmarshalling request") from None


def _authorized(
    zitadel: Zitadel, request: Request, rpc: catalog.Rpc, message: Message, known: _Known
) -> services.Call:
    if not rpc.permission:
        return services.Call(zitadel, None, "")
    caller = authenticate(zitadel, request, rpc.full_name)
    known.user_id = caller.user_id
    organization_id = permissions.organization_of(zitadel.store, caller, request)
    if rpc.permission != permissions.AUTHENTICATED:
        permissions.require(zitadel.projected.store, caller, organization_id, rpc.permission, message)
    return services.Call(zitadel, caller, organization_id)


def _is_v2(service: str) -> bool:
    return not service.rpartition(".")[0].endswith(".v1")


def _is_known(service: str) -> bool:
    return any(rpc.full_name.startswith(f"{service}/") for rpc in catalog.rpcs())


def _without_secrets(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _scheme_of(value) if name.endswith("authorization") or name == "cookie" else value)
        for name, value in request.headers
        if not name.startswith(":")
    )


def _scheme_of(authorization: str) -> str:
    """Returns the scheme only. A value without a scheme may be a token."""
    scheme, space, _ = authorization.partition(" ")
    return f"{scheme} …" if space and "=" not in scheme else "…"
