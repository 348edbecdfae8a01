"""A gRPC service of one's own that answers only those who bring a token of ZITADEL's for its project.

It checks tokens itself: JWTs, signed by the issuer, for this project (audience), not expired. So the
service users who call need the access token type JWT, and a token that was revoked stays good until its end.
For opaque tokens, personal access tokens and revocation, ask ZITADEL instead (introspection, RFC 7662).

    ORDERS_PROJECT_ID=… ORDERS_CERTIFICATE=cert.pem ORDERS_PRIVATE_KEY=key.pem \\
        ZITADEL_API_URL=https://my-instance.zitadel.cloud python examples/two_services/orders.py
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import jwt
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import StringValue

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]
    Context = grpc.aio.ServicerContext[Any, Any]

CALLER: ContextVar[str] = ContextVar("CALLER")


class RequireToken(grpc.aio.ServerInterceptor):
    """Refuses calls without a good token; tells the others' handler who calls."""

    def __init__(self, issuer: str, project_id: str, ca_file: str | None) -> None:
        self._issuer = issuer
        self._project_id = project_id
        trusted = ssl.create_default_context(cafile=ca_file)
        self._keys = jwt.PyJWKClient(f"{issuer}/oauth/v2/keys", timeout=5, ssl_context=trusted)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        metadata = dict(handler_call_details.invocation_metadata)
        scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
        try:
            if scheme != "Bearer":
                raise jwt.InvalidTokenError("no bearer token")
            claims = await asyncio.to_thread(self._verified, token)  # may fetch the issuer's keys
        except jwt.PyJWKClientConnectionError:
            return refusal(grpc.StatusCode.UNAVAILABLE, "the issuer's keys cannot be had")
        except jwt.PyJWTError as error:
            return refusal(grpc.StatusCode.UNAUTHENTICATED, str(error))
        CALLER.set(claims["sub"])
        return await continuation(handler_call_details)

    def _verified(self, token: str) -> dict[str, Any]:
        key = self._keys.get_signing_key_from_jwt(token)
        return jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=self._project_id,
            issuer=self._issuer,
            options={"require": ["exp", "sub"]},
        )


def refusal(code: grpc.StatusCode, text: str) -> Handler:
    async def refuse(request: Any, context: Context) -> None:
        await context.abort(code, text)

    return grpc.unary_unary_rpc_method_handler(refuse)


async def get_order(request: StringValue, context: Context) -> Struct:
    order = Struct()
    order.update({"id": request.value, "state": "shipped", "asked_by": CALLER.get()})
    return order


async def serve(port: int, credentials: grpc.ServerCredentials, check: RequireToken) -> None:
    server = grpc.aio.server(interceptors=[check])
    # Well-known types and a generic handler, so that this example needs no generated stubs.
    method = grpc.unary_unary_rpc_method_handler(
        get_order, request_deserializer=StringValue.FromString, response_serializer=Struct.SerializeToString
    )
    service = grpc.method_handlers_generic_handler("orders.v1.OrderService", {"GetOrder": method})
    server.add_generic_rpc_handlers([service])
    port = server.add_secure_port(f"localhost:{port}", credentials)
    await server.start()
    print(f"https://localhost:{port}", flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(grace=5)


def main() -> None:
    certificate = Path(os.environ["ORDERS_CERTIFICATE"]).read_bytes()
    private_key = Path(os.environ["ORDERS_PRIVATE_KEY"]).read_bytes()
    check = RequireToken(
        os.environ["ZITADEL_API_URL"], os.environ["ORDERS_PROJECT_ID"], os.environ.get("ZITADEL_CA_FILE")
    )
    port = int(os.environ.get("ORDERS_PORT", "0"))
    asyncio.run(serve(port, grpc.ssl_server_credentials([(private_key, certificate)]), check))


if __name__ == "__main__":
    main()
