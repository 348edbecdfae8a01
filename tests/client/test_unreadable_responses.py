"""A response that cannot be read is an error, never None: the server may have executed the call."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from zitadel_grpc import AsyncClient, Client, bulk, errors
from zitadel_grpc.api.management.v1 import AddMachineUserRequest, GetMyOrgRequest
from zitadel_grpc.credentials import AccessToken


class _Unreadable(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(lambda request, context: b"\xff\xff\xff")


@pytest.fixture
def url() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((_Unreadable(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None).wait(5)


async def test_the_async_client_raises_internal(url: str) -> None:
    async with AsyncClient(url, AccessToken("t")) as client:
        with pytest.raises(errors.Internal, match="cannot be read; the server may have executed"):
            await client.management.GetMyOrg(GetMyOrgRequest())
        (outcome,) = [
            o
            async for o in bulk.run(
                client.management.AddMachineUser, [AddMachineUserRequest(user_name="u", name="n")]
            )
        ]
        assert outcome.error is not None
        assert outcome.may_have_applied


def test_the_sync_client_raises_internal(url: str) -> None:
    with Client(url, AccessToken("t")) as client:
        for call in (client.management.GetMyOrg, client.management.GetMyOrg.with_call):
            with pytest.raises(errors.Internal):
                call(GetMyOrgRequest())
        future = client.management.GetMyOrg.future(GetMyOrgRequest())
        with pytest.raises(errors.Internal):
            future.result(5)
