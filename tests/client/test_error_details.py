"""What an error contains in addition to its text."""

from __future__ import annotations

import base64
import copy
import multiprocessing
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from email.utils import formatdate
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, QuotaFailure, RetryInfo
from google.rpc.status_pb2 import Status

from tests.client.failing import failures
from tests.client.proxies import Headers, listening, sends_response
from zitadel_grpc import errors
from zitadel_grpc.api.user.v2 import GetUserByIDResponse
from zitadel_grpc.api.v1 import CredentialsCheckError, ErrorDetail
from zitadel_grpc.errors import NotFound, ResourceExhausted, RpcError

RPC = "zitadel.management.v1.ManagementService/GetMyOrg"
GRPC = (":status", "200"), ("content-type", "application/grpc")
EXHAUSTED = ("grpc-status", "8"), ("grpc-message", "too many")


def trailer(*details: Message) -> tuple[str, bytes]:
    packed = []
    for detail in details:
        packed.append(Packed())
        packed[-1].Pack(detail)
    return "grpc-status-details-bin", Status(details=packed).SerializeToString()


@pytest.mark.parametrize(
    ("headers", "trailers", "delay"),
    [
        ((), [("grpc-retry-pushback-ms", "1500")], 1.5),
        ((), [("grpc-retry-pushback-ms", "-1"), ("retry-after", "3")], None),
        ((), [("retry-after", "3")], 3.0),
        ((), [("retry-after", "soon")], None),
        ((), [("retry-after", formatdate(time.time() - 60, usegmt=True))], 0.0),
        ((), [], None),
        ([("retry-after", "3")], [], 3.0),
    ],
)
async def test_a_server_may_ask_for_a_retry_delay(
    headers: Headers, trailers: Headers, delay: float | None
) -> None:
    with listening(sends_response((*GRPC, *headers), trailers=(*EXHAUSTED, *trailers))) as place:
        for error in await failures(place):
            assert type(error) is ResourceExhausted
            assert error.retry_delay == delay


@pytest.mark.parametrize(
    ("seconds", "nanos", "delay"), [(2, 500_000_000, 2.5), (0, 0, 0.0), (-5, 0, 0.0), (None, None, None)]
)
def test_a_retry_info_contains_the_retry_delay(seconds: Any, nanos: Any, delay: float | None) -> None:
    info = RetryInfo()
    if seconds is not None:
        info.retry_delay.FromNanoseconds(seconds * 10**9 + nanos)
    assert NotFound(RPC, trailing_metadata=[trailer(info)]).retry_delay == delay


@pytest.mark.parametrize("name", ["grpc-retry-pushback-ms", "retry-after"])
@pytest.mark.parametrize("text", ["9" * 500, "9" * 5000, "²", "-1", "1e9", ""])
def test_an_invalid_delay_is_none(name: str, text: str) -> None:
    assert NotFound(RPC, trailing_metadata=[(name, text)]).retry_delay is None


async def test_error_details_are_decoded() -> None:
    details = [
        ErrorDetail(id="QUERY-Dfbg2", message="gone"),
        ErrorInfo(reason="QUOTA", domain="zitadel.com"),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="name", description="too long")]),
        QuotaFailure(),
        GetUserByIDResponse(),
    ]
    name, packed = trailer(*details)
    encoded = base64.b64encode(packed).decode()
    with listening(sends_response((*GRPC,), trailers=(*EXHAUSTED, (name, encoded)))) as place:
        for error in await failures(place):
            assert error.error_details == tuple(details)
            assert error.error_id == "QUERY-Dfbg2"
            violations = error.error_detail(BadRequest)
            assert violations is not None
            assert violations.field_violations[0].field == "name"
            assert error.error_detail(RetryInfo) is None
            assert error.failed_attempts is None


def test_wrong_passwords_are_counted() -> None:
    detail = CredentialsCheckError(id="COMMAND-3M0fs", message="wrong", failed_attempts=2)
    error = NotFound(RPC, trailing_metadata=[trailer(detail)])
    assert (error.failed_attempts, error.error_id) == (2, "COMMAND-3M0fs")
    assert NotFound(RPC, trailing_metadata=[trailer(CredentialsCheckError())]).failed_attempts == 0


