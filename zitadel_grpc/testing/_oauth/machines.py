"""Issues access tokens to service users, for all grants."""

from __future__ import annotations

from collections.abc import Sequence

from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._state.tokens import AccessToken
from zitadel_grpc.testing._state.users import AccessTokenType, Machine, User, UserState
from zitadel_grpc.testing._tokens import audience_of
from zitadel_grpc.testing._zitadel import Zitadel


def token_for(zitadel: Zitadel, user: User, scopes: Sequence[str]) -> AccessToken:
    """Issues an opaque token or a JWT, as set for the user. Raises OAuthError for inactive users."""
    if user.state is not UserState.ACTIVE:
        raise OAuthError("invalid_request", "Errors.User.NotActive")
    return zitadel.issuer.access_token(
        zitadel.store,
        user,
        client_id=user.user_name,
        scopes=scopes,
        audience=audience_of(scopes, zitadel.store.instance.project_id),
        lifetime=zitadel.faults.token_lifetime,
        as_jwt=isinstance(user.kind, Machine) and user.kind.access_token_type is AccessTokenType.JWT,
    )
