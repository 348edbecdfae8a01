"""Authenticates applications that introspect, exchange or revoke tokens."""

from __future__ import annotations

import hmac

from zitadel_grpc.testing import _assertions
from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._oauth.forms import client_credentials
from zitadel_grpc.testing._state.applications import Application
from zitadel_grpc.testing._state.resources import State
from zitadel_grpc.testing._wire.messages import Request
from zitadel_grpc.testing._zitadel import Zitadel

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class NoAssertion(Exception):
    """The client assertion is not a JWT."""


def authenticate(zitadel: Zitadel, request: Request, form: dict[str, str]) -> Application | None:
    """Authenticates a client by its secret or private_key_jwt (RFC 7523 §2.2); returns None if that fails.

    Raises OAuthError if the request names no client, NoAssertion if the client assertion is not a JWT.
    """
    if form.get("client_assertion_type") == _ASSERTION_TYPE or form.get("client_assertion"):
        client = _by_assertion(zitadel, form.get("client_assertion", ""))
    elif credentials := client_credentials(request, form):
        client = _by_secret(zitadel, *credentials)
    else:
        raise OAuthError("invalid_request", "client_id or client_assertion must be provided")
    return client if client and client.state is State.ACTIVE else None


def _by_secret(zitadel: Zitadel, client_id: str, secret: str) -> Application | None:
    client = zitadel.store.client(client_id)
    if client is None or client.secret is None:
        return None
    return client if hmac.compare_digest(client.secret.encode(), secret.encode()) else None


def _by_assertion(zitadel: Zitadel, assertion: str) -> Application | None:
    if assertion.count(".") != 2:
        raise NoAssertion
    store = zitadel.store

    def key_of(client_id: str, key_id: str | None) -> bytes | None:
        client, key = store.client(client_id), store.application_keys.get(key_id or "")
        if client is None or key is None or key.application_id != client.id:
            return None
        return key.public_key if key.expiration_date > store.clock.datetime() else None

    client_id = _assertions.verify(assertion, issuer=zitadel.issuer.url, now=store.clock.now(), key_of=key_of)
    return store.client(client_id) if client_id else None
