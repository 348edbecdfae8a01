"""The token endpoint (RFC 6749 §3.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from zitadel_grpc.testing._oauth import client_credentials, jwt_profile, token_exchange
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.forms import form_of
from zitadel_grpc.testing._oauth.responses import json_response
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._wire.messages import HangUp, Request, Response
from zitadel_grpc.testing._zitadel import Zitadel

Grant = Callable[[Zitadel, Request, dict[str, str]], AccessToken]

_GRANTS: dict[str, Grant] = {
    jwt_profile.GRANT_TYPE: jwt_profile.grant,
    client_credentials.GRANT_TYPE: client_credentials.grant,
    token_exchange.GRANT_TYPE: token_exchange.grant,
}
_NOT_EMULATED = frozenset(
    (
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    )
)


async def token(zitadel: Zitadel, request: Request) -> Response:
    zitadel.token_requests += 1
    if fault := await _fault(zitadel):
        return fault
    form = form_of(request)
    grant_type = form.get("grant_type")
    if not grant_type:
        raise OAuthError("invalid_request", "grant_type missing")
    if grant_type in _NOT_EMULATED:
        raise OAuthError(
            "unsupported_grant_type", f"{grant_type} is not implemented by the emulator", status=501
        )
    if (grant := _GRANTS.get(grant_type)) is None:
        raise OAuthError("unsupported_grant_type", f"{grant_type} not supported")
    return _success(zitadel, grant(zitadel.projected, request, form))


def _success(zitadel: Zitadel, granted: AccessToken) -> Response:
    body: dict[str, object] = {
        "access_token": granted.value,
        "token_type": "Bearer",
        # ZITADEL subtracts the time since the issue and rounds down.
        "expires_in": max(0, int(granted.expires_at - granted.issued_at) - 1),
    }
    if granted.is_exchanged:
        body |= {"issued_token_type": token_exchange.ISSUED_TYPE, "scope": " ".join(granted.scopes)}
    if "openid" in granted.scopes:
        body["id_token"] = zitadel.issuer.id_token(granted)
    return json_response(200, body)


async def _fault(zitadel: Zitadel) -> Response | None:
    faults = zitadel.faults.token_endpoint
    if faults.delay:
        await asyncio.sleep(faults.delay)
    if faults.silent:
        await asyncio.Event().wait()
    if faults.down:
        raise HangUp
    if response := faults._next_response():
        return Response(response.status, list(response.headers.items()), response.body)
    return None
