"""A service that calls `orders.py` with its own token, obtained with its key file and renewed automatically.

    ORDERS_URL=https://localhost:8443 ORDERS_PROJECT_ID=… ZITADEL_KEY_PATH=key.json \\
        ZITADEL_API_URL=https://my-instance.zitadel.cloud python examples/two_services/caller.py

The orders service receives a token that ZITADEL's own APIs accept too, so use a service user without Manager
roles. `ZITADEL_CA_FILE` is a PEM file with the CAs of both ZITADEL and the orders service.
"""

import asyncio
import os
import sys
from pathlib import Path

import grpc.aio
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import StringValue

from zitadel_grpc import ConnectionOptions, secure_channel
from zitadel_grpc.credentials import JwtProfile


async def order(url: str, credentials: JwtProfile, options: ConnectionOptions, order_id: str) -> Struct:
    async with secure_channel(url, credentials, options=options) as channel:
        # With generated stubs: OrderServiceStub(channel).GetOrder
        get_order = channel.unary_unary(
            "/orders.v1.OrderService/GetOrder",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=Struct.FromString,
        )
        return await get_order(StringValue(value=order_id), timeout=10)


def main() -> int:
    # The orders service accepts only tokens whose audience contains its project.
    credentials = JwtProfile.from_file(
        os.environ["ZITADEL_KEY_PATH"], project_ids=[os.environ["ORDERS_PROJECT_ID"]]
    )
    ca_file = os.environ.get("ZITADEL_CA_FILE")
    options = ConnectionOptions(
        issuer=os.environ["ZITADEL_API_URL"],
        root_certificates=Path(ca_file).read_bytes() if ca_file else None,
    )
    try:
        found = asyncio.run(order(os.environ["ORDERS_URL"], credentials, options, "order-1"))
    except grpc.aio.AioRpcError as error:
        print(f"{error.code().name}: {error.details()}", file=sys.stderr)
        return 1
    print(f"{found['id']}: {found['state']}, requested by service user {found['requested_by']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
