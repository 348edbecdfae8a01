"""Only messages that the RPC takes are sent; anything else is refused first."""

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from zitadel_grpc import AsyncClient, Client, ConnectionOptions, bulk, errors
from zitadel_grpc.api.management.v1 import DeactivateOrgRequest, GetMyOrgRequest, ListUsersRequest
from zitadel_grpc.credentials import AccessToken, PersonalAccessToken
from zitadel_grpc.testing import Emulator

WRONG: dict[str, Any] = {
    "text": "oops",
    "none": None,
    "dict": {"id": "1"},
    "bytes": b"",
    "another RPC's message": GetMyOrgRequest(),
    "the class": DeactivateOrgRequest,
}


def options(zitadel: Emulator) -> ConnectionOptions:
    return ConnectionOptions(root_certificates=zitadel.root_certificates)


def sync_client(zitadel: Emulator) -> Client:
    return Client(zitadel.url, PersonalAccessToken(zitadel.pat), options=options(zitadel))


def async_client(zitadel: Emulator) -> AsyncClient:
    return AsyncClient(zitadel.url, PersonalAccessToken(zitadel.pat), options=options(zitadel))


@pytest.mark.parametrize("request_", WRONG.values(), ids=list(WRONG))
async def test_an_async_call_of_another_type_is_not_sent(zitadel: Emulator, request_: Any) -> None:
    async with async_client(zitadel) as client:
        for service in (client.management, client.with_org("1").management):
            with pytest.raises(
                errors.InvalidRequest, match=r"must be a zitadel\.management\.v1\.DeactivateOrgRequest"
            ) as e:
                await service.DeactivateOrg(request_)
            assert isinstance(e.value, TypeError)
            assert "management.v1.ManagementService/DeactivateOrg" in str(e.value)
    assert not zitadel.calls


@pytest.mark.parametrize("request_", WRONG.values(), ids=list(WRONG))
def test_a_sync_call_of_another_type_is_not_sent(zitadel: Emulator, request_: Any) -> None:
    with sync_client(zitadel) as client:
        method = client.management.DeactivateOrg
        for call in (method, method.with_call, method.future, client.with_org("1").management.DeactivateOrg):
            with pytest.raises(errors.InvalidRequest):
                call(request_)
    assert not zitadel.calls


async def test_the_error_does_not_quote_the_request_and_can_be_pickled(zitadel: Emulator) -> None:
    async with async_client(zitadel) as client:
        with pytest.raises(errors.InvalidRequest) as e:
            await client.management.GetMyOrg("SECRET-1")  # type: ignore[arg-type]
    assert "SECRET-1" not in repr(e.value) + str(e.value)
    again = pickle.loads(pickle.dumps(e.value))  # noqa: S301
    assert str(again) == str(e.value)


async def test_no_token_is_fetched_for_a_wrong_request(zitadel: Emulator) -> None:
    asked: list[str] = []

    def token() -> str:
        asked.append("")
        return zitadel.pat

    credentials = AccessToken(token)
    async with AsyncClient(zitadel.url, credentials, options=options(zitadel)) as client:
        with pytest.raises(errors.InvalidRequest):
            await client.management.GetMyOrg(ListUsersRequest())  # type: ignore[arg-type]
        with pytest.raises(errors.InvalidMetadata):
            await client.management.GetMyOrg(GetMyOrgRequest(), metadata=[("a", "\n")])
    assert not asked


async def test_bulk_and_paginate_send_nothing_else_either(zitadel: Emulator) -> None:
    async with async_client(zitadel) as client:
        outcomes = [o async for o in bulk.run(client.management.DeactivateOrg, ["oops"])]  # type: ignore[arg-type]
        assert isinstance(outcomes[0].error, errors.InvalidRequest)
        assert outcomes[0].may_have_applied is False
        with pytest.raises(errors.ZitadelError):
            [user async for user in client.paginate(client.management.ListUsers, "oops")]  # type: ignore[arg-type]
    assert not zitadel.calls


async def test_a_message_of_another_pool_is_sent(zitadel: Emulator) -> None:
    ours = GetMyOrgRequest.DESCRIPTOR.file
    pool = descriptor_pool.DescriptorPool()
    file = FileDescriptorProto(name="mine.proto", package="zitadel.management.v1", syntax="proto3")
    file.message_type.add(name="GetMyOrgRequest")
    pool.Add(file)
    kind = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("zitadel.management.v1.GetMyOrgRequest")
    )
    assert kind.DESCRIPTOR.file is not ours
    async with async_client(zitadel) as client:
        assert (await client.management.GetMyOrg(kind())).org.name  # type: ignore[arg-type]
    with sync_client(zitadel) as client:
        assert client.management.GetMyOrg(kind()).org.name  # type: ignore[arg-type]


