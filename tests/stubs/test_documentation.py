"""Every RPC of the pin is documented where editors look."""

import ast
import inspect
from importlib.resources import files

import pytest

from zitadel_grpc import catalog, roles
from zitadel_grpc.api._services import SERVICES

pytestmark = pytest.mark.pin


def stub_docs() -> dict[str, str]:
    """The docstrings of stubs and servicers: `zitadel.user.v2.UserServiceStub.ListUsers`."""
    docs: dict[str, str] = {}
    for package in {package for package, _ in SERVICES.values()}:
        for path in files(package).iterdir():
            if path.name.endswith("_pb2_grpc.pyi"):
                for scope in ast.parse(path.read_text(encoding="utf-8")).body:
                    if isinstance(scope, ast.ClassDef):
                        prefix = f"{package.replace('zitadel_grpc.api', 'zitadel')}.{scope.name}"
                        docs |= {f"{prefix}.{name}": doc for name, doc in members(scope)}
    return docs


def members(scope: ast.ClassDef) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    name = ""
    for node in scope.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.FunctionDef) and (doc := ast.get_docstring(node)):
            found.append((node.name, doc))
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.append((name, inspect.cleandoc(str(node.value.value))))
    return found


DOCS = stub_docs()


def doc_of(rpc: str, kind: str) -> str:
    service, _, method = rpc.partition("/")
    return DOCS.get(f"{service}{kind}.{method}", "")


@pytest.mark.parametrize("kind", ["Stub", "AsyncStub", "Servicer"])
def test_an_rpc_has_text_permission_roles_and_rest_path(kind: str) -> None:
    shown = doc_of("zitadel.management.v1.ManagementService/GetMyOrg", kind).split("\n\n")
    assert shown[0] == "Get My Organization"
    assert shown[1].startswith("Returns the organization that is sent in the x-zitadel-orgid.")
    granting = ", ".join(roles.roles_granting("org.read"))
    assert shown[2:] == [
        f"Permission: org.read, granted by the Manager roles {granting}.",
        "REST: `GET /management/v1/orgs/me`",
    ]


@pytest.mark.parametrize("kind", ["Stub", "AsyncStub", "Servicer"])
def test_almost_every_rpc_says_what_it_does(kind: str) -> None:
    silent = [
        rpc.full_name
        for rpc in catalog.rpcs()
        if doc_of(rpc.full_name, kind).startswith(
            ("Permission: ", "REST: ", f"Deprecated: {rpc.deprecation}.", "Deprecated in newer")
        )
    ]
    assert silent == [
        "zitadel.resources.debug_events.v3alpha.ZITADELDebugEvents/GetDebugEventsStateById",
        "zitadel.resources.debug_events.v3alpha.ZITADELDebugEvents/ListDebugEventsStates",
        "zitadel.user.v2.UserService/ListAuthenticationFactors",
    ]
    assert all(doc_of(rpc.full_name, kind) for rpc in catalog.rpcs())


def test_an_rpc_says_which_successor_newer_servers_have() -> None:
    shown = doc_of("zitadel.management.v1.ManagementService/AddProject", "AsyncStub")
    successor = "zitadel.project.v2.ProjectService/CreateProject"
    assert f"Deprecated in newer servers; successor {successor}, not in these stubs." in shown


def test_messages_and_fields_are_documented() -> None:
    text = files("zitadel_grpc.api.org.v2").joinpath("org_service_pb2.pyi").read_text(encoding="utf-8")
    [request] = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == "AddOrganizationRequest"
    ]
    assert "unique" in dict(members(request))["org_id"]
