"""An emulator, and a peer that calls it without this project's client."""

import functools
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.v1 import ErrorDetail
from zitadel_grpc.testing import Emulator

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
API_SCOPE = "openid urn:zitadel:iam:org:project:id:zitadel:aud"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a gRPC call."""

    code: grpc.StatusCode
    details: str | None
    error_id: str | None
    response: Any
    trailers: dict[str, Any]


class Peer:
    """Plain grpc.aio and httpx2, with explicit metadata."""

    def __init__(self, zitadel: Emulator, http: httpx2.AsyncClient, channel: grpc.aio.Channel) -> None:
        self.zitadel = zitadel
        self.http = http
        self.channel = channel

    def assertion(
        self,
        *,
        key: str | None = None,
        algorithm: str = "RS256",
        headers: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Signs an assertion of the first service user with these changes. Claims of None are omitted."""
        key_file, now = self.zitadel.key_file, int(time.time())
        user_id = key_file["userId"]
        right = {"iss": user_id, "sub": user_id, "aud": self.zitadel.issuer, "iat": now, "exp": now + 3600}
        claims = {name: value for name, value in {**right, **claims}.items() if value is not None}
        header = {"kid": key_file["keyId"]} if headers is None else headers
        return jwt.encode(claims, _private_key(key or key_file["key"]), algorithm, headers=header)

    async def post(self, path: str, form: dict[str, str], **options: Any) -> httpx2.Response:
        return await self.http.post(self.zitadel.url + path, data=form, **options)

    async def request_token(self, scope: str | None = API_SCOPE, **assertion: Any) -> httpx2.Response:
        form = {"grant_type": JWT_BEARER, "assertion": self.assertion(**assertion)}
        return await self.post("/oauth/v2/token", form if scope is None else {**form, "scope": scope})

    async def token(self, scope: str = API_SCOPE) -> str:
        token: str = (await self.request_token(scope)).json()["access_token"]
        return token

    async def call(
        self,
        rpc: str,
        request: Message | bytes = b"",
        response_type: type[Message] | None = None,
        *,
        token: str | None = None,
        metadata: tuple[tuple[str, str], ...] = (),
        seconds: float = 10,
        **options: Any,
    ) -> Outcome:
        """Calls `zitadel.package.Service/Method` and returns the outcome, whether or not it is an error."""
        if token is not None:
            metadata = (("authorization", f"Bearer {token}"), *metadata)
        method: Any = self.channel.unary_unary(
            f"/{rpc}", response_deserializer=response_type.FromString if response_type else None
        )
        packed = request if isinstance(request, bytes) else request.SerializeToString()
        call = method(packed, metadata=metadata, timeout=seconds, **options)
        try:
            response = await call
        except grpc.aio.AioRpcError as error:
            trailers = _dict(error.trailing_metadata())
            return Outcome(error.code(), error.details(), _error_id(trailers), None, trailers)
        return Outcome(grpc.StatusCode.OK, None, None, response, _dict(await call.trailing_metadata()))

    async def manage(self, request: Message, *, token: str | None = None, **options: Any) -> Outcome:
        """Calls the RPC of the Management API to which the request belongs, by default with the PAT."""
        name = request.DESCRIPTOR.name.removesuffix("Request")
        response_type: type[Message] = getattr(management, f"{name}Response")
        rpc = f"zitadel.management.v1.ManagementService/{name}"
        return await self.call(rpc, request, response_type, token=token or self.zitadel.pat, **options)

    async def add_machine(self, user_name: str = "robot", **fields: Any) -> str:
        request = management.AddMachineUserRequest(user_name=user_name, name="Robot", **fields)
        user_id: str = (await self.manage(request)).response.user_id
        return user_id


def _dict(metadata: grpc.aio.Metadata) -> dict[str, Any]:
    """Converts the pairs: in older versions of grpc, keys() returns pairs too, which dict() cannot use."""
    return dict([*metadata])


@functools.cache
def _private_key(pem: str) -> Any:
    return load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)


def _error_id(trailers: dict[str, Any]) -> str | None:
    if (packed := trailers.get("grpc-status-details-bin")) is None:
        return None
    detail = ErrorDetail()
    assert Status.FromString(packed).details[0].Unpack(detail)
    return detail.id


def _trusting(zitadel: Emulator) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=zitadel.root_certificates.decode())


async def _peer(zitadel: Emulator) -> AsyncIterator[Peer]:
    credentials = grpc.ssl_channel_credentials(zitadel.root_certificates)
    async with (
        httpx2.AsyncClient(verify=_trusting(zitadel)) as http,
        grpc.aio.secure_channel(zitadel.url.removeprefix("https://"), credentials) as channel,
    ):
        yield Peer(zitadel, http, channel)


@pytest.fixture(scope="session")
def shared_zitadel() -> Iterator[Emulator]:
    """For tests that do not change its state. It runs in its own thread."""
    with Emulator() as zitadel:
        yield zitadel


@pytest.fixture
async def peer(shared_zitadel: Emulator) -> AsyncIterator[Peer]:
    """A peer of the shared emulator."""
    async for peer in _peer(shared_zitadel):
        yield peer


@pytest.fixture
def zitadel(shared_zitadel: Emulator) -> Iterator[Emulator]:
    """The shared emulator, reset. For tests that change state or inject faults."""
    shared_zitadel.reset()
    yield shared_zitadel
    shared_zitadel.reset()


@pytest.fixture
async def own_peer(zitadel: Emulator) -> AsyncIterator[Peer]:
    """A peer of the emulator for this test."""
    async for peer in _peer(zitadel):
        yield peer