def error_detail_v2() -> type[Message]:
    """`zitadel.error.v2.ErrorDetail`, which only stubs of newer sources have."""
    pool = descriptor_pool.Default()
    try:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName("zitadel.error.v2.ErrorDetail"))
    except KeyError:
        file = descriptor_pb2.FileDescriptorProto(name="test/error.proto", package="zitadel.error.v2")
        message = file.message_type.add(name="ErrorDetail")
        for number, name in enumerate(("slug", "message"), 1):
            message.field.add(name=name, number=number, type="TYPE_STRING", label="LABEL_OPTIONAL")
        pool.Add(file)
        return error_detail_v2()


def test_a_slug_is_an_error_id_too() -> None:
    given: Any = error_detail_v2()(slug="user.already_exists", message="taken")
    error = errors.AlreadyExists(RPC, "taken", trailing_metadata=[trailer(given)])
    assert error.error_id == "user.already_exists"
    assert error.error_details == (given,)


@pytest.mark.parametrize(
    "packed",
    [
        Packed(type_url="type.googleapis.com/zitadel.v1.ErrorDetail", value=b"\xff"),
        Packed(type_url="type.googleapis.com/zitadel.none.v1.Nope", value=b"1"),
        Packed(type_url="type.googleapis.com/zitadel._lazy.Nope"),
        Packed(type_url="type.googleapis.com/zitadel...Nope"),
        Packed(type_url="of.another/Service"),
        Packed(type_url=""),
    ],
)
def test_a_detail_that_cannot_be_decoded_stays_packed(packed: Packed) -> None:
    status = Status(details=[packed]).SerializeToString()
    error = NotFound(RPC, "gone (A-1)", trailing_metadata=[("grpc-status-details-bin", status)])
    assert error.error_details == (packed,)
    assert error.error_id == "A-1"
    assert "gone" in str(error)


def test_a_process_pool_returns_an_error_complete() -> None:
    trailers = [trailer(ErrorDetail(id="QUERY-Dfbg2"), BadRequest()), ("retry-after", "3")]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        made = pool.submit(
            NotFound, RPC, "gone", trailing_metadata=trailers, debug_error_string="as gRPC has it"
        )
        error = made.result(50)
    assert type(error) is NotFound
    assert (error.error_id, error.rpc, error.retry_delay) == ("QUERY-Dfbg2", RPC, 3.0)
    assert error.error_detail(BadRequest) == BadRequest()
    assert (error.details(), error.debug_error_string()) == ("gone", "as gRPC has it")


def test_an_error_raised_in_a_process_pool_is_raised_here() -> None:
    program = "from zitadel_grpc.errors import NotFound; raise NotFound('service/Rpc', 'gone')"
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool, pytest.raises(NotFound, match="gone"):
        pool.submit(exec, program).result(50)


def pickled(error: Any) -> Any:
    return pickle.loads(pickle.dumps(error))  # noqa: S301


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (errors.ZitadelError, {}),
        (errors.ConfigurationError, {}),
        (errors.ClosedError, {}),
        (errors.CredentialsError, {"error": "invalid_grant"}),
        (errors.TokenEndpointError, {"retry_after": 3.0, "retryable": False}),
        (errors.WaitTimeoutError, {"last": GetUserByIDResponse()}),
        (RpcError, {"details": "broken", "code": grpc.StatusCode.INTERNAL}),
        *((kind, {"trailing_metadata": [("retry-after", "3")]}) for kind in RpcError.__subclasses__()),
    ],
)
def test_every_error_can_be_copied_and_pickled(
    kind: type[Exception], settings: dict[str, Any], copied: Callable[[Any], Any]
) -> None:
    error = kind("what or where", **settings)
    error.add_note("in the nightly run")

    other = copied(error)

    assert type(other) is kind
    assert (str(other), repr(other), vars(other)) == (str(error), repr(error), vars(error))


def test_every_exception_names_the_public_module() -> None:
    for name in errors.__all__:
        assert getattr(errors, name).__module__ == "zitadel_grpc.errors"


def test_what_only_a_failed_call_needs_is_loaded_when_it_fails() -> None:
    lazy = {"google.protobuf", "google.rpc", "zitadel_grpc._errors.hints", "zitadel_grpc.catalog"}
    program = f"""
import sys
from zitadel_grpc.errors import PermissionDenied
print(sorted({lazy} & sys.modules.keys()))
str(PermissionDenied("zitadel.management.v1.ManagementService/GetMyOrg", "no (AUTH-5mWD2)"))
print(sorted({lazy} & sys.modules.keys()))
"""
    printed = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=50)
    before, after = printed.splitlines()
    assert before == "[]"
    assert "zitadel_grpc.catalog" in after
