"""Other stubs of ZITADEL's protobufs in the same process are reported, with the fix."""

import os
import subprocess
import sys

import pytest

OTHER_STUBS = """
import sys, types
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto

file = FileDescriptorProto(name="zitadel/management.proto", package="zitadel.management.v1", syntax="proto3")
file.message_type.add(name="GetMyOrgRequest")
other = sys.modules["acme.management_pb2"] = types.ModuleType("acme.management_pb2")
other.DESCRIPTOR = descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
"""
IMPORTS = {
    "message": "from zitadel_grpc.api.management.v1 import GetMyOrgRequest",
    "client": """
from zitadel_grpc import Client
from zitadel_grpc.credentials import AccessToken
Client("https://localhost", AccessToken("t")).management
""",
}


@pytest.mark.parametrize("implementation", ["upb", "python"])
@pytest.mark.parametrize("ours", IMPORTS.values(), ids=list(IMPORTS))
def test_both_modules_are_named(implementation: str, ours: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", OTHER_STUBS + ours],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation},
    )
    last = ran.stderr.strip().splitlines()[-1]
    prefix = "ImportError: cannot import zitadel_grpc.api.management.v1.management_pb2"
    assert last.startswith(prefix), last[:500]
    assert "acme.management_pb2 already defines zitadel.management.v1.GetMyOrgRequest" in last
    assert "Import all messages from zitadel_grpc.api.management.v1" in last
