"""The public API is what `PUBLIC` lists: all names without an underscore, and all types that users must name.

A change of the public API changes `PUBLIC`.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zitadel_grpc

PUBLIC: dict[str, set[str]] = {
    "zitadel_grpc": {
        "AsyncClient",
        "Client",
        "ClientStats",
        "ConnectionOptions",
        "ZitadelAuthPlugin",
        "__version__",
        "secure_channel",
    },
    "zitadel_grpc.api": {"PROTO_SOURCE", "ProtoSource"},
    "zitadel_grpc.bulk": {"Outcome", "Progress", "ResumeFileError", "TooManyFailures", "run"},
    "zitadel_grpc.bulk.dask": {"run_bag"},
    "zitadel_grpc.catalog": {"Rpc", "get", "rpcs"},
    "zitadel_grpc.cli": {"main"},
    "zitadel_grpc.credentials": {
        "AccessToken",
        "ApplicationKey",
        "ClientAuthentication",
        "ClientAuthenticator",
        "ClientCredentials",
        "Credentials",
        "JwtProfile",
        "PersonalAccessToken",
        "RefreshContext",
        "SystemUser",
        "Token",
        "TokenExchange",
        "TokenServer",
        "TokenType",
    },
    "zitadel_grpc.errors": {
        "Aborted",
        "AlreadyExists",
        "Cancelled",
        "ClosedError",
        "ConfigurationError",
        "CredentialsError",
        "DataLoss",
        "DeadlineExceeded",
        "FailedPrecondition",
        "Internal",
        "InvalidArgument",
        "InvalidMetadata",
        "InvalidRequest",
        "MetadataEntry",
        "NotFound",
        "OutOfRange",
        "PermissionDenied",
        "PlaintextWarning",
        "ResourceExhausted",
        "RpcError",
        "TokenEndpointError",
        "Unauthenticated",
        "Unavailable",
        "Unimplemented",
        "Unknown",
        "WaitTimeoutError",
        "ZitadelError",
    },
    "zitadel_grpc.pagination": {"AsyncPager", "Pager", "PaginationError"},
    "zitadel_grpc.roles": {
        "IAM_ADMIN_IMPERSONATOR",
        "IAM_END_USER_IMPERSONATOR",
        "IAM_LOGIN_CLIENT",
        "IAM_ORG_MANAGER",
        "IAM_OWNER",
        "IAM_OWNER_VIEWER",
        "IAM_USER_MANAGER",
        "INSTANCE",
        "ORGANIZATION",
        "ORG_ADMIN_IMPERSONATOR",
        "ORG_END_USER_IMPERSONATOR",
        "ORG_OWNER",
        "ORG_OWNER_VIEWER",
        "ORG_PROJECT_CREATOR",
        "ORG_PROJECT_PERMISSION_EDITOR",
        "ORG_SETTINGS_MANAGER",
        "ORG_USER_MANAGER",
        "ORG_USER_PERMISSION_EDITOR",
        "ORG_USER_SELF_MANAGER",
        "PROJECT",
        "PROJECT_GRANT",
        "PROJECT_GRANT_OWNER",
        "PROJECT_GRANT_OWNER_VIEWER",
        "PROJECT_OWNER",
        "PROJECT_OWNER_GLOBAL",
        "PROJECT_OWNER_VIEWER",
        "PROJECT_OWNER_VIEWER_GLOBAL",
        "SELF_MANAGEMENT_GLOBAL",
        "permissions_of",
        "roles_granting",
    },
    "zitadel_grpc.scopes": {
        "OPENID",
        "PROJECTS_ROLES",
        "REQUIRED",
        "RESOURCE_OWNER",
        "USER_METADATA",
        "ZITADEL_AUDIENCE",
        "identity_provider",
        "join",
        "organization",
        "organization_domain",
        "organization_roles",
        "project_audience",
        "project_role",
    },
    "zitadel_grpc.testing": {
        "ApiApplication",
        "Emulator",
        "Faults",
        "RecordedCall",
        "SeedError",
        "SeedResult",
        "ServiceUser",
        "Snapshot",
        "TokenEndpointFaults",
    },
    "zitadel_grpc.testing.pytest_plugin": {"zitadel", "zitadel_client"},
    "zitadel_grpc.validation": {"Violation", "violations"},
}
GENERATED = "zitadel_grpc.api"

# Structural types: a user's objects match them without naming them.
UNNAMED = {"zitadel_grpc.api._services.Listed"}


def _public_modules() -> set[str]:
    walked = pkgutil.walk_packages(zitadel_grpc.__path__, "zitadel_grpc.", onerror=lambda name: None)
    names = {
        module.name
        for module in walked
        if not module.name.startswith(f"{GENERATED}.")
        and not any(part.startswith("_") for part in module.name.split("."))
    }
    return {"zitadel_grpc", *names}


def _exported(module: str) -> list[tuple[str, Any]]:
    loaded = importlib.import_module(module)
    return [(name, getattr(loaded, name)) for name in PUBLIC[module]]


def test_every_module_without_an_underscore_is_public() -> None:
    assert _public_modules() == PUBLIC.keys()


@pytest.mark.parametrize("module", PUBLIC)
def test_the_names_of_a_public_module_are_pinned(module: str) -> None:
    exported = importlib.import_module(module).__all__
    assert len(exported) == len(set(exported))
    assert set(exported) == PUBLIC[module]
    assert all(value is not None for _, value in _exported(module))


@pytest.mark.parametrize("module", PUBLIC)
def test_what_a_public_module_defines_is_public_or_has_an_underscore(module: str) -> None:
    hidden = ("_", "pytest_")  # pytest finds its hooks by their names
    assert {name for name in _defined(_source(module)) if not name.startswith(hidden)} <= PUBLIC[module]


@pytest.mark.parametrize("module", PUBLIC)
def test_no_public_signature_names_a_private_type(module: str) -> None:
    private = {
        f"{where}: {named}"
        for name, value in _exported(module)
        for where, hint in _hints(f"{module}.{name}", value)
        for named in _private_types(hint)
    }
    assert not private


@pytest.mark.parametrize("module", PUBLIC)
def test_no_public_parameter_has_an_underscore(module: str) -> None:
    private = {
        f"{where}({parameter})"
        for name, value in _exported(module)
        for where, function in _functions(f"{module}.{name}", value)
        if function.__code__.co_filename != "<string>"  # not generated by dataclass: users do not call those
        for parameter in inspect.signature(function).parameters
        if parameter.startswith("_") and parameter.strip("_")
    }
    assert not private


def _source(module: str) -> ast.Module:
    file = importlib.import_module(module).__file__
    assert file is not None
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node in tree.body:
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (
                name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
            )


def _functions(where: str, value: Any) -> Iterator[tuple[str, Any]]:
    """`value` and, of a class, its constructor and its public methods and properties, inherited ones too."""
    if not isinstance(value, type):
        if inspect.isfunction(value):
            yield where, value
        return
    for owner in value.__mro__:
        if not owner.__module__.startswith("zitadel_grpc") or owner.__module__.startswith(GENERATED):
            continue
        for name, member in vars(owner).items():
            if name.startswith("_") and name not in ("__init__", "__call__", "__iter__", "__aiter__"):
                continue
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            function = inspect.unwrap(function) if callable(function) else function
            if inspect.isfunction(function):
                yield f"{where}.{name}", function


def _hints(where: str, value: Any) -> Iterator[tuple[str, Any]]:
    for function_name, function in _functions(where, value):
        hints = typing.get_type_hints(function, localns=_names_for_types(function.__module__))
        yield from ((f"{function_name}({name})", hint) for name, hint in hints.items())
    if isinstance(value, type):
        for owner in value.__mro__:
            if owner.__module__.startswith("zitadel_grpc") and not owner.__module__.startswith(GENERATED):
                names = _names_for_types(inspect.getmodule(owner).__name__)  # type: ignore[union-attr]
                hints = typing.get_type_hints(owner, localns=names)
                yield from (
                    (f"{where}.{name}", hints[name])
                    for name in vars(owner).get("__annotations__", {})
                    if not name.startswith("_")
                )


@functools.cache
def _names_for_types(module: str) -> dict[str, Any]:
    """What `module` imports and defines for type checkers only."""
    names: dict[str, Any] = dict(vars(importlib.import_module(module)))
    for node in ast.walk(_source(module)):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            for statement in node.body:
                try:
                    exec(compile(ast.Module([statement], []), module, "exec"), names)  # noqa: S102
                except ImportError:  # a type that stubs define and that does not exist at run time
                    assert isinstance(statement, ast.ImportFrom)
                    [alias] = statement.names
                    names[alias.name] = _stand_in(str(statement.module), alias.name)
    return names


def _stand_in(module: str, name: str) -> type:
    """A generic class of that name."""
    item = typing.TypeVar("item")
    bases: Any = (typing.Generic[item],)  # type: ignore[index]
    return types.new_class(name, bases, exec_body=lambda namespace: namespace.update(__module__=module))


def _private_types(hint: Any) -> Iterator[str]:
    for part in typing.get_args(hint):
        yield from (
            named for one in (part if isinstance(part, list) else [part]) for named in _private_types(one)
        )
    kind = typing.get_origin(hint) or hint
    module = getattr(kind, "__module__", "")
    if not isinstance(kind, type) or not module.startswith("zitadel_grpc"):
        return
    name = f"{module}.{kind.__qualname__}"
    is_generated = module.startswith(f"{GENERATED}.") and not module.startswith(f"{GENERATED}._")
    exported = any(value is kind for module in PUBLIC for _, value in _exported(module))
    if not (is_generated or exported or name in UNNAMED):
        yield name
