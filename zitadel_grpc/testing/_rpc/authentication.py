"""Finds the caller of an RPC by its authorization metadata."""

from __future__ import annotations

from dataclasses import dataclass

from zitadel_grpc.testing import _assertions
from zitadel_grpc.testing._rpc.refusals import permission_denied, unauthenticated
from zitadel_grpc.testing._state.users import UserState
from zitadel_grpc.testing._wire.messages import Request
from zitadel_grpc.testing._zitadel import Zitadel

_SYSTEM_API = "zitadel.system."


@dataclass(frozen=True, slots=True)
class Caller:
    """`resource_owner` is the user's organization; System API users have none."""

    user_id: str
    resource_owner: str
    is_system_user: bool = False


def authenticate(zitadel: Zitadel, request: Request, rpc: str) -> Caller:
    """Raises the same Refusal for every invalid token, whatever is wrong with it."""
    values = [value for name, value in request.headers if name == "authorization"]
    if not values:
        raise unauthenticated("auth header missing")
    scheme, _, token = values[0].partition(" ")
    if scheme != "Bearer":
        raise unauthenticated("invalid auth header", "AUTH-toLo1")
    caller = _caller(zitadel, token) if len(values) == 1 else None
    if caller is None or (rpc.startswith(_SYSTEM_API) and not caller.is_system_user):
        raise unauthenticated("Errors.Token.Invalid", "AUTH-7fs1e")
    return caller


def _caller(zitadel: Zitadel, token: str) -> Caller | None:
    store = zitadel.store
    if (pat := store.personal_access_tokens.get(token)) is not None:
        ended = pat.revoked or pat.expiration_date <= store.clock.datetime()
        return None if ended else _active_user(zitadel, pat.user_id)
    if (access := store.access_tokens.get(token)) is not None:
        if access.expires_at <= store.clock.now() or store.instance.project_id not in access.audience:
            return None
        if access.actor_id is not None:
            raise permission_denied("Errors.TokenExchange.Token.NotForAPI", "APP-Shi0J")
        return _active_user(zitadel, access.user_id)
    return _system_user(zitadel, token)


def _active_user(zitadel: Zitadel, user_id: str) -> Caller | None:
    user = zitadel.store.users.get(user_id)
    return Caller(user.id, user.details.resource_owner) if user and user.state is UserState.ACTIVE else None


def _system_user(zitadel: Zitadel, token: str) -> Caller | None:
    store = zitadel.store
    user_id = _assertions.verify(
        token,
        issuer=zitadel.issuer.url,
        now=store.clock.now(),
        key_of=lambda subject, _: store.system_users.get(subject),
    )
    return Caller(user_id, "", is_system_user=True) if user_id else None
