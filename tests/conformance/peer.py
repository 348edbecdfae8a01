"""Sends the requests of scenarios with plain grpc.aio and httpx2."""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from urllib.parse import quote_plus, urlsplit

import grpc.aio
import httpx2
import jwt
from google.protobuf import descriptor_pool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status

from tests.conformance.scenario import Step, fill, look_up
from tests.conformance.server import Server
from zitadel_grpc.api.v1 import CredentialsCheckError, ErrorDetail

_TIMEOUT = 20.0


class Peer:
    """Talks to one server and keeps the variables that its responses save.

    Create it with `connected`.
    """

    def __init__(self, server: Server, channel: grpc.aio.Channel, http: httpx2.AsyncClient) -> None:
        self._server = server
        self._channel = channel
        self._http = http
        self.variables: dict[str, Any] = {
            "issuer": server.url,
            "stamp": str(time.time_ns() // 1_000_000),
            "sa_key": server.key_file,
            "sa_id": server.key_file["userId"],
        }

    @classmethod
    @contextlib.asynccontextmanager
    async def connected(cls, server: Server) -> AsyncIterator[Peer]:
        credentials = grpc.ssl_channel_credentials(server.root_certificates)
        context = ssl.create_default_context(cadata=server.root_certificates.decode())
        url = urlsplit(server.url)
        async with (
            grpc.aio.secure_channel(f"{url.hostname}:{url.port or 443}", credentials) as channel,
            httpx2.AsyncClient(base_url=server.url, verify=context, timeout=_TIMEOUT) as http,
        ):
            peer = cls(server, channel, http)
            response = await peer._rpc("zitadel.auth.v1.AuthService/GetMyUser", {})
            assert response["code"] == "OK", f"{server.url} does not accept the PAT: {response}"
            user = response["response"]["user"]
            peer.variables |= {"sa_user": user["userName"], "sa_name": user["machine"]["name"]}
            yield peer

    async def ask(self, step: Step) -> dict[str, Any]:
        """Returns the response in the form of the recorded ones. Raises NotSaved."""
        send = self._rpc if step.kind == "rpc" else self._http_request
        return await send(fill(step.target, self.variables), step.request)

    async def _rpc(self, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
        request_type, response_type = message_types(target)
        message = ParseDict(fill(request.get("request", {}), self.variables), request_type())
        call = self._channel.unary_unary(
            f"/{target}",
            request_serializer=request_type.SerializeToString,
            response_deserializer=response_type.FromString,
        )
        token = self._token(request.get("as", ""))
        metadata = [("authorization", f"Bearer {token}")] if token else []
        metadata += fill(request.get("metadata", {}), self.variables).items()
        try:
            response = await call(message, metadata=metadata, timeout=_TIMEOUT)
        except grpc.aio.AioRpcError as error:
            return _failure(error)
        return {"code": "OK", "response": MessageToDict(response)}

    def _token(self, holder: str) -> str | None:
        match holder:
            case "":
                return self._server.pat
            case "nobody":
                return None
            case "system":
                return _signed("system-user", self._server.url, self._server.system_key, {})
        return str(look_up(holder, self.variables))

    async def _http_request(self, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
        method, _, path = target.partition(" ")
        headers: dict[str, str] = {}
        if "basic" in request:
            client_id, secret = map(quote_plus, fill(request["basic"], self.variables))
            headers["authorization"] = f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"
        if "bearer" in request:
            headers["authorization"] = f"Bearer {look_up(request['bearer'], self.variables)}"
        form = {
            name: self._assertion(value) if isinstance(value, dict) else fill(value, self.variables)
            for name, value in request.get("form", {}).items()
        }
        response = await self._http.request(method, path, headers=headers, data=form or None)
        if not response.content:
            return {"status": response.status_code}
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return {"status": response.status_code, "body": response.json() if is_json else response.text}

    def _assertion(self, wanted: Mapping[str, Any]) -> str:
        """Signs a JWT with a key file, for the issuer. It is valid for an hour."""
        key = look_up(wanted["key"], self.variables)
        if isinstance(key, str):
            key = json.loads(base64.b64decode(key))
        times = {name: wanted[name] for name in ("iat", "exp") if name in wanted}
        subject = key["userId"] if key["type"] == "serviceaccount" else key["clientId"]
        claims = fill(wanted.get("claims", {}), self.variables)
        return _signed(subject, self._server.url, key["key"], claims, key["keyId"], **times)


def _signed(
    subject: str,
    audience: str,
    private_key: str | None,
    claims: Mapping[str, Any],
    key_id: str | None = None,
    iat: int = 0,
    exp: int = 3600,
) -> str:
    now = int(time.time())
    usual = {"iss": subject, "sub": subject, "aud": audience, "iat": now + iat, "exp": now + exp}
    return jwt.encode(
        {**usual, **claims},
        cast(str, private_key),
        algorithm="RS256",
        headers={"kid": key_id} if key_id else None,
    )


def _failure(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    response: dict[str, Any] = {"code": error.code().name, "details": error.details()}
    trailers = error.trailing_metadata()
    if trailers and (status := trailers.get("grpc-status-details-bin")):
        details = Status.FromString(cast(bytes, status)).details
        response["detail_types"] = [detail.type_url.rpartition("/")[2] for detail in details]
        for detail in details:
            for kind in (ErrorDetail, CredentialsCheckError):
                message = kind()
                if detail.Unpack(message):
                    response["error_id"] = message.id
    return response


def message_types(rpc: str) -> tuple[type[Message], type[Message]]:
    """The request and response types of an RPC."""
    service, _, method = rpc.partition("/")
    package, _, name = service.rpartition(".")
    module = importlib.import_module(f"zitadel_grpc.api.{package.removeprefix('zitadel.')}")
    getattr(module, f"{name}Stub")  # loads the file of the service
    descriptor = descriptor_pool.Default().FindServiceByName(service).methods_by_name[method]
    return GetMessageClass(descriptor.input_type), GetMessageClass(descriptor.output_type)
