"""What is known about each RPC: the permission it needs, its REST path, its summary, its successors."""

import functools
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Rpc", "get", "rpcs"]

__all__ = ["Rpc", "get", "rpcs"]

_READING = ("Get", "List", "Search")


@dataclass(frozen=True, slots=True)
class Rpc:
    """One RPC of ZITADEL's APIs."""

    full_name: str
    """`zitadel.management.v1.ManagementService/GetMyOrg`."""
    permission: str
    """Such as `org.read`; `authenticated` if any token will do; empty if the protobufs name none."""
    http_verb: str
    """Of the same RPC in the REST API, such as `GET`; empty if it has none there."""
    http_path: str
    """Below the base path of its API, such as `/orgs/me`; empty if it has none in the REST API."""
    summary: str
    deprecated: bool
    """Whether the protobufs of these stubs say so; see also `deprecation`."""
    successors: tuple[str, ...] = ()
    """The full names of the RPCs that replace it on newer servers."""
    successors_here: tuple[str, ...] = ()
    """The successors that these stubs have."""

    @property
    def deprecation(self) -> str:
        """Such as `use zitadel.user.v2.UserService/ListUsers`; empty if the RPC is not deprecated here.

        It is deprecated here if the protobufs of these stubs say so, or if these stubs have a successor. Type
        checkers report the same RPCs with the same message.
        """
        if self.successors_here:
            return f"use {' or '.join(self.successors_here)}"
        if not self.deprecated:
            return ""
        if self.successors:
            return f"newer servers have {' or '.join(self.successors)} instead, which is not in these stubs"
        return "ZITADEL names no successor"

    @property
    def reads(self) -> bool:
        """True if it changes nothing, so that sending it twice does no harm: a GET in the REST API, or one of
        the families that search by POST there or are not there."""
        return self.http_verb == "GET" or self.full_name.rpartition("/")[2].startswith(_READING)


def get(full_name: str) -> Rpc | None:
    """Look up an RPC by its full name, with or without the slash that gRPC puts before it."""
    return _catalog().get(full_name.removeprefix("/"))


def rpcs() -> tuple[Rpc, ...]:
    """All RPCs, by service and name."""
    return tuple(_catalog().values())


@functools.cache
def _catalog() -> dict[str, Rpc]:
    data = pkgutil.get_data("zitadel_grpc.api", "_catalog.json")
    assert data is not None  # the package's loader reads files, or could not have loaded the package
    return _parse(json.loads(data))


def _parse(data: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, Rpc]:
    """Read the catalog that scripts/protos writes."""
    names = {f"{service}/{method}" for service, methods in data.items() for method in methods}
    found: dict[str, Rpc] = {}
    for service, methods in data.items():
        for method, (permission, verb, path, summary, deprecated, successors) in methods.items():
            name = f"{service}/{method}"
            here = tuple(successor for successor in successors if successor in names)
            found[name] = Rpc(name, permission, verb, path, summary, deprecated, tuple(successors), here)
    return found
