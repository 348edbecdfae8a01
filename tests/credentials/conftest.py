"""Servers whose responses a test chooses, and keys that no server knows."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.credentials.policies import ChangePolicy
from tests.credentials.servers import Respond, Serve, Server
from tests.credentials.token_requests import TokenFetcher
from zitadel_grpc import ConnectionOptions
from zitadel_grpc.credentials import _refresh_policy


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve(authority: trustme.CA) -> Iterator[Serve]:
    with contextlib.ExitStack() as servers:

        def start(
            respond: Respond,
            *,
            tls: bool = True,
            names: tuple[str, ...] = ("localhost",),
            issuer: trustme.CA | None = None,
            client_ca: trustme.CA | None = None,
        ) -> Server:
            context = None
            if tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                (issuer or authority).issue_cert(*names).configure_cert(context)
                if client_ca is not None:
                    client_ca.configure_trust(context)
                    context.verify_mode = ssl.CERT_REQUIRED
            return servers.enter_context(Server(respond, context))

        yield start


@pytest.fixture
def trusting(authority: trustme.CA) -> ConnectionOptions:
    """Trusts the servers of `serve`."""
    return ConnectionOptions(root_certificates=authority.cert_pem.bytes())


@pytest.fixture
def change_policy(monkeypatch: pytest.MonkeyPatch) -> ChangePolicy:
    def change(**changes: Any) -> None:
        changed = _refresh_policy.DEFAULT._replace(**changes)
        monkeypatch.setattr(_refresh_policy, "DEFAULT", changed)

    return change


@pytest.fixture
def short_holds(change_policy: ChangePolicy) -> None:
    """Errors are raised again without a request for a shorter time than usual."""
    change_policy(refusal_hold=0.2, failure_hold=0.2, request_interval=0.1)


@pytest.fixture(scope="session")
def unknown_key() -> dict[str, str]:
    """A valid key file of a user that no server knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return {
        "type": "serviceaccount",
        "keyId": "key-1",
        "key": key.decode(),
        "expirationDate": "9999-12-31T23:59:59Z",
        "userId": "user-1",
    }


@pytest.fixture
def unknown_key_file(unknown_key: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(unknown_key))
    return path


@pytest.fixture
def fetcher(serve: Serve, trusting: ConnectionOptions, unknown_key: dict[str, str]) -> TokenFetcher:
    return TokenFetcher(serve, trusting, unknown_key)
