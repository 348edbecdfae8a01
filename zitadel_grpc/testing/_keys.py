"""RSA keys for signing tokens and assertions, and key files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from zitadel_grpc.testing._state.applications import ApplicationKey
from zitadel_grpc.testing._state.users import MachineKey


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """An RSA key pair with 2048 bits. Generating one takes about 50 ms of CPU."""

    private: rsa.RSAPrivateKey

    @classmethod
    def generate(cls) -> KeyPair:
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def private_pem(self) -> bytes:
        """PKCS #1, as in ZITADEL's key files."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def service_user_key_file(pair: KeyPair, key: MachineKey) -> dict[str, str]:
    """The content of a service user's key file."""
    return {
        "type": "serviceaccount",
        "keyId": key.id,
        "key": pair.private_pem.decode(),
        "expirationDate": key.expiration_date.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "userId": key.user_id,
    }


def application_key_file(pair: KeyPair, key: ApplicationKey, client_id: str) -> dict[str, str]:
    """The content of an application's key file."""
    return {
        "type": "application",
        "keyId": key.id,
        "key": pair.private_pem.decode(),
        "appId": key.application_id,
        "clientId": client_id,
    }


@lru_cache(maxsize=256)
def load_public_key(pem: bytes) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem)
    assert isinstance(key, rsa.RSAPublicKey)
    return key
