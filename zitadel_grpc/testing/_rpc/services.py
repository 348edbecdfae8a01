"""Finds the implementations of RPCs: plain functions with the RPCs' names.

Each package in `zitadel_grpc.testing._services` implements one proto package: `management_v1` implements
`zitadel.management.v1`. Its `SERVICE` names the service and each of its modules is one area. A function
marked with `@rpc` implements the RPC of the same name:

    @rpc
    def GetMyOrg(call: Call, request: GetMyOrgRequest) -> GetMyOrgResponse: ...

The first call of a service imports its package and the messages that it needs.
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
    """The context of a call. An RPC that needs no token has no caller."""

    zitadel: Zitadel
    caller: Caller | None
    organization_id: str

    @property
    def store(self) -> Store:
        return self.zitadel.store

    @property
    def known_caller(self) -> Caller:
        """The caller, for RPCs that need a token."""
        assert self.caller is not None
        return self.caller

    @property
    def user_id(self) -> str:
        return self.known_caller.user_id


Implementation = Callable[[Call, Any], Message | Awaitable[Message]]
_Function = TypeVar("_Function", bound=Implementation)


def rpc(function: _Function) -> _Function:
    """Marks the implementation of the RPC with the function's name."""
    setattr(function, _MARK, True)
    return function


_MARK = "__implements_rpc__"


def find(service: str, name: str) -> Implementation | None:
    """Returns the implementation of an RPC, or None.

    It compares the service too: a proto package may have several services with RPCs of the same name.
    """
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
    """Returns the request type of any RPC, implemented or not."""
    package, _, service_name = service.rpartition(".")
    stubs = importlib.import_module(f"zitadel_grpc.api.{package.removeprefix('zitadel.')}")
    getattr(stubs, f"{service_name}Stub")  # loads the file of the service
    method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    return GetMessageClass(method.input_type)


@functools.cache
def implementations(package: str) -> dict[str, Implementation]:
    """The implementations of a proto package's RPCs, by name."""
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
