"""Decodes the details of an error response (google.rpc.Status). Loaded only when a call fails."""

from __future__ import annotations

import contextlib
import importlib
import re
from typing import TYPE_CHECKING

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as Packed
    from google.rpc.status_pb2 import Status


def read_status(packed: bytes) -> Status | None:
    """The status in the trailer `grpc-status-details-bin`, or None if it cannot be decoded."""
    from google.rpc.status_pb2 import Status

    try:
        return Status.FromString(packed)
    except DecodeError:
        return None


def unpack(packed: Packed) -> Message:
    """The message in `packed`, or `packed` itself if its type is unknown or its content is broken."""
    kind = _class_of(packed.TypeName())
    try:
        return kind.FromString(packed.value) if kind else packed
    except DecodeError:
        return packed


def _class_of(full_name: str) -> type[Message] | None:
    # Load the module that may define it. The pool then has its types, and those of the program's own stubs.
    package, _, name = full_name.rpartition(".")
    with contextlib.suppress(ImportError, AttributeError):
        if package == "google.rpc":
            importlib.import_module("google.rpc.error_details_pb2")
        elif re.fullmatch(r"zitadel(\.[a-z][a-z0-9_]*)+", package):
            getattr(importlib.import_module(package.replace("zitadel", "zitadel_grpc.api", 1)), name)
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(full_name)
    except KeyError:
        return None
    return message_factory.GetMessageClass(descriptor)
