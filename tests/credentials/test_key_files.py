"""Key files are checked when they are read; what is wrong is named, what is secret is not."""

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


def private_key(made_up_key: KeyData) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(made_up_key["key"].encode(), None)
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
    """What is said of a key file with this content; that it holds nothing of the content is checked here."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(CredentialsError) as refused:
        JwtProfile.from_file(path)
    error = refused.value
    assert error.__context__ is None
    assert error.__cause__ is None
    said = str(error)
    assert str(path) in said
    assert not tells_key(said + repr(error) + "".join(traceback.format_exception(error)), str(text))
    return said


def tells_key(said: str, content: str) -> bool:
    """Whether any longer piece of the content, as every key has them, is in what was said."""
    words = [word for line in content.split("\\n") for word in line.replace('"', " ").split()]
    return any(word[:40] in said for word in words if len(word) >= 40)


@pytest.mark.parametrize("form", [PKCS1, PKCS8], ids=["PKCS1", "PKCS8"])
def test_both_forms_of_a_private_key_are_read(
    made_up_key: KeyData, form: serialization.PrivateFormat
) -> None:
    profile = JwtProfile.from_dict({**made_up_key, "key": pem(private_key(made_up_key), form)})
    assert repr(profile) == "JwtProfile(user_id='user-1')"


def test_a_key_comes_from_a_file_a_text_or_a_dict(made_up_key: KeyData, made_up_file: Path) -> None:
    profiles = [
        JwtProfile.from_file(made_up_file),
        JwtProfile.from_file(str(made_up_file)),
        JwtProfile.from_json(json.dumps(made_up_key)),
        JwtProfile.from_dict(made_up_key),
    ]
    assert {repr(profile) for profile in profiles} == {"JwtProfile(user_id='user-1')"}


def test_white_space_around_the_private_key_does_no_harm(made_up_key: KeyData) -> None:
    JwtProfile.from_dict({**made_up_key, "key": f"\r\n  {made_up_key['key']}\n\n"})


def test_a_byte_order_mark_does_no_harm(made_up_key: KeyData, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(made_up_key), encoding="utf-8-sig")
    JwtProfile.from_file(path)


@pytest.mark.parametrize(
    "when", ["9999-12-31T23:59:59Z", "2999-01-01T00:00:00.123456789+02:00", "2999-01-01"]
)
def test_an_expiration_in_the_future_is_fine(made_up_key: KeyData, when: str) -> None:
    JwtProfile.from_dict({**made_up_key, "expirationDate": when})


def test_a_key_without_expiration_is_fine(made_up_key: KeyData) -> None:
    del (data := dict(made_up_key))["expirationDate"]
    JwtProfile.from_dict(data)


def test_an_expired_key_is_reported_with_its_date(made_up_key: KeyData, tmp_path: Path) -> None:
    data = {**made_up_key, "expirationDate": "2020-02-02T00:00:00Z"}
    said = refusal_of(json.dumps(data), tmp_path / "old.json")
    assert "'expirationDate' 2020-02-02" in said
    assert "create a new key" in said


def test_a_key_that_expires_later_is_reported_when_it_is_used(made_up_key: KeyData) -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    key = KeyFile.from_dict({**made_up_key, "expirationDate": soon.isoformat()}, "serviceaccount")
    assert key.sign("https://issuer")
    wait_until(lambda: datetime.datetime.now(datetime.UTC) > soon)
    with pytest.raises(CredentialsError, match="expired"):
        key.sign("https://issuer")


def test_an_expiration_that_is_not_a_time_is_reported(made_up_key: KeyData, tmp_path: Path) -> None:
    for value in ("tomorrow", 17, ""):
        said = refusal_of(json.dumps({**made_up_key, "expirationDate": value}), tmp_path / "key.json")
        assert "'expirationDate'" in said


def test_an_applications_key_is_not_a_service_users_key(made_up_key: KeyData, tmp_path: Path) -> None:
    application = {**made_up_key, "type": "application", "clientId": "client-1", "appId": "app-1"}
    said = refusal_of(json.dumps(application), tmp_path / "key.json")
    assert "is the key of an application (ApplicationKey)" in said
    assert "it must be the key of a service user (JwtProfile)" in said
    assert repr(ApplicationKey.from_dict(application)) == "ApplicationKey(client_id='client-1')"


def test_a_service_users_key_is_not_an_applications_key(made_up_file: Path) -> None:
    with pytest.raises(CredentialsError, match=r"is the key of a service user \(JwtProfile\)"):
        ApplicationKey.from_file(made_up_file)


@pytest.mark.parametrize("kind", [None, "user", 7, ["serviceaccount"]])
def test_a_file_of_another_type_is_reported(made_up_key: KeyData, tmp_path: Path, kind: object) -> None:
    said = refusal_of(json.dumps({**made_up_key, "type": kind}), tmp_path / "key.json")
    assert "does not have the `type` of a ZITADEL key file" in said


@pytest.mark.parametrize("value", [None, "", "  ", 7], ids=["missing", "empty", "blank", "number"])
@pytest.mark.parametrize("field", ["keyId", "key", "userId"])
def test_a_field_that_is_not_there_is_named(
    made_up_key: KeyData, tmp_path: Path, field: str, value: object
) -> None:
    data: dict[str, object] = {**made_up_key, field: value}
    if value is None:
        del data[field]
    said = refusal_of(json.dumps(data), tmp_path / "key.json")
    assert f"has no {field!r}" in said
    assert "create a key of type JSON" in said


def test_an_encrypted_key_is_reported(made_up_key: KeyData, tmp_path: Path) -> None:
    locked = pem(private_key(made_up_key), encryption=serialization.BestAvailableEncryption(b"secret"))
    said = refusal_of(json.dumps({**made_up_key, "key": locked}), tmp_path / "key.json")
    assert "'key' in" in said
    assert "is encrypted" in said


def test_a_key_that_is_not_rsa_is_reported(made_up_key: KeyData, tmp_path: Path) -> None:
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    said = refusal_of(json.dumps({**made_up_key, "key": curve}), tmp_path / "key.json")
    assert "is not an RSA key" in said


def test_a_public_key_is_reported(made_up_key: KeyData, tmp_path: Path) -> None:
    public = private_key(made_up_key).public_key()
    text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    said = refusal_of(json.dumps({**made_up_key, "key": text.decode()}), tmp_path / "key.json")
    assert "is not a readable PEM private key" in said


@pytest.mark.parametrize("keep", [0.3, 0.98])
def test_a_key_that_was_cut_off_is_reported(made_up_key: KeyData, tmp_path: Path, keep: float) -> None:
    text = made_up_key["key"]
    data = {**made_up_key, "key": text[: int(len(text) * keep)]}
    assert "is not a readable PEM private key" in refusal_of(json.dumps(data), tmp_path / "key.json")


@pytest.mark.parametrize("position", range(40, 1180, 60))
def test_a_key_whose_numbers_were_damaged_is_reported_unless_it_signs_as_before(
    made_up_key: KeyData, tmp_path: Path, position: int
) -> None:
    damaged = {**made_up_key, "key": with_a_bit_flipped(made_up_key["key"], position)}
    signed = None
    with contextlib.suppress(CredentialsError):
        signed = KeyFile.from_dict(damaged, "serviceaccount").sign("https://issuer")
    if signed is None:
        said = refusal_of(json.dumps(damaged), tmp_path / "key.json")
        assert "is damaged" in said or "is not a readable PEM private key" in said
    else:
        public = private_key(made_up_key).public_key()
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


def test_json_that_is_nearly_right_shows_nothing_of_the_key(made_up_key: KeyData, tmp_path: Path) -> None:
    said = refusal_of(json.dumps(made_up_key)[:-1] + ",}", tmp_path / "key.json")
    assert "is not valid JSON (line 1, column" in said


def test_a_missing_file_a_directory_and_a_strange_name_are_reported(tmp_path: Path) -> None:
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
def test_a_file_that_may_not_be_read_is_reported(made_up_file: Path) -> None:
    made_up_file.chmod(0)
    with pytest.raises(CredentialsError, match=r"cannot be read \(Permission denied\)"):
        JwtProfile.from_file(made_up_file)


@pytest.mark.parametrize("given", [None, [], "text", 7])
def test_an_argument_that_is_not_a_dict_is_reported(given: object) -> None:
    with pytest.raises(CredentialsError, match="JSON object, not"):
        JwtProfile.from_dict(given)  # type: ignore[arg-type]
