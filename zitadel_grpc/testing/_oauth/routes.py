"""Routes of the HTTP endpoints, and the headers of all responses."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from zitadel_grpc.testing import _call_log
from zitadel_grpc.testing._oauth import discovery
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.introspection import introspect
from zitadel_grpc.testing._oauth.responses import refusal
from zitadel_grpc.testing._oauth.revocation import revoke
from zitadel_grpc.testing._oauth.token import token
from zitadel_grpc.testing._oauth.userinfo import userinfo
from zitadel_grpc.testing._wire.messages import HangUp, Request, Response
from zitadel_grpc.testing._zitadel import Zitadel

_log = logging.getLogger("zitadel_grpc.testing")

_ROUTES: dict[str, Callable[[Zitadel, Request], Awaitable[Response]]] = {
    "/.well-known/openid-configuration": discovery.discovery,
    "/oauth/v2/keys": discovery.keys,
    "/oauth/v2/token": token,
    "/oauth/v2/introspect": introspect,
    "/oauth/v2/revoke": revoke,
    "/oidc/v1/userinfo": userinfo,
}


async def handle(zitadel: Zitadel, request: Request) -> Response:
    """Handles any HTTP request that is not gRPC."""
    started, outcome, fault = time.perf_counter(), "no response", ""
    try:
        response = await _route(zitadel, request)
        outcome = str(response.status)
        fault = response.body.decode("utf-8", "replace") if response.status >= 400 else ""
    finally:
        seconds = time.perf_counter() - started
        _call_log.log(outcome, f"{request.method} {request.path}", who=None, seconds=seconds, details=fault)
    given = {name.lower() for name, _ in response.headers}
    common = [("date", formatdate(zitadel.store.clock.now(), usegmt=True)), ("cache-control", "no-store")]
    headers = [*response.headers, *((name, value) for name, value in common if name not in given)]
    return Response(response.status, headers, response.body)


async def _route(zitadel: Zitadel, request: Request) -> Response:
    if unknown_instance := zitadel.unknown_instance(request):
        return _text(404, unknown_instance)
    if (route := _ROUTES.get(request.path)) is None:
        return _text(404, "404 page not found")
    try:
        return await route(zitadel, request)
    except OAuthError as error:
        return refusal(error)
    except HangUp:
        raise
    except Exception:
        _log.exception("the emulator failed to handle %s", request.path)
        return _text(500, "the emulator failed; see its log")


def _text(status: int, text: str) -> Response:
    return Response(status, [("content-type", "text/plain; charset=utf-8")], text.encode())
