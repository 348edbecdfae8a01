"""The client credentials grant (RFC 6749 §4.4), with a service user's name and secret."""

from __future__ import annotations

import hmac

from zitadel_grpc.testing._oauth import forms
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.machines import token_for
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._state.users import Machine
from zitadel_grpc.testing._wire.messages import Request
from zitadel_grpc.testing._zitadel import Zitadel

GRANT_TYPE = "client_credentials"


def grant(zitadel: Zitadel, request: Request, form: dict[str, str]) -> AccessToken:
    if (credentials := forms.client_credentials(request, form)) is None:
        raise OAuthError("invalid_request", "client_id or client_assertion must be provided")
    client_id, secret = credentials
    user = zitadel.store.user_by_name(client_id)
    if user is None or not isinstance(user.kind, Machine):
        raise OAuthError("invalid_client", "client not found")
    if user.kind.secret is None:
        raise OAuthError("invalid_request", "Errors.User.Machine.Secret.NotExisting")
    if not hmac.compare_digest(user.kind.secret.encode(), secret.encode()):
        raise OAuthError("invalid_request", "Errors.User.Machine.Secret.Invalid")
    return token_for(zitadel, user, form.get("scope", "").split())
