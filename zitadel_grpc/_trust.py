"""Finds the trusted CAs: the same ones for token requests and for calls.

gRPC has its own list, and HTTP clients use the system's. If only one of them knew a company's CA, token
requests would work and calls would fail, or the other way round.
"""

from __future__ import annotations

import functools
import os
import re
import ssl

from zitadel_grpc import _compat, _file_content
from zitadel_grpc._misplaced import shown_path
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc.errors import ConfigurationError

_OVERRIDES = ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE")
_CERTIFICATE = re.compile(r"-----BEGIN ((?:X509 )?CERTIFICATE)-----([^-]*)-----END \1-----")
_LARGEST_FILE = 1 << 24  # bytes
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)


def root_certificates(options: ConnectionOptions) -> bytes:
    """The trusted CAs in PEM that both gRPC and OpenSSL can read. Raises ConfigurationError if the file that
    an environment variable names cannot be read or contains no certificate."""
    if options.root_certificates is not None:
        return certificates(options.root_certificates)
    return _default_roots(tuple(os.environ.get(name) for name in _OVERRIDES))


def source(options: ConnectionOptions) -> str:
    """Where the trusted CAs come from, for error messages."""
    if options.root_certificates is not None:
        return "ConnectionOptions(root_certificates=…), or ZITADEL_CA_FILE"
    for name in _OVERRIDES:
        if path := os.environ.get(name):
            return f"{shown_path(path)}, named by {name}"
    bundle = _system_bundle()
    return f"{bundle}, the system's bundle" if bundle else "the list in grpcio"


def read_file(path: str, variable: str) -> bytes:
    """The CA file that an environment variable names. Raises ConfigurationError if it cannot be read or
    contains no certificate."""
    content, problem = b"", "contains no readable PEM certificate"
    try:
        content, _ = _file_content.read(path, _LARGEST_FILE)
    except TimeoutError:
        problem = f"is a pipe and delivered nothing within {_file_content.PIPE_TIMEOUT:g} s"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    if len(content) > _LARGEST_FILE:
        problem = f"is larger than {_LARGEST_FILE} bytes"
    elif certificates(content):
        return content
    # Outside of `except`: the OSError contains the path, which may be a secret.
    raise ConfigurationError(f"{variable}: {shown_path(path)} {problem}")


@functools.lru_cache(maxsize=4)
def _default_roots(overrides: tuple[str | None, ...]) -> bytes:
    for name, path in zip(_OVERRIDES, overrides, strict=True):
        if path:
            return certificates(read_file(path, name))
    if bundle := _system_bundle():
        return _file_content.read(bundle, _LARGEST_FILE)[0]
    packaged = _compat.packaged_root_certificates()
    if packaged is None:
        raise ConfigurationError(
            "no CA bundle found on this system; pass ConnectionOptions(root_certificates=…)"
        )
    return packaged


def _system_bundle() -> str | None:
    bundles = (ssl.get_default_verify_paths().cafile, *_SYSTEM_BUNDLES)
    return next((bundle for bundle in bundles if bundle and _file_content.is_file(bundle)), None)


@functools.lru_cache(maxsize=8)
def certificates(file: bytes) -> bytes:
    """The certificates in a file, as plain PEM; empty if there are none.

    OpenSSL and gRPC's BoringSSL accept different deviations from PEM. This removes all of them: a byte order
    mark, UTF-16, other line ends, indentation and text between certificates (RFC 7468 §2). A single
    certificate may be DER.
    """
    if file.startswith(b"\x30\x82"):
        return ssl.DER_cert_to_PEM_cert(file).encode()
    text = file.replace(b"\0", b"").decode("ascii", "ignore")  # in UTF-16, every other byte of ASCII is 0
    return "".join(
        f"-----BEGIN CERTIFICATE-----\n{_lines(''.join(body.split()))}-----END CERTIFICATE-----\n"
        for _, body in _CERTIFICATE.findall(text)
    ).encode()


def _lines(base64: str) -> str:
    return "".join(f"{base64[start : start + 64]}\n" for start in range(0, len(base64), 64))


def ssl_context(options: ConnectionOptions) -> ssl.SSLContext:
    """The TLS settings of token requests. Raises ConfigurationError if the PEM cannot be read."""
    return _ssl_context(root_certificates(options), options.certificate_chain, options.private_key)


# Cached: parsing a whole CA bundle holds the GIL, and so delays calls, for milliseconds.
@functools.lru_cache(maxsize=8)
def _ssl_context(roots: bytes, chain: bytes | None, key: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Like gRPC, trust every given certificate, even an intermediate or the server's own.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(
            cadata=roots.decode("ascii", "ignore")
        )  # comments may contain any character
    except (ssl.SSLError, ValueError):
        raise ConfigurationError(
            "root_certificates (or the file that the environment names) contains no readable PEM certificate"
        ) from None
    if chain is not None and key is not None:
        _load_pair(context, chain + b"\n" + key)
    return context


def _load_pair(context: ssl.SSLContext, pair: bytes) -> None:
    import tempfile  # imported here: few programs need it, and it would slow down the start of all
    from pathlib import Path

    try:
        # ssl can only read them from a file. Its directory is private and removed at once.
        with tempfile.TemporaryDirectory() as directory:
            pem = Path(directory, "client.pem")
            pem.touch(mode=0o600)
            pem.write_bytes(pair)
            context.load_cert_chain(pem, password=lambda: "")
    except ssl.SSLError:
        raise ConfigurationError(
            "certificate_chain and private_key are not a readable PEM pair (encrypted keys are not supported)"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"cannot write a temporary file for the client certificate: {error.strerror or error}"
        ) from None
