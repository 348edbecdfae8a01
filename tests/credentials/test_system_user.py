"""System users: tokens that the client signs itself."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.credentials.caches import cache_of, token
from zitadel_grpc import Client, ConnectionOptions
from zitadel_grpc.api.system.v1 import ListInstancesRequest
from zitadel_grpc.credentials import SystemUser
from zitadel_grpc.errors import CredentialsError
from zitadel_grpc.testing import Emulator


def test_the_system_api_accepts_the_token(emulator: Emulator, options: ConnectionOptions) -> None:
    with Client(emulator.url, SystemUser("system-user", emulator.system_key), options=options) as client:
        assert client.system.ListInstances(ListInstancesRequest()).result
    assert emulator.token_requests == 0


def test_the_token_is_a_short_lived_jwt_signed_by_the_user(unknown_key: dict[str, str]) -> None:
    private = load_pem_private_key(unknown_key["key"].encode(), None)
    assert isinstance(private, RSAPrivateKey)
    signed = token(cache_of(SystemUser("admin", unknown_key["key"].encode()), "https://Id.Example.com:443/"))
    claims = jwt.decode(signed, private.public_key(), algorithms=["RS256"], audience="https://id.example.com")
    assert (claims["iss"], claims["sub"]) == ("admin", "admin")
    assert claims["iat"] <= time.time() - 30
    assert 300 < claims["exp"] - time.time() <= 3600
    assert jwt.get_unverified_header(signed) == {"alg": "RS256", "typ": "JWT"}


def test_a_refused_token_is_signed_again(unknown_key: dict[str, str]) -> None:
    cache = cache_of(SystemUser("admin", unknown_key["key"]))
    assert cache.refused(cache.wait(10))
    assert cache.wait(10)


def test_a_rotated_key_file_is_used_for_the_next_token(
    unknown_key: dict[str, str], emulator: Emulator, tmp_path: Path
) -> None:
    (file := tmp_path / "system.pem").write_text(unknown_key["key"])
    cache = cache_of(SystemUser.from_file("system-user", file), emulator.url)
    before = token(cache)
    file.write_text(emulator.system_key)
    cache.refused(f"Bearer {before}")
    private = load_pem_private_key(emulator.system_key.encode(), None)
    assert isinstance(private, RSAPrivateKey)
    jwt.decode(token(cache), private.public_key(), algorithms=["RS256"], audience=emulator.url)


def test_invalid_arguments_are_reported(unknown_key: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="user_id is empty"):
        SystemUser("", unknown_key["key"])
    with pytest.raises(CredentialsError, match="the system user's private key is not a readable PEM"):
        SystemUser("admin", "no key")
    (file := tmp_path / "system.pem").write_text("no key")
    with pytest.raises(CredentialsError, match="is not a readable PEM") as refused:
        SystemUser.from_file("admin", file)
    assert str(file) in str(refused.value)
