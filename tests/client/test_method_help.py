"""What `help()`, `repr()` and tab completion say about a client's services."""

from __future__ import annotations

import inspect
import pydoc
import rlcompleter
import subprocess
import sys
from typing import Any

import pytest

from tests.transport.servers import EchoStub
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api._services import SERVICES
from zitadel_grpc.credentials import PersonalAccessToken

URL, TOKEN = "http://localhost:1", PersonalAccessToken("ey.some.token")
RPC = "zitadel.management.v1.ManagementService/AddProject"


@pytest.fixture(params=[Client, AsyncClient])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param(URL, TOKEN)


@pytest.fixture(params=[False, True], ids=["client", "view"])
def service(request: pytest.FixtureRequest, client: Any) -> Any:
    return (client.with_org("123") if request.param else client).management


@pytest.mark.pin
def test_help_shows_types_description_permission_and_rest_path(service: Any) -> None:
    document = inspect.getdoc(service.AddProject)
    assert document is not None
    first, *lines = document.splitlines()
    assert first == f"{RPC}(AddProjectRequest) -> AddProjectResponse"
    assert "\n\nCreate Project\n\nCreate a new project. A Project is a vessel for" in document
    assert "Request: zitadel_grpc.api.management.v1.AddProjectRequest" in lines
    assert "Response: zitadel_grpc.api.management.v1.AddProjectResponse" in lines
    assert "Permission: project.create, granted by the Manager roles " in document
    assert "ORG_OWNER" in document.partition("Manager roles ")[2]
    assert "REST: POST /management/v1/projects" in lines
    assert all(len(line) <= 100 for line in lines)
    assert document in _without_indent(pydoc.plain(pydoc.render_doc(service.AddProject)))


@pytest.mark.pin
def test_help_says_that_an_rpc_is_deprecated(service: Any) -> None:
    assert "\nDeprecated: use zitadel.user.v2.UserService/ListUsers." in str(
        inspect.getdoc(service.ListUsers)
    )
    assert "Deprecated" not in str(inspect.getdoc(service.GetMyOrg))


@pytest.mark.pin
def test_help_does_not_call_a_check_of_the_server_a_permission(client: Any) -> None:
    document = str(inspect.getdoc(client.user_v2.CreateUser))
    assert "Permission: any valid token; the server may check more for each request" in document
    assert "authenticated" not in repr(client.user_v2.CreateUser)


def test_completion_of_a_method_shows_no_internals(service: Any) -> None:
    assert {name for name in dir(service.GetMyOrg) if not name.startswith("__")} <= {
        "future",
        "rpc",
        "with_call",
    }


@pytest.mark.pin
def test_the_repr_shows_types_summary_and_permission(service: Any) -> None:
    text = repr(service.AddProject)
    assert text.startswith(f"<{RPC}(AddProjectRequest) -> AddProjectResponse: Create Project")
    assert "permission project.create" in text
    assert "\n" not in text
    assert repr(service.ListUsers).endswith(", deprecated>")


def test_methods_of_unknown_services_have_their_name(client: Any) -> None:
    stub = client.stub(EchoStub)
    assert repr(stub.unary_unary) == "<test.Echo/unary_unary>"
    assert repr(stub.unary_stream) == "<test.Echo/unary_stream>"
    assert inspect.getdoc(stub.stream_stream) == "test.Echo/stream_stream"


def test_tab_completion_lists_services_and_methods(client: Any) -> None:
    assert {*SERVICES} <= {*dir(client)}
    assert {*SERVICES} <= {*dir(client.with_org("123"))}
    completer = rlcompleter.Completer({"client": client, "view": client.with_org("123")})
    assert completer.complete("client.managem", 0) == "client.management"
    for name in ("client", "view"):
        completed = completer.complete(f"{name}.management.GetMyOr", 0)
        assert completed is not None
        assert completed.startswith(f"{name}.management.GetMyOrg")


def test_making_a_call_does_not_load_the_texts() -> None:
    script = (
        "from zitadel_grpc import Client; from zitadel_grpc.credentials import AccessToken\n"
        "from zitadel_grpc.api.management.v1 import GetMyOrgRequest\n"
        f"method = Client({URL!r}, AccessToken('ey.some.token')).management.GetMyOrg\n"
        "method.future(GetMyOrgRequest()).cancel()\n"
        "from zitadel_grpc import catalog, roles\n"
        "def loaded(): return [f.cache_info().currsize for f in (catalog._catalog, roles._permissions)]\n"
        "print(loaded()); method.__doc__; print(loaded())"
    )
    printed = subprocess.check_output([sys.executable, "-c", script], text=True, timeout=50)
    assert printed.splitlines() == ["[0, 0]", "[1, 1]"]


def _without_indent(text: str) -> str:
    """pydoc indents the documentation of an object by four spaces."""
    return "\n".join(line.removeprefix("    ") for line in text.splitlines())
