"""docs/errors.md: its code runs, and it lists every error id and HTTP status that has a hint."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from google.protobuf.any_pb2 import Any as Packed
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from zitadel_grpc import errors
from zitadel_grpc._errors import hints, network
from zitadel_grpc.errors import InvalidArgument, RpcError

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
RPC = "zitadel.user.v2.UserService/CreateUser"


def test_its_code_finds_the_fields() -> None:
    [code] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    defined: dict[str, Any] = {}
    exec(code, defined)  # noqa: S102  # ours
    packed = Packed()
    packed.Pack(BadRequest(field_violations=[BadRequest.FieldViolation(field="name", description="long")]))
    status = Status(details=[packed]).SerializeToString()
    error = InvalidArgument(RPC, trailing_metadata=[("grpc-status-details-bin", status)])
    assert defined["invalid_fields"](error) == {"name": "long"}
    assert defined["invalid_fields"](InvalidArgument(RPC)) == {}


def test_it_names_every_exception_except_those_of_the_status_codes() -> None:
    by_code = {kind.__name__ for kind in RpcError.__subclasses__()}
    others = {*errors.__all__} - by_code - {"MetadataEntry", "PlaintextWarning"}
    assert {name for name in others if f"`{name}`" not in PAGE} == {"ZitadelError"}
    assert "`zitadel_grpc.errors.ZitadelError`" in PAGE


def test_it_names_every_public_attribute_of_a_failed_call() -> None:
    own = {name for name in vars(RpcError) if not name.startswith("_")}
    of_grpc = {"is_active", "time_remaining", "cancel", "add_callback"}
    assert {name for name in own - of_grpc - {"status_code"} if f"`{name}" not in PAGE} == set()


def test_it_lists_what_has_a_hint() -> None:
    known = {*hints._BY_ID, *hints.ABOUT_PERMISSIONS}
    assert {error_id for error_id in known if f"| {error_id} |" not in PAGE} == set()
    assert {status for status in network._BY_HTTP_STATUS if f"{status}`" not in PAGE} == set()