def failing(_: Any) -> bytes:
    raise ValueError("SECRET-2")


async def test_what_cannot_be_serialized_is_not_sent(zitadel: Emulator) -> None:
    path = "/zitadel.management.v1.ManagementService/DeactivateOrg"

    async with async_client(zitadel) as client:
        method: Any = client.stub(lambda channel: channel.unary_unary(path, failing))
        with pytest.raises(errors.InvalidRequest, match="was not sent") as e:
            await method("any")
        assert e.value.__cause__ is None
        assert e.value.__context__ is None or "SECRET-2" not in repr(e.value.__context__)
        await client.management.GetMyOrg(GetMyOrgRequest())
    with sync_client(zitadel) as client:
        sync_method: Any = client.stub(lambda channel: channel.unary_unary(path, failing))
        for call in (sync_method, sync_method.with_call):
            with pytest.raises(errors.InvalidRequest, match="was not sent"):
                call("any")
        client.management.GetMyOrg(GetMyOrgRequest())
    assert {call.rpc.rpartition("/")[2] for call in zitadel.calls} == {"GetMyOrg"}


def test_streams_check_their_requests_too(zitadel: Emulator) -> None:
    path = "/zitadel.management.v1.ManagementService/DeactivateOrg"
    with sync_client(zitadel) as client:
        view = client.with_org("1")
        streaming = view.stub(
            lambda channel: channel.unary_stream(
                path, DeactivateOrgRequest.SerializeToString, GetMyOrgRequest.FromString
            )
        )
        with pytest.raises(errors.InvalidRequest):
            streaming("oops")  # type: ignore[arg-type]
    assert not zitadel.calls


async def test_a_view_has_streaming_methods(zitadel: Emulator) -> None:
    class Stub:
        def __init__(self, channel: Any) -> None:
            self.Stream = channel.unary_stream("/a.B/C", DeactivateOrgRequest.SerializeToString)

    async with async_client(zitadel) as client:
        method = client.stub(Stub).Stream
        viewed = method.bind((("x-zitadel-orgid", "1"),), "none")
        with pytest.raises(Exception, match="unknown service"):
            [response async for response in viewed(DeactivateOrgRequest())]


def test_copies_and_subclasses_keep_their_state(zitadel: Emulator) -> None:
    class Mine(Client):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.tenant = "t"

    with Mine(zitadel.url, PersonalAccessToken(zitadel.pat), options=options(zitadel)) as client:
        assert client.management.GetMyOrg(GetMyOrgRequest()).org.name
        view = client.with_org(client.management.GetMyOrg(GetMyOrgRequest()).org.id).with_retries("none")
        assert view.tenant == "t"
        for copied in (copy.copy(view), copy.copy(view.management)):
            assert copied is not None
        assert copy.copy(view).management.GetMyOrg(GetMyOrgRequest()).org.name


METADATA: dict[str, Any] = {
    "line break": [("x-a", "SECRET-3\r\n")],
    "not ASCII": [("x-a", "SECRET-3é")],
    "empty name": [("", "SECRET-3")],
    "space in a name": [("x a", "SECRET-3")],
    "no pair": ["SECRET-3"],
    "missing comma": ("x-a", "SECRET-3"),
    "number": 3,
    "text": "SECRET-3",
    "number as value": [("x-a", 3)],
    "no value": [("x-a",)],
    "text in -bin": [("x-a-bin", "SECRET-3")],
    "bytes as name": [(b"x-a", "SECRET-3")],
    "mapping with a bad value": {"x-a": "SECRET-3\0"},
}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=list(METADATA))
async def test_metadata_that_grpc_cannot_send_is_refused(zitadel: Emulator, metadata: Any) -> None:
    calls: list[Callable[..., Any]] = []
    async with async_client(zitadel) as client:
        with pytest.raises(errors.InvalidMetadata) as e:
            await client.management.GetMyOrg(GetMyOrgRequest(), metadata=metadata)
        assert isinstance(e.value, ValueError)
        assert "SECRET-3" not in str(e.value)
    with sync_client(zitadel) as client:
        method = client.management.GetMyOrg
        calls += [method, method.with_call, functools.partial(method.future)]
        for call in calls:
            with pytest.raises(errors.InvalidMetadata):
                call(GetMyOrgRequest(), metadata=metadata)
    assert not zitadel.calls


async def test_mappings_are_metadata(zitadel: Emulator) -> None:
    async with async_client(zitadel) as client:
        method: Any = client.management.GetMyOrg
        assert (await method(GetMyOrgRequest(), metadata={"X-A": "1", "x-b-bin": b"\0"})).org.name
        with pytest.raises(errors.RpcError):
            await method(GetMyOrgRequest(), metadata={"x-zitadel-orgid": "unknown"})
