"""Token exchange (RFC 8693) and impersonation."""

from __future__ import annotations

from collections.abc import Sequence

from zitadel_grpc.testing._oauth import clients
from zitadel_grpc.testing._oauth.bearers import Bearer, bearer_of
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._rpc.permissions import permissions_of_member
from zitadel_grpc.testing._state.applications import Application
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._state.users import User
from zitadel_grpc.testing._wire.messages import Request
from zitadel_grpc.testing._zitadel import Zitadel

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ISSUED_TYPE = "urn:ietf:params:oauth:token-type:access_token"
_JWT = "urn:ietf:params:oauth:token-type:jwt"
_USER_ID = "urn:zitadel:params:oauth:token-type:user_id"
_IMPERSONATION = {"impersonation", "admin.impersonation"}
_GRANT_NUMBER = 4  # OIDC_GRANT_TYPE_TOKEN_EXCHANGE


def grant(zitadel: Zitadel, request: Request, form: dict[str, str]) -> AccessToken:
    client = _client(zitadel, request, form)
    requested = form.get("requested_token_type") or ISSUED_TYPE
    if requested not in (ISSUED_TYPE, _JWT):
        raise OAuthError("invalid_request", "requested_token_type is not supported")
    actor = None
    if form.get("actor_token"):
        actor = _shown(zitadel, client, form, "actor_token")
    if form.get("subject_token_type") == _USER_ID:
        user, source = _impersonated(zitadel, form, actor), actor
    else:
        source = _shown(zitadel, client, form, "subject_token")
        user = source.user
    assert source is not None  # impersonation needs an actor
    return zitadel.issuer.access_token(
        zitadel.store,
        user,
        client_id=client.client_id,
        scopes=form.get("scope", "").split() or source.scopes,
        audience=_audience(form, source),
        lifetime=zitadel.faults.token_lifetime,
        as_jwt=requested == _JWT,
        actor_id=actor.user.id if actor else None,
        is_exchanged=True,
    )


def _client(zitadel: Zitadel, request: Request, form: dict[str, str]) -> Application:
    try:
        client = clients.authenticate(zitadel, request, form)
    except clients.NoAssertion:
        client = None
    if client is None or client.oidc is None:
        raise OAuthError("invalid_client", "client not found")
    if _GRANT_NUMBER not in client.oidc.grant_types:
        raise OAuthError("unauthorized_client", f"grant type {GRANT_TYPE} not allowed")
    return client


def _shown(zitadel: Zitadel, client: Application, form: dict[str, str], name: str) -> Bearer:
    """Looks up the subject's or actor's token, whose audience must contain the client's project."""
    if form.get(f"{name}_type") not in (ISSUED_TYPE, _JWT):
        raise OAuthError("invalid_request", f"{name}_type is not supported")
    bearer = bearer_of(zitadel.store, form.get(name, ""))
    if bearer is None or not (bearer.is_personal or client.project_id in bearer.audience):
        raise OAuthError("invalid_request", f"{name} invalid")
    return bearer


def _impersonated(zitadel: Zitadel, form: dict[str, str], actor: Bearer | None) -> User:
    store = zitadel.store
    user = store.users.get(form.get("subject_token", ""))
    if user is None:
        raise OAuthError("invalid_request", "subject_token invalid")
    if actor is None:
        raise OAuthError("invalid_request", "actor_token required for impersonation")
    if not store.instance.security.enable_impersonation:
        raise OAuthError("access_denied", "Errors.TokenExchange.Impersonation.PolicyDisabled")
    in_reach = (store.instance.id, user.details.resource_owner)
    allowed = any(
        _IMPERSONATION & permissions_of_member(member)
        for member in store.memberships(actor.user.id)
        if member.resource_id in in_reach
    )
    if not allowed:
        raise OAuthError("access_denied", "No matching permissions found")
    return user


def _audience(form: dict[str, str], source: Bearer) -> Sequence[str]:
    return [form["audience"]] if form.get("audience") else source.audience
