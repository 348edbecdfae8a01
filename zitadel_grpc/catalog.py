"""Data about each RPC: the permission it needs, its REST path, what it does and its successors."""

import functools
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Rpc", "get", "rpcs"]

_READING = ("Get", "List", "Search")


@dataclass(frozen=True, slots=True)
class Rpc:
    """One RPC of ZITADEL's APIs."""

    full_name: str
    """Such as `zitadel.management.v1.ManagementService/GetMyOrg`."""
    permission: str
    """Such as `org.read`; `authenticated` if any valid token is enough; empty if the protobufs name none."""
    http_verb: str
    """The HTTP method in the REST API, such as `GET`; empty if the RPC is not part of it."""
    http_path: str
    """The REST path relative to the API's base path, such as `/orgs/me`; empty if there is none. The
    whole path is `rest_path`."""
    summary: str
    """The title or the first sentence of `description`; empty if no source describes the RPC."""
    deprecated: bool
    """Whether the protobufs of these stubs mark it as deprecated; see also `deprecation`."""
    successors: tuple[str, ...] = ()
    """The full names of the RPCs that replace it on newer servers."""
    successors_here: tuple[str, ...] = ()
    """The successors that these stubs contain."""
    description: str = ""
    """What the RPC does, in the words of the protobufs. Starts with the title, if there is one; an empty line
    separates paragraphs."""
    base_path: str = ""
    """The base path of the API, such as `/management/v1`; empty if `http_path` is the whole path."""

    @property
    def rest_path(self) -> str:
        """The REST path on the server, such as `/management/v1/orgs/me`; empty if there is none."""
        return f"{self.base_path}{self.http_path}" if self.http_path else ""

    @property
    def deprecation(self) -> str:
        """What to use instead, such as `use zitadel.user.v2.UserService/ListUsers`; empty if the RPC is not
        deprecated.

        An RPC counts as deprecated if the protobufs of these stubs mark it, or if these stubs contain a
        successor. Type checkers report the same RPCs with the same message.
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
        """True if the RPC changes nothing, so that sending it twice is harmless: it is a GET in the REST API,
        or its name starts with Get, List or Search."""
        return self.http_verb == "GET" or self.full_name.rpartition("/")[2].startswith(_READING)


def get(full_name: str) -> Rpc | None:
    """Returns the RPC with this full name, with or without gRPC's leading slash. None if it is unknown."""
    return _catalog().get(full_name.removeprefix("/"))


def rpcs() -> tuple[Rpc, ...]:
    """Returns all RPCs, sorted by service and name."""
    return tuple(_catalog().values())


@functools.cache
def _catalog() -> dict[str, Rpc]:
    data = pkgutil.get_data("zitadel_grpc.api", "_catalog.json")
    assert data is not None  # None is for loaders that cannot read files
    return _parse(json.loads(data))


def _parse(data: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, Rpc]:
    """Reads the catalog that scripts/protos generates."""
    names = {f"{service}/{method}" for service, methods in data.items() for method in methods}
    found: dict[str, Rpc] = {}
    for service, methods in data.items():
        for method, (permission, verb, path, summary, text, deprecated, base, successors) in methods.items():
            name = f"{service}/{method}"
            here = tuple(successor for successor in successors if successor in names)
            found[name] = Rpc(
                name, permission, verb, path, summary, deprecated, tuple(successors), here, text, base
            )
    return found
