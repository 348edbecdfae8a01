"""Userinfo (OpenID Connect Core §5.3)."""

from __future__ import annotations

from zitadel_grpc.testing._oauth.bearers import bearer_of
from zitadel_grpc.testing._oauth.claims import user_claims
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.forms import form_of
from zitadel_grpc.testing._oauth.responses import json_response
from zitadel_grpc.testing._wire.messages import Request, Response
from zitadel_grpc.testing._zitadel import Zitadel


async def userinfo(zitadel: Zitadel, request: Request) -> Response:
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        token = form_of(request).get("access_token", "")
    store = zitadel.store
    if (bearer := bearer_of(store, token)) is None:
        raise OAuthError("access_denied", "access token invalid", status=401)
    client = store.client(bearer.client_id or "")
    project = store.projects.get(client.project_id) if client else None
    claims = user_claims(
        store,
        bearer.user,
        bearer.scopes,
        project_id=project.id if project else None,
        role_assertion=bool(project and project.role_assertion),
    )
    return json_response(200, {"sub": bearer.user.id, **claims})
