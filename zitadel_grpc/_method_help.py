"""The text that `help()`, `repr()` and IPython show for the methods of a client's services.

It is generated on demand: a call loads neither the catalog nor the roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zitadel_grpc.catalog import Rpc

_SHOWN = ("future", "rpc", "with_call")  # for completion: other names are internal
_ANY_TOKEN = "authenticated"  # noqa: S105  # a permission


class DocumentedMethod:
    """Documents the RPC of a method object: in its `repr()`, and in its `__doc__`, which `help()` and
    IPython's `?` show."""

    rpc: str
    """The full name, such as `zitadel.management.v1.ManagementService/GetMyOrg`."""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        cls.__doc__ = property(lambda method: document(method.rpc))  # type: ignore[assignment]

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name.startswith("__") or name in _SHOWN]

    def __repr__(self) -> str:
        return f"<{': '.join(filter(None, [_signature(self.rpc), _summary(self.rpc)]))}>"


def document(rpc: str) -> str:
    """Signature, description, message types, permission and REST path of an RPC, as far as they are known."""
    import textwrap

    from zitadel_grpc import catalog

    lines = [_signature(rpc)]
    entry = catalog.get(rpc)
    if entry is not None and entry.deprecation:
        lines += ["", f"Deprecated: {entry.deprecation}."]
    if entry is not None and entry.description:
        lines.append("")
        for line in entry.description.split("\n"):
            lines += textwrap.wrap(line, 100, break_long_words=False, break_on_hyphens=False) or [""]
    facts = {}
    if types := _message_types(rpc):
        facts["Request"], facts["Response"] = map(_import_path, types)
    if entry is not None:
        facts["Permission"] = permission_of(entry)
        facts["REST"] = f"{entry.http_verb} {entry.rest_path}" if entry.rest_path else ""
    lines.append("")
    for name, fact in facts.items():
        if fact:
            lines += textwrap.wrap(f"{name}: {fact}", 100, subsequent_indent="    ", break_long_words=False)
    return "\n".join(lines).rstrip()


def permission_of(rpc: Rpc) -> str:
    """The permission that an RPC requires, and the Manager roles that grant it. Also used by the stubs."""
    from zitadel_grpc.roles import roles_granting

    if rpc.permission == _ANY_TOKEN:
        return "any valid token; the server may check more for each request"
    roles = ", ".join(roles_granting(rpc.permission))
    return f"{rpc.permission}, granted by the Manager roles {roles}" if roles else rpc.permission


def _signature(rpc: str) -> str:
    descriptor, types = _descriptor(rpc), _message_types(rpc)
    if descriptor is None or types is None:
        return rpc
    request, response = (kind.DESCRIPTOR.name for kind in types)
    request = f"stream {request}" if descriptor.client_streaming else request
    response = f"stream {response}" if descriptor.server_streaming else response
    return f"{rpc}({request}) -> {response}"


def _summary(rpc: str) -> str:
    from zitadel_grpc import catalog

    entry = catalog.get(rpc)
    if entry is None:
        return ""
    first_line = entry.summary.partition("\n")[0].rstrip(".")
    permission = f"permission {entry.permission}" if entry.permission not in ("", _ANY_TOKEN) else ""
    deprecated = "deprecated" if entry.deprecation else ""
    return ", ".join(filter(None, [first_line, permission, deprecated]))


def _descriptor(rpc: str) -> Any:
    """The method's descriptor; None for a service that protobuf's default pool does not know."""
    from google.protobuf import descriptor_pool

    service, _, method = rpc.partition("/")
    try:
        return descriptor_pool.Default().FindServiceByName(service).methods_by_name[method]
    except KeyError:
        return None


def _message_types(rpc: str) -> tuple[Any, Any] | None:
    """The classes of request and response."""
    from google.protobuf import message_factory

    if (descriptor := _descriptor(rpc)) is None:
        return None
    request, response = descriptor.input_type, descriptor.output_type
    return message_factory.GetMessageClass(request), message_factory.GetMessageClass(response)


def _import_path(message: Any) -> str:
    """The path to import a message from: the package, which exports the names of its `…_pb2` modules."""
    module: str = message.__module__
    if module.startswith("zitadel_grpc.api."):
        module = module.rpartition(".")[0]
    return f"{module}.{message.__qualname__}"
