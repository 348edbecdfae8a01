"""Clients share a token if their ConnectionOptions differ only in fields that token requests do not use."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.credentials import AccessToken

# A valid value of each field that differs from BASE's.
CHANGES: dict[str, Any] = {
    "root_certificates": b"other CAs",
    "certificate_chain": b"another chain",
    "private_key": b"another key",
    "allow_plaintext": True,
    "authority": "zitadel.example",
    "issuer": "https://issuer.example",
    "token_endpoint": "https://issuer.example/token",
    "instance_host": "instance.example",
    "public_host": "public.example",
    "headers": {"x-gateway": "1"},
    "user_agent_suffix": "my-service/1.2",
    "proxy": "http://proxy.example:3128",
    "compression": "gzip",
    "keepalive": 300.0,
    "token_timeout": 5.0,
    "max_request_bytes": 1024,
    "max_response_bytes": 1024,
    "retries": "all",
    "tracing": False,
    "warn_deprecated": True,
    "channel_options": [("grpc.max_metadata_size", 1024)],
}
BASE = ConnectionOptions(
    root_certificates=b"CAs", certificate_chain=b"chain", private_key=b"key", proxy="", tracing=True
)
SCOPES = {field.name: field.metadata.get("scope") for field in dataclasses.fields(ConnectionOptions)}
SHARED = [name for name, scope in SCOPES.items() if scope == "calls" or name == "tracing"]


@pytest.mark.parametrize("name", SCOPES)
def test_every_field_declares_what_uses_it(name: str) -> None:
    assert SCOPES[name] in ("tokens", "calls")
    assert getattr(dataclasses.replace(BASE, **{name: CHANGES[name]}), name) != getattr(BASE, name)


@pytest.mark.parametrize("name", SHARED)
def test_clients_that_differ_only_in_how_calls_are_made_share_a_token_request(name: str) -> None:
    assert _token_requests(BASE, dataclasses.replace(BASE, **{name: CHANGES[name]})) == 1


@pytest.mark.parametrize("name", [name for name in SCOPES if name not in SHARED])
def test_clients_that_differ_in_how_tokens_are_requested_share_no_token(name: str) -> None:
    assert _token_requests(BASE, dataclasses.replace(BASE, **{name: CHANGES[name]})) == 2


def _token_requests(*options: ConnectionOptions) -> int:
    """How many tokens clients with these options and the same credentials request."""
    requests: list[None] = []

    def fetch() -> str:
        requests.append(None)
        return f"token-{len(requests)}"

    credentials = AccessToken(fetch)
    for one in options:
        with Client("https://localhost", credentials, options=one) as client:
            client.access_token()
    return len(requests)
