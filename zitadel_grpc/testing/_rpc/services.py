"""How services are written: plain functions, found by their names.

A package of `zitadel_grpc.testing._services` holds what is implemented of one proto package: `management_v1`
that of `zitadel.management.v1`, and its `SERVICE` says of which service. Each of its modules is one area; a
function marked `@rpc` implements the RPC of its name:

    @rpc
    def GetMyOrg(call: Call, request: GetMyOrgRequest) -> GetMyOrgResponse: ...

A package is imported at the first call of its service, and with it the messages that it needs.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, TypeVar

from google.protobuf import descriptor_pool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from zitadel_grpc.testing._rpc.authentication import Caller
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._zitadel import Zitadel

_SERVICES: Final = "zitadel_grpc.testing._services"


@dataclass(frozen=True, slots=True)
class Call:
    """What a function may know of a call beside its request; an RPC that needs no token has no caller."""

    zitadel: Zitadel
    caller: Caller | None
    organization_id: str

    @property
    def store(self) -> Store:
        return self.zitadel.store

    @property
    def known_caller(self) -> Caller:
        """For RPCs that need a token."""
        assert self.caller is not None
        return self.caller

    @property
    def user_id(self) -> str:
        return self.known_caller.user_id


Implementation = Callable[[Call, Any], Message | Awaitable[Message]]
_Function = TypeVar("_Function", bound=Implementation)


def rpc(function: _Function) -> _Function:
    """Marks the implementation of the RPC that has the function's name."""
    setattr(function, _MARK, True)
    return function


_MARK = "__implements_rpc__"


def find(service: str, name: str) -> Implementation | None:
    """The implementation of a service's RPC, or None: the proto package may have other services, with RPCs of
    the same name."""
    package = service.rpartition(".")[0]
    module = _module_of(package)
    return implementations(package).get(name) if module and service == module.SERVICE else None


@functools.cache
def _module_of(package: str) -> ModuleType | None:
    name = f"{_SERVICES}.{package.removeprefix('zitadel.').replace('.', '_')}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


@functools.cache
def request_type(service: str, name: str) -> type[Message]:
    """What the RPC `name` of a service takes, implemented here or not."""
    package, _, service_name = service.rpartition(".")
    stubs = importlib.import_module(f"zitadel_grpc.api.{package.removeprefix('zitadel.')}")
    getattr(stubs, f"{service_name}Stub")  # loads, of the package's files, that of the service
    method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    return GetMessageClass(method.input_type)


@functools.cache
def implementations(package: str) -> dict[str, Implementation]:
    """What is implemented of a proto package, by the names of the RPCs."""
    services = _module_of(package)
    if services is None:
        return {}
    modules = [
        importlib.import_module(f"{services.__name__}.{found.name}")
        for found in pkgutil.iter_modules(services.__path__)
    ]
    return {
        function.__name__: function
        for module in modules
        for function in vars(module).values()
        if hasattr(function, _MARK)
    }
