"""Key files are checked when they are read. Errors name what is wrong and quote no secret."""

from __future__ import annotations

import base64
import contextlib
import datetime
import functools
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.credentials.caches import wait_until
from zitadel_grpc.credentials import ApplicationKey, JwtProfile, PersonalAccessToken, SystemUser
from zitadel_grpc.credentials._key_file import KeyFile
from zitadel_grpc.errors import CredentialsError

PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8
KeyData = dict[str, str]


def private_key(unknown_key: KeyData) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(unknown_key["key"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    form: serialization.PrivateFormat = PKCS8,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> str:
    encryption = encryption or serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def refusal_of(text: str | bytes, path: Path) -> str:
    """Returns the error for a key file with this content, and checks that it does not quote the content."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(CredentialsError) as refused:
        JwtProfile.from_file(path)
    error = refused.value
    assert error.__context__ is None
    assert error.__cause__ is None
    message = str(error)
    assert str(path) in message
    assert not quotes_key(message + repr(error) + "".join(traceback.format_exception(error)), str(text))
    return message


def quotes_key(message: str, content: str) -> bool:
    """Whether the message contains a long piece of the content; every key has long pieces."""
    words = [word for line in content.split("\\n") for word in line.replace('"', " ").split()]
    return any(word[:40] in message for word in words if len(word) >= 40)


@pytest.mark.parametrize("form", [PKCS1, PKCS8], ids=["PKCS1", "PKCS8"])
def test_both_forms_of_a_private_key_are_read(
    unknown_key: KeyData, form: serialization.PrivateFormat
) -> None:
    profile = JwtProfile.from_dict({**unknown_key, "key": pem(private_key(unknown_key), form)})
    assert repr(profile) == "JwtProfile(user_id='user-1')"


def test_a_key_is_read_from_a_file_a_str_or_a_dict(unknown_key: KeyData, unknown_key_file: Path) -> None:
    profiles = [
        JwtProfile.from_file(unknown_key_file),
        JwtProfile.from_file(str(unknown_key_file)),
        JwtProfile.from_json(json.dumps(unknown_key)),
        JwtProfile.from_dict(unknown_key),
    ]
    assert {repr(profile) for profile in profiles} == {"JwtProfile(user_id='user-1')"}


def test_whitespace_around_the_private_key_is_ignored(unknown_key: KeyData) -> None:
    JwtProfile.from_dict({**unknown_key, "key": f"\r\n  {unknown_key['key']}\n\n"})


def test_a_byte_order_mark_is_ignored(unknown_key: KeyData, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(unknown_key), encoding="utf-8-sig")
    JwtProfile.from_file(path)


@pytest.mark.parametrize(
    "when", ["9999-12-31T23:59:59Z", "2999-01-01T00:00:00.123456789+02:00", "2999-01-01"]
)
def test_an_expiration_in_the_future_is_accepted(unknown_key: KeyData, when: str) -> None:
    JwtProfile.from_dict({**unknown_key, "expirationDate": when})


def test_a_key_without_expiration_is_accepted(unknown_key: KeyData) -> None:
    del (data := dict(unknown_key))["expirationDate"]
    JwtProfile.from_dict(data)


def test_an_expired_key_is_reported_with_its_date(unknown_key: KeyData, tmp_path: Path) -> None:
    data = {**unknown_key, "expirationDate": "2020-02-02T00:00:00Z"}
    message = refusal_of(json.dumps(data), tmp_path / "old.json")
    assert "'expirationDate' 2020-02-02" in message
    assert "create a new key" in message


def test_a_key_that_expires_later_is_reported_on_use(unknown_key: KeyData) -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    key = KeyFile.from_dict({**unknown_key, "expirationDate": soon.isoformat()}, "serviceaccount")
    assert key.sign("https://issuer")
    wait_until(lambda: datetime.datetime.now(datetime.UTC) > soon)
    with pytest.raises(CredentialsError, match="expired"):
        key.sign("https://issuer")


def test_an_expiration_that_is_not_a_time_is_reported(unknown_key: KeyData, tmp_path: Path) -> None:
    for value in ("tomorrow", 17, ""):
        message = refusal_of(json.dumps({**unknown_key, "expirationDate": value}), tmp_path / "key.json")
        assert "'expirationDate'" in message


def test_an_applications_key_is_not_a_service_users_key(unknown_key: KeyData, tmp_path: Path) -> None:
    application = {**unknown_key, "type": "application", "clientId": "client-1", "appId": "app-1"}
    message = refusal_of(json.dumps(application), tmp_path / "key.json")
    assert "is the key of an application (ApplicationKey)" in message
    assert "it must be the key of a service user (JwtProfile)" in message
    assert repr(ApplicationKey.from_dict(application)) == "ApplicationKey(client_id='client-1')"


def test_a_service_users_key_is_not_an_applications_key(unknown_key_file: Path) -> None:
    with pytest.raises(CredentialsError, match=r"is the key of a service user \(JwtProfile\)"):
        ApplicationKey.from_file(unknown_key_file)


@pytest.mark.parametrize("kind", [None, "user", 7, ["serviceaccount"]])
def test_a_file_of_another_type_is_reported(unknown_key: KeyData, tmp_path: Path, kind: object) -> None:
    message = refusal_of(json.dumps({**unknown_key, "type": kind}), tmp_path / "key.json")
    assert "does not have the `type` of a ZITADEL key file" in message


@pytest.mark.parametrize("value", [None, "", "  ", 7], ids=["missing", "empty", "blank", "number"])
@pytest.mark.parametrize("field", ["keyId", "key", "userId"])
def test_a_missing_field_is_named(unknown_key: KeyData, tmp_path: Path, field: str, value: object) -> None:
    data: dict[str, object] = {**unknown_key, field: value}
    if value is None:
        del data[field]
    message = refusal_of(json.dumps(data), tmp_path / "key.json")
    assert f"has no {field!r}" in message
    assert "create a key of type JSON" in message


def test_an_encrypted_key_is_reported(unknown_key: KeyData, tmp_path: Path) -> None:
    locked = pem(private_key(unknown_key), encryption=serialization.BestAvailableEncryption(b"secret"))
    message = refusal_of(json.dumps({**unknown_key, "key": locked}), tmp_path / "key.json")
    assert "'key' in" in message
    assert "is encrypted" in message


def test_a_key_that_is_not_rsa_is_reported(unknown_key: KeyData, tmp_path: Path) -> None:
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    message = refusal_of(json.dumps({**unknown_key, "key": curve}), tmp_path / "key.json")
    assert "is not an RSA key" in message


def test_a_public_key_is_reported(unknown_key: KeyData, tmp_path: Path) -> None:
    public = private_key(unknown_key).public_key()
    text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    message = refusal_of(json.dumps({**unknown_key, "key": text.decode()}), tmp_path / "key.json")
    assert "is not a readable PEM private key" in message


@pytest.mark.parametrize("keep", [0.3, 0.98])
def test_a_truncated_key_is_reported(unknown_key: KeyData, tmp_path: Path, keep: float) -> None:
    text = unknown_key["key"]
    data = {**unknown_key, "key": text[: int(len(text) * keep)]}
    assert "is not a readable PEM private key" in refusal_of(json.dumps(data), tmp_path / "key.json")


@pytest.mark.parametrize("position", range(40, 1180, 60))
def test_a_damaged_key_is_reported_unless_its_signatures_are_valid(
    unknown_key: KeyData, tmp_path: Path, position: int
) -> None:
    damaged = {**unknown_key, "key": with_a_bit_flipped(unknown_key["key"], position)}
    signed = None
    with contextlib.suppress(CredentialsError):
        signed = KeyFile.from_dict(damaged, "serviceaccount").sign("https://issuer")
    if signed is None:
        message = refusal_of(json.dumps(damaged), tmp_path / "key.json")
        assert "is damaged" in message or "is not a readable PEM private key" in message
    else:
        public = private_key(unknown_key).public_key()
        jwt.decode(signed, public, algorithms=["RS256"], audience="https://issuer")


def with_a_bit_flipped(text: str, position: int) -> str:
    head, *body, foot = text.strip().splitlines()
    der = bytearray(base64.b64decode("".join(body)))
    der[position % len(der)] ^= 1
    return "\n".join([head, base64.b64encode(der).decode(), foot])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not valid JSON (line 1, column 1)"),
        ("{", "not valid JSON (line 1, column 2)"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA" + "A" * 48,
            "is only the PEM key, without its id and user",
        ),
        ("[" * 50_000, "not valid JSON"),
        ("9" * 6_000, "not valid JSON"),
        ("[]", "not a JSON object"),
        ("7", "not a JSON object"),
        (b"\xff\xfe\x00\xd8\x00", "is not text"),
        (b" " * 70_000, "is larger than 65536 bytes"),
    ],
    ids=["empty", "cut off", "PEM", "deep", "long number", "list", "text", "binary", "huge"],
)
def test_a_file_that_is_not_a_key_file_is_reported(tmp_path: Path, text: str | bytes, fault: str) -> None:
    assert fault in refusal_of(text, tmp_path / "key.json")


def test_the_error_for_nearly_valid_json_does_not_quote_the_key(unknown_key: KeyData, tmp_path: Path) -> None:
    message = refusal_of(json.dumps(unknown_key)[:-1] + ",}", tmp_path / "key.json")
    assert "is not valid JSON (line 1, column" in message


def test_a_missing_file_a_directory_and_an_invalid_name_are_reported(tmp_path: Path) -> None:
    for path, fault in (
        (tmp_path / "nowhere.json", "cannot be read (No such file"),
        (tmp_path, "cannot be read (Is a directory"),
        (tmp_path / "a\0b", "is not a valid path"),
    ):
        readers: list[Callable[[Path], object]] = [
            JwtProfile.from_file,
            ApplicationKey.from_file,
            PersonalAccessToken.from_file,
            functools.partial(SystemUser.from_file, "system-user"),
        ]
        for read in readers:
            with pytest.raises(CredentialsError) as refused:
                read(path)
            assert ("\0" in str(path)) or str(path) in str(refused.value)
            assert fault in str(refused.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_reported(unknown_key_file: Path) -> None:
    unknown_key_file.chmod(0)
    with pytest.raises(CredentialsError, match=r"cannot be read \(Permission denied\)"):
        JwtProfile.from_file(unknown_key_file)


@pytest.mark.parametrize("given", [None, [], "text", 7])
def test_an_argument_that_is_not_a_dict_is_reported(given: object) -> None:
    with pytest.raises(CredentialsError, match="JSON object, not"):
        JwtProfile.from_dict(given)  # type: ignore[arg-type]
