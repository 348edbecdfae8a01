"""Introspection (RFC 7662)."""

from __future__ import annotations

from zitadel_grpc.testing._oauth import clients
from zitadel_grpc.testing._oauth.bearers import Bearer, bearer_of
from zitadel_grpc.testing._oauth.claims import ROLE_SCOPE, Claims, user_claims
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.forms import form_of
from zitadel_grpc.testing._oauth.responses import json_response
from zitadel_grpc.testing._state.applications import Application
from zitadel_grpc.testing._state.projects import Project
from zitadel_grpc.testing._wire.messages import Request, Response
from zitadel_grpc.testing._zitadel import Zitadel


async def introspect(zitadel: Zitadel, request: Request) -> Response:
    form = form_of(request)
    try:
        client = clients.authenticate(zitadel, request, form)
    except clients.NoAssertion:
        return _INACTIVE
    if not form.get("token"):
        raise OAuthError("invalid_request", "token missing")
    if client is None:
        raise OAuthError("unauthorized_client")
    project = zitadel.store.projects[client.project_id]
    bearer = bearer_of(zitadel.store, form["token"])
    if bearer is None or not (bearer.is_personal or project.id in bearer.audience):
        return _INACTIVE
    return json_response(200, _active(zitadel, bearer, client, project))


_INACTIVE = json_response(200, {"active": False})


def _active(zitadel: Zitadel, bearer: Bearer, client: Application, project: Project) -> Claims:
    scopes, audience = bearer.scopes, list(bearer.audience)
    if bearer.is_personal:
        scopes = (*scopes, *(f"{ROLE_SCOPE}{role}" for role in project.roles))
        audience = [client.client_id, project.id]
    claims: Claims = {
        "active": True,
        "aud": audience,
        "exp": int(bearer.expires_at),
        "iat": int(bearer.issued_at),
        "iss": zitadel.issuer.url,
        "jti": bearer.id,
        "nbf": int(bearer.issued_at),
        "scope": " ".join(scopes),
        "sub": bearer.user.id,
        "token_type": "Bearer",
    }
    if bearer.client_id:
        claims["client_id"] = bearer.client_id
    if bearer.auth_time:
        claims["auth_time"] = int(bearer.auth_time)
    if bearer.actor_id:
        claims["act"] = {"iss": zitadel.issuer.url, "sub": bearer.actor_id}
    claims |= user_claims(
        zitadel.store, bearer.user, scopes, project_id=project.id, role_assertion=project.role_assertion
    )
    if "preferred_username" in claims:
        claims["username"] = claims["preferred_username"]
    return claims
