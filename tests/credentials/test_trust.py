"""Trusted certificates are the same for token requests and calls, and the authority names the server."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.credentials.caches import cache_of, token
from tests.credentials.servers import Serve, issue_tokens
from zitadel_grpc import Client, ConnectionOptions, _trust
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import ClientCredentials, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import ConfigurationError, TokenEndpointError, Unavailable
from zitadel_grpc.testing import Emulator

SECRET = ClientCredentials("id", "secret")
VARIABLES = ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def works(url: str, key: JwtProfile, options: ConnectionOptions) -> bool:
    """A token by HTTP and a call by gRPC."""
    with Client(url, key, options=options) as client:
        return bool(client.management.GetMyOrg(GetMyOrgRequest()).org.id)


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_ca_file_of_the_environment_is_trusted_for_tokens_and_calls(
    emulator: Emulator, key: JwtProfile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    (file := tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    monkeypatch.setenv(variable, str(file))
    assert works(emulator.url, key, ConnectionOptions())


def test_the_variable_of_grpc_overrides_that_of_openssl(
    emulator: Emulator, key: JwtProfile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "ca.pem").write_bytes(emulator.root_certificates)
    (other := tmp_path / "other.pem").write_bytes(trustme.CA().cert_pem.bytes())
    monkeypatch.setenv(VARIABLES[0], str(file))
    monkeypatch.setenv(VARIABLES[1], str(other))
    assert works(emulator.url, key, ConnectionOptions())


def test_a_ca_outside_the_system_store_is_not_trusted(emulator: Emulator, key: JwtProfile) -> None:
    with pytest.raises(TokenEndpointError, match="root_certificates"):
        token(cache_of(key, emulator.url))
    with (
        Client(emulator.url, PersonalAccessToken(emulator.pat)) as client,
        pytest.raises(Unavailable),
    ):
        client.management.GetMyOrg(GetMyOrgRequest())
    assert emulator.token_requests == 0


def test_without_any_setting_a_ca_bundle_is_found() -> None:
    assert _trust.root_certificates(ConnectionOptions()).count(b"BEGIN CERTIFICATE") > 20
    assert _trust.ssl_context(ConnectionOptions()).cert_store_stats()["x509_ca"] > 20


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("content", [None, b"", b"no PEM"], ids=["missing", "empty", "rubbish"])
def test_a_file_that_cannot_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: bytes | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(variable, str(file))
    with pytest.raises(ConfigurationError) as refused:
        _trust.ssl_context(ConnectionOptions())
    assert (variable if content is None else "no readable PEM certificate") in str(refused.value)


def damaged(pem: bytes) -> dict[str, bytes]:
    head, *body, tail = pem.strip().split(b"\n")
    return {
        "no certificate": b"no PEM",
        "lines are missing": b"\n".join([head, *body[:-2], tail]),
        "not base64": pem.replace(body[1], b"*" * len(body[1])),
        "not DER": b"\n".join([head, b"bm8gREVS", tail]),
        "the second is damaged": pem + b"\n".join([head, *body[:-2], tail]),
    }


@pytest.mark.parametrize("form", damaged(trustme.CA().cert_pem.bytes()))
def test_damaged_ca_certificates_are_reported_before_a_call_is_sent(emulator: Emulator, form: str) -> None:
    options = ConnectionOptions(root_certificates=damaged(emulator.root_certificates)[form])
    with (
        Client(emulator.url, PersonalAccessToken(emulator.pat), options=options) as client,
        pytest.raises(ConfigurationError, match="no readable PEM certificate"),
    ):
        client.management.GetMyOrg(GetMyOrgRequest())


def test_ca_files_can_have_comments_in_any_script(serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(issue_tokens())
    commented = "# Straße, 証明書\n".encode() + (trusting.root_certificates or b"")
    options = dataclasses.replace(trusting, root_certificates=commented)
    assert token(cache_of(SECRET, server.url, options)) == "token-1"


def other_forms(pem: bytes) -> dict[str, bytes]:
    """A CA file as people have it."""
    text = pem.decode()
    lines = text.split("\n")
    return {
        "byte order mark": b"\xef\xbb\xbf" + pem,
        "CRLF": text.replace("\n", "\r\n").encode(),
        "CR": text.replace("\n", "\r").encode(),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-be"),
        "text around": f"Bag Attributes\n  größe: 1\n{text}subject=CN = x\n{text}\n-----BEGIN".encode(),
        "indented": "\n".join(f"    {line}  " for line in lines).encode(),
        "on one line": "".join(lines).encode(),
        "without a line end between": (text.strip() + text.strip()).encode(),
        "old label": text.replace("CERTIFICATE", "X509 CERTIFICATE").encode(),
        "DER": ssl.PEM_cert_to_DER_cert(text),
    }


FORMS = list(other_forms(trustme.CA().cert_pem.bytes()))


@pytest.mark.parametrize("form", FORMS)
def test_a_ca_file_is_read_the_same_for_tokens_and_calls(
    emulator: Emulator, key: JwtProfile, form: str
) -> None:
    roots = other_forms(emulator.root_certificates)[form]
    assert works(emulator.url, key, ConnectionOptions(root_certificates=roots))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variable", VARIABLES)
def test_a_ca_file_of_the_environment_is_read_the_same_for_tokens_and_calls(
    emulator: Emulator,
    key: JwtProfile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    variable: str,
) -> None:
    (file := tmp_path / "ca.pem").write_bytes(other_forms(emulator.root_certificates)[form])
    monkeypatch.setenv(variable, str(file))
    assert works(emulator.url, key, ConnectionOptions())


@pytest.mark.parametrize("form", FORMS)
def test_the_ca_file_of_a_client_from_the_environment_is_read_the_same(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    (file := tmp_path / "ca.pem").write_bytes(other_forms(emulator.root_certificates)[form])
    monkeypatch.setenv("ZITADEL_API_URL", emulator.url)
    monkeypatch.setenv("ZITADEL_SERVICE_USER_TOKEN", emulator.pat)
    monkeypatch.setenv("ZITADEL_CA_FILE", str(file))
    with Client.from_env() as client:
        assert client.management.GetMyOrg(GetMyOrgRequest()).org.id


@pytest.fixture
def intermediate(authority: trustme.CA) -> trustme.CA:
    return authority.create_child_ca()


@pytest.fixture
def grpc_server(intermediate: trustme.CA) -> Iterator[int]:
    """The port of a gRPC server whose certificate the intermediate CA signed."""
    certificate = intermediate.issue_cert("localhost")
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.so_reuseport", 0)])
    pair = (certificate.private_key_pem.bytes(), chain)
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    yield port
    server.stop(None).wait()


def test_an_intermediate_alone_is_enough_for_tokens_and_calls(
    intermediate: trustme.CA, grpc_server: int, serve: Serve
) -> None:
    options = ConnectionOptions(root_certificates=intermediate.cert_pem.bytes())
    server = serve(issue_tokens(), issuer=intermediate)
    assert token(cache_of(SECRET, server.url, options)) == "token-1"
    credentials = grpc.ssl_channel_credentials(_trust.root_certificates(options))
    with grpc.secure_channel(f"localhost:{grpc_server}", credentials) as channel:
        grpc.channel_ready_future(channel).result(10)


def client_certificate(ca: trustme.CA) -> dict[str, bytes]:
    made = ca.issue_cert("client@example.com")
    return {
        "certificate_chain": made.cert_chain_pems[0].bytes(),
        "private_key": made.private_key_pem.bytes(),
    }


def test_a_client_certificate_is_sent_if_the_server_requests_it(
    serve: Serve, trusting: ConnectionOptions
) -> None:
    clients = trustme.CA()
    server = serve(issue_tokens(), client_ca=clients)
    options = dataclasses.replace(trusting, **client_certificate(clients))  # type: ignore[arg-type]
    assert token(cache_of(SECRET, server.url, options)) == "token-1"


def test_a_missing_client_certificate_is_reported(serve: Serve, trusting: ConnectionOptions) -> None:
    server = serve(issue_tokens(), client_ca=trustme.CA())
    with pytest.raises(TokenEndpointError, match=r"ConnectionOptions\(certificate_chain=…, private_key=…\)"):
        token(cache_of(SECRET, server.url, trusting))
    assert not server.requests


def test_a_client_certificate_that_cannot_be_used_is_reported(trusting: ConnectionOptions) -> None:
    one, other = client_certificate(trustme.CA()), client_certificate(trustme.CA())
    key = serialization.load_pem_private_key(one["private_key"], None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    for private_key in (other["private_key"], locked, b"no PEM"):
        options = dataclasses.replace(
            trusting, certificate_chain=one["certificate_chain"], private_key=private_key
        )
        with pytest.raises(ConfigurationError, match="certificate_chain and private_key are not a readable"):
            _trust.ssl_context(options)


def test_the_authority_is_the_name_in_requests(
    emulator: Emulator, key: JwtProfile, options: ConnectionOptions
) -> None:
    known_as = emulator.url.removeprefix("https://")
    dialled = emulator.url.replace("localhost", "127.0.0.1")
    assert works(dialled, key, dataclasses.replace(options, authority=known_as))


def test_the_authority_is_in_the_host_header_and_in_the_certificate_check(
    serve: Serve, trusting: ConnectionOptions
) -> None:
    server = serve(issue_tokens(), names=("id.example.com",))
    dialled = f"https://127.0.0.1:{server.port}"
    options = dataclasses.replace(trusting, authority="id.example.com:8443")
    assert token(cache_of(SECRET, dialled, options)) == "token-1"
    assert server.asked_names == ["id.example.com"]
    assert server.requests[0].headers["host"] == "id.example.com:8443"


def test_plaintext_never_goes_to_a_proxy(
    serve: Serve, trusting: ConnectionOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = serve(issue_tokens(), tls=False), serve(issue_tokens(), tls=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    assert token(cache_of(SECRET, server.url, trusting)) == "token-1"
    assert (len(server.requests), len(proxy.requests)) == (1, 0)
