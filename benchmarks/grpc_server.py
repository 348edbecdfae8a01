"""A TLS server that responds to GetMyOrg as fast as grpc.aio can. It checks no token and decodes nothing."""

import asyncio
import json
import signal
from typing import Any

import grpc
import grpc.aio
import trustme

from zitadel_grpc.api.management.v1 import GetMyOrgResponse
from zitadel_grpc.api.org.v1 import Org


async def serve() -> None:
    org = Org(id="231534545345345345", name="ZITADEL", primary_domain="zitadel.localhost")
    response = GetMyOrgResponse(org=org).SerializeToString()

    async def get_my_org(request: bytes, context: object) -> bytes:
        return response

    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    handler: dict[str, Any] = {"GetMyOrg": grpc.unary_unary_rpc_method_handler(get_my_org)}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("zitadel.management.v1.ManagementService", handler)]
    )
    port = server.add_secure_port(
        "localhost:0", grpc.ssl_server_credentials([(certificate.private_key_pem.bytes(), chain)])
    )
    await server.start()
    info = {"target": f"localhost:{port}", "ca": authority.cert_pem.bytes().decode()}
    print(json.dumps(info), flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(None)


if __name__ == "__main__":
    asyncio.run(serve())
