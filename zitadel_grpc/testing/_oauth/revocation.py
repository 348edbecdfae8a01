"""Revocation (RFC 7009)."""

from __future__ import annotations

from zitadel_grpc.testing._oauth import clients
from zitadel_grpc.testing._oauth.bearers import bearer_of
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.forms import form_of
from zitadel_grpc.testing._wire.messages import Request, Response
from zitadel_grpc.testing._zitadel import Zitadel


async def revoke(zitadel: Zitadel, request: Request) -> Response:
    """ZITADEL lets clients revoke tokens of their own logins. The emulator issues no such tokens."""
    form = form_of(request)
    try:
        client = clients.authenticate(zitadel, request, form)
    except clients.NoAssertion:
        client = None
    if client is None:
        raise OAuthError("invalid_client", "client not found")
    if bearer_of(zitadel.store, form.get("token", "")):
        raise OAuthError("invalid_client", "token was not issued for this client", status=401)
    return Response(200, [])
