"""What ZITADEL's protobufs say about each RPC: the permission it needs, its REST twin, its summary."""

import functools
import json
import pkgutil
from dataclasses import dataclass

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
    return {
        (full_name := f"{service}/{method}"): Rpc(full_name, *entry)
        for service, methods in json.loads(data).items()
        for method, entry in methods.items()
    }
