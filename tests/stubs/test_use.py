"""Generated messages and stubs work like all protobuf and gRPC code."""

import importlib
import subprocess
import sys

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from zitadel_grpc.api._services import SERVICES

NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}


def filled(descriptor: Descriptor, depth: int = 4) -> Message:
    """A message with a value in every field, up to a nesting depth. In a oneof, the last field is set."""
    if descriptor.full_name == "google.protobuf.Struct":
        return json_format.ParseDict({"key": ["value", 1.5]}, GetMessageClass(descriptor)())
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if field.message_type is None:
            values = [scalar(field)]
        elif depth and not field.message_type.GetOptions().map_entry:
            values = [filled(field.message_type, depth - 1)]
        else:
            continue
        if isinstance(getattr(message, field.name), str | int | float | bytes):
            setattr(message, field.name, values[0])
        elif field.is_repeated:
            getattr(message, field.name).extend(values)
        else:
            getattr(message, field.name).CopyFrom(values[0])
    return message


def scalar(field: FieldDescriptor) -> object:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.cpp_type in NUMBERS:
        return 42
    return {
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_STRING: b"bytes" if field.type == FieldDescriptor.TYPE_BYTES else "Zürich",
        FieldDescriptor.CPPTYPE_DOUBLE: 0.5,
        FieldDescriptor.CPPTYPE_FLOAT: 0.5,
    }[field.cpp_type]


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.parametrize(("package", "stub"), SERVICES.values(), ids=SERVICES)
def test_requests_and_responses_of_an_api_survive_the_wire_and_json(package: str, stub: str) -> None:
    module = importlib.import_module(
        getattr(importlib.import_module(package), stub).__module__.removesuffix("_grpc")
    )
    methods = module.DESCRIPTOR.services_by_name[stub.removesuffix("Stub")].methods
    for descriptor in {part for method in methods for part in (method.input_type, method.output_type)}:
        message = filled(descriptor)
        assert message.ByteSize() or not descriptor.fields
        assert type(message).FromString(message.SerializeToString()) == message
        assert json_format.Parse(json_format.MessageToJson(message), type(message)()) == message


def test_names_come_from_their_packages() -> None:
    from zitadel_grpc.api.management.v1 import GetMyOrgRequest, GetMyOrgResponse, ManagementServiceStub
    from zitadel_grpc.api.org.v1 import ORG_STATE_ACTIVE, Org, OrgState
    from zitadel_grpc.api.user.v2 import AddHumanUserRequest, SetHumanEmail, UserServiceStub

    assert ManagementServiceStub.__name__ == "ManagementServiceStub"
    assert UserServiceStub.__name__ == "UserServiceStub"
    assert GetMyOrgRequest.DESCRIPTOR.full_name == "zitadel.management.v1.GetMyOrgRequest"
    response = GetMyOrgResponse(org=Org(name="ACME", state=ORG_STATE_ACTIVE))
    assert response.org.state == OrgState.ORG_STATE_ACTIVE
    request = AddHumanUserRequest(email=SetHumanEmail(email="minnie@mouse.example", is_verified=True))
    assert request.email.WhichOneof("verification") == "is_verified"


def test_an_unknown_name_is_an_error_that_says_where() -> None:
    package = importlib.import_module("zitadel_grpc.api.org.v1")
    with pytest.raises(AttributeError, match=r"module 'zitadel_grpc.api.org.v1' has no attribute 'Nope'"):
        _ = package.Nope
    with pytest.raises(ImportError, match="Nope"):
        exec("from zitadel_grpc.api.org.v1 import Nope")  # noqa: S102


def test_messages_need_no_grpc() -> None:
    use = "from zitadel_grpc.api.management.v1 import GetMyOrgRequest; GetMyOrgRequest()"
    assert run_python(f"import sys; {use}; print('grpc' in sys.modules)") == "False"


def test_importing_a_package_does_not_load_its_modules() -> None:
    code = (
        "import sys, zitadel_grpc.api.user.v2; print([name for name in sys.modules if name.endswith('_pb2')])"
    )
    assert run_python(code) == "[]"


@pytest.mark.parametrize(
    "name", ["validate/validate.proto", "google/api/annotations.proto", "zitadel/options.proto"]
)
def test_another_copy_of_an_option_file_is_accepted(name: str) -> None:
    """As if another package with a copy of the option files were imported before or after these stubs."""
    copy = f"""
from google.protobuf import descriptor_pb2, descriptor_pool

file = descriptor_pb2.FileDescriptorProto(name={name!r}, package={name.split("/")[0]!r}, syntax="proto3")
file.dependency.append("google/protobuf/descriptor.proto")
file.message_type.add(name="Another")
for extendee, number in (("MethodOptions", 50000), ("MethodOptions", 72295728), ("FieldOptions", 1071)):
    file.extension.add(
        name=f"another_{{number}}", number=number, type=11, label=1,
        type_name="." + file.package + ".Another", extendee=f".google.protobuf.{{extendee}}",
    )
descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
"""
    use = "from zitadel_grpc.api.management.v1 import *\n"
    assert run_python(f"{copy}{use}print('fine')") == "fine"
    assert run_python(f"{use}{copy}print('fine')") == "fine"
