"""Where gRPC loses a request, a response or an error, the caller gets an error."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.wrappers_pb2 import StringValue

from zitadel_grpc import AsyncClient, Client, errors
from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ListUsersRequest
from zitadel_grpc.credentials import AccessToken

SERIALIZE, READ = StringValue.SerializeToString, Empty.FromString
UNREADABLE = b"\xff\xff\xff"


class _Server(grpc.GenericRpcHandler):
    """Records each request. Its RPCs have the names of their kinds, and their responses cannot be read."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        def unary(request: Any, _: Any) -> bytes:
            self.received.append(request)
            return UNREADABLE

        def stream(request: Any, _: Any) -> Iterator[bytes]:
            self.received.append(request)
            yield UNREADABLE

        def gathered(requests: Any, _: Any) -> bytes:
            self.received += requests
            return UNREADABLE

        def both(requests: Any, _: Any) -> Iterator[bytes]:
            for request in requests:
                self.received.append(request)
                yield UNREADABLE

        kinds: dict[str, Any] = {
            "unary_stream": grpc.unary_stream_rpc_method_handler(stream),
            "stream_unary": grpc.stream_unary_rpc_method_handler(gathered),
            "stream_stream": grpc.stream_stream_rpc_method_handler(both),
        }
        kind = handler_call_details.method.rsplit("/", 1)[1]
        return kinds.get(kind) or grpc.unary_unary_rpc_method_handler(unary)


@pytest.fixture
def handler() -> _Server:
    return _Server()


@pytest.fixture
def url(handler: _Server) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop(None).wait(5)


def method(client: Any, kind: str, serializer: Any = SERIALIZE) -> Any:
    return client.stub(lambda channel: getattr(channel, kind)(f"/a.B/{kind}", serializer, READ))


def failing(_: Any) -> bytes:
    raise ValueError("SECRET")


SERIALIZERS = {"None": lambda _: None, "text": lambda _: "text", "raises": failing, "missing": None}


@pytest.mark.parametrize("serializer", SERIALIZERS.values(), ids=list(SERIALIZERS))
async def test_a_serializer_without_bytes_sends_nothing(url: str, handler: _Server, serializer: Any) -> None:
    async with AsyncClient(url, AccessToken("t")) as client:
        with pytest.raises(errors.InvalidRequest, match="was not sent"):
            await method(client, "unary_unary", serializer)(None)
        call = method(client, "unary_unary", serializer)(None)
        assert await asyncio.wait_for(call.code(), 5) is grpc.StatusCode.INVALID_ARGUMENT
    with Client(url, AccessToken("t")) as client:
        for send in (
            method(client, "unary_unary", serializer),
            method(client, "unary_unary", serializer).future,
        ):
            with pytest.raises(errors.InvalidRequest, match="was not sent"):
                send(None)
    assert not handler.received


@pytest.mark.parametrize("kind", ["stream_unary", "stream_stream"])
async def test_streams_of_requests_send_only_messages_that_the_rpc_accepts(
    url: str, handler: _Server, kind: str
) -> None:
    async with AsyncClient(url, AccessToken("t")) as client:
        call = method(client, kind)()
        with pytest.raises(errors.InvalidRequest):
            await call.write("oops")
        call.cancel()
        call = method(client, kind)(iter(["oops"]))
        with pytest.raises(errors.InvalidRequest):
            await asyncio.wait_for(call if kind == "stream_unary" else call.read(), 5)
    assert not handler.received


def test_a_sync_stream_of_requests_sends_only_messages_that_the_rpc_accepts(
    url: str, handler: _Server
) -> None:
    with Client(url, AccessToken("t")) as client, pytest.raises(errors.InvalidRequest):
        method(client, "stream_unary")(iter(["oops"]))
    assert not handler.received


