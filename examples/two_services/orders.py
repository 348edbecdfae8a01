"""A gRPC service that accepts only calls with a ZITADEL token for its project.

It sends each token to ZITADEL's introspection endpoint (RFC 7662), authenticated as the project's API
application by its key file. It accepts all kinds of tokens (opaque, JWT, personal access token) and rejects
revoked ones. This costs one request per call; a busy service would cache the result for some seconds.

    ORDERS_KEY_PATH=application-key.json ORDERS_CERTIFICATE=cert.pem ORDERS_PRIVATE_KEY=key.pem \\
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
import httpx2
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import StringValue

from zitadel_grpc.credentials import ApplicationKey

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]
    Context = grpc.aio.ServicerContext[Any, Any]

CALLER: ContextVar[str] = ContextVar("CALLER")


class RequireToken(grpc.aio.ServerInterceptor):
    """Rejects calls without a valid token, and passes the caller's id to the handlers of the others."""

    def __init__(self, issuer: str, application: ApplicationKey, http: httpx2.AsyncClient) -> None:
        self._issuer = issuer
        self._application = application
        self._http = http

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        metadata = dict(handler_call_details.invocation_metadata)
        scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
        if scheme != "Bearer" or not token:
            return rejection(grpc.StatusCode.UNAUTHENTICATED, "a bearer token is required")
        try:
            caller = await self._caller(token)
        except httpx2.HTTPError:
            return rejection(grpc.StatusCode.UNAVAILABLE, "the token cannot be checked at the moment")
        if caller is None:
            return rejection(grpc.StatusCode.UNAUTHENTICATED, "the token is not valid for this service")
        CALLER.set(caller)
        return await continuation(handler_call_details)

    async def _caller(self, token: str) -> str | None:
        """The user id, or None if the token is not active or not for this project."""
        authentication = self._application.authenticate(self._issuer)
        form = {"token": token, **(authentication.form or {})}
        response = await self._http.post(f"{self._issuer}/oauth/v2/introspect", data=form)
        token_info = response.raise_for_status().json()
        return str(token_info["sub"]) if token_info.get("active") else None


def rejection(code: grpc.StatusCode, text: str) -> Handler:
    async def reject(request: Any, context: Context) -> None:
        await context.abort(code, text)

    return grpc.unary_unary_rpc_method_handler(reject)


async def get_order(request: StringValue, context: Context) -> Struct:
    order = Struct()
    order.update({"id": request.value, "state": "shipped", "requested_by": CALLER.get()})
    return order


async def serve(port: int, tls: grpc.ServerCredentials, trusted: ssl.SSLContext) -> None:
    # Well-known types and a generic handler: this example needs no generated stubs.
    method = grpc.unary_unary_rpc_method_handler(
        get_order, request_deserializer=StringValue.FromString, response_serializer=Struct.SerializeToString
    )
    service = grpc.method_handlers_generic_handler("orders.v1.OrderService", {"GetOrder": method})
    application = ApplicationKey.from_file(os.environ["ORDERS_KEY_PATH"])
    async with httpx2.AsyncClient(verify=trusted, timeout=5) as http:
        check = RequireToken(os.environ["ZITADEL_API_URL"], application, http)
        server = grpc.aio.server(interceptors=[check])
        server.add_generic_rpc_handlers([service])
        port = server.add_secure_port(f"localhost:{port}", tls)
        await server.start()
        print(f"https://localhost:{port}", flush=True)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await server.stop(grace=5)


def main() -> None:
    certificate = Path(os.environ["ORDERS_CERTIFICATE"]).read_bytes()
    private_key = Path(os.environ["ORDERS_PRIVATE_KEY"]).read_bytes()
    tls = grpc.ssl_server_credentials([(private_key, certificate)])
    trusted = ssl.create_default_context(cafile=os.environ.get("ZITADEL_CA_FILE"))
    asyncio.run(serve(int(os.environ.get("ORDERS_PORT", "0")), tls, trusted))


if __name__ == "__main__":
    main()