async def test_responses_of_streams_that_cannot_be_read_are_errors(url: str) -> None:
    async with AsyncClient(url, AccessToken("t")) as client:
        with pytest.raises(errors.Internal, match="may have executed"):
            await method(client, "stream_unary")(iter([StringValue()]))
        calls: tuple[Any, ...] = (
            method(client, "unary_stream")(StringValue()),
            method(client, "stream_stream")(iter([StringValue()])),
        )
        for call in calls:
            with pytest.raises(errors.Internal, match="may have executed"):
                [response async for response in call]


async def test_the_code_of_a_call_is_that_of_its_error(url: str) -> None:
    async with AsyncClient(url, AccessToken("t")) as client:
        call = method(client, "unary_unary")(StringValue())
        assert await call.code() is grpc.StatusCode.INTERNAL


class _Adding(grpc.UnaryUnaryClientInterceptor):
    def __init__(self, pair: Any) -> None:
        self.pair = pair

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(
            client_call_details._replace(metadata=[*client_call_details.metadata, self.pair]), request
        )


class _AddingAsync(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, pair: Any) -> None:
        self.pair = pair

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        metadata = grpc.aio.Metadata(*client_call_details.metadata, self.pair)
        return await continuation(client_call_details._replace(metadata=metadata), request)


class _Replacing(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(client_call_details, ListUsersRequest())


class _ReplacingAsync(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(client_call_details, ListUsersRequest())


async def test_a_request_replaced_by_an_interceptor_must_have_the_right_type(
    url: str, handler: _Server
) -> None:
    request, refusal = GetMyOrgRequest(), r"must be a .*GetMyOrgRequest, not .*ListUsersRequest"
    async with AsyncClient(url, AccessToken("t"), interceptors=[_ReplacingAsync()]) as client:
        with pytest.raises(errors.InvalidRequest, match=refusal):
            await client.management.GetMyOrg(request)
    with Client(url, AccessToken("t"), interceptors=[_Replacing()]) as sync_client:
        method: Any = sync_client.management.GetMyOrg
        for send in (method, method.with_call, lambda request: method.future(request).result(5)):
            with pytest.raises(errors.InvalidRequest, match=refusal):
                send(request)
    assert not handler.received


PAIRS = [("x-a", "SECRET\n"), ("X-A", "SECRET"), ("x-a", 3), ("x-a-bin", "SECRET")]


@pytest.mark.parametrize("pair", PAIRS, ids=repr)
async def test_metadata_of_an_interceptor_that_grpc_cannot_send_is_reported(
    url: str, handler: _Server, pair: Any
) -> None:
    request = GetMyOrgRequest()
    async with AsyncClient(url, AccessToken("t"), interceptors=[_AddingAsync(pair)]) as client:
        with pytest.raises(errors.InvalidMetadata, match=r"(?i)interceptor.*x-a") as e:
            await client.management.GetMyOrg(request)
        assert "SECRET" not in str(e.value)
        await asyncio.wait_for(client.management.GetMyOrg(request).code(), 5)
    with Client(url, AccessToken("t"), interceptors=[_Adding(pair)]) as sync_client:
        with pytest.raises(errors.InvalidMetadata, match=r"(?i)interceptor.*x-a"):
            sync_client.management.GetMyOrg(request)
        with pytest.raises(errors.InvalidMetadata):
            sync_client.management.GetMyOrg.future(request).result(5)
    assert not handler.received


class _WithoutPairs(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(client_call_details._replace(metadata=5), request)


async def test_metadata_of_an_interceptor_must_be_a_sequence(url: str) -> None:
    async with AsyncClient(url, AccessToken("t"), interceptors=[_WithoutPairs()]) as client:
        with pytest.raises(errors.InvalidMetadata, match=r"interceptor.*not int"):
            await client.management.GetMyOrg(GetMyOrgRequest())


def test_an_interceptors_own_error_is_not_taken_for_one_of_metadata(url: str) -> None:
    class Raising(grpc.UnaryUnaryClientInterceptor):
        def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
            raise ValueError("the tenant is unknown")

    with (
        Client(url, AccessToken("t"), interceptors=[Raising()]) as client,
        pytest.raises(ValueError, match="the tenant is unknown"),
    ):
        client.management.GetMyOrg(GetMyOrgRequest())
