"""Editors show what an RPC does and needs; type checkers report RPCs that are deprecated."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

pytestmark = pytest.mark.pin

CODE = """\
from grpc import Channel, aio
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api.management.v1 import ManagementServiceStub
from zitadel_grpc.api.user.v2 import UserServiceServicer
from zitadel_grpc.api.user.v2beta import UserServiceStub

async def call(client: AsyncClient, sync: Client, channel: Channel, async_channel: aio.Channel) -> None:
    reveal_type(ManagementServiceStub(channel))
    reveal_type(ManagementServiceStub(async_channel))
    reveal_type(client.management.GetMyOrg)
    reveal_type(sync.management.GetMyOrg)
    reveal_type(client.user_v2beta.ListUsers)
    reveal_type(UserServiceStub(channel).ListUsers)
    UserServiceServicer.ListUsers
"""
LINES = CODE.splitlines()
CHECKERS = {
    "mypy": ["mypy", "--enable-error-code=deprecated", "--cache-dir=/dev/null", "--config-file=", "code.py"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}
REVEALED = {
    # pyright does not show whether a class is from grpc or from grpc.aio.
    "pyright": [
        "ManagementServiceStub",
        "ManagementServiceAsyncStub",
        *["UnaryUnaryMultiCallable[GetMyOrgRequest, GetMyOrgResponse]"] * 2,
        *["UnaryUnaryMultiCallable[ListUsersRequest, ListUsersResponse]"] * 2,
    ],
    "mypy": [
        "zitadel_grpc.api.management.v1.management_pb2_grpc.ManagementServiceStub",
        "zitadel_grpc.api.management.v1.management_pb2_grpc.ManagementServiceAsyncStub",
        "grpc.aio.UnaryUnaryMultiCallable[management.GetMyOrgRequest, management.GetMyOrgResponse]",
        "grpc.UnaryUnaryMultiCallable[management.GetMyOrgRequest, management.GetMyOrgResponse]",
        "grpc.aio.UnaryUnaryMultiCallable[user.ListUsersRequest, user.ListUsersResponse]",
        "grpc.UnaryUnaryMultiCallable[user.ListUsersRequest, user.ListUsersResponse]",
    ],
}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    pytest.importorskip("pyright")
    path = tmp_path / "code.py"
    path.write_text(CODE)
    (tmp_path / "pyrightconfig.json").write_text('{"reportDeprecated": "error"}')
    return path


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_know_the_stubs_and_report_deprecated_rpcs(checker: str, code: Path) -> None:
    command = [sys.executable, "-m", *CHECKERS[checker]]
    done = subprocess.run(command, check=False, cwd=code.parent, capture_output=True, text=True)
    revealed = re.findall(r'(?:Revealed type is|Type of .* is) "(.+)"', done.stdout)
    short = [
        re.sub(r"zitadel_grpc\.api\.(\w+)\.\w+\.\w+_pb2\.", r"\1.", name) if "[" in name else name
        for name in revealed
    ]
    assert short == REVEALED[checker]
    errors = re.findall(r"code\.py:(\d+).*error: (.+(?:\n\s+.+)?)", done.stdout)
    assert [int(line) for line, _ in errors] == [12, 13]
    assert all("use zitadel.user.v2.UserService/ListUsers" in error for _, error in errors)


@pytest.mark.slow
@pytest.mark.slow
def test_a_language_server_shows_what_an_rpc_does_and_needs(code: Path) -> None:
    with LanguageServer(code) as server:
        for line in (10, 11):
            shown = server.hover(line, "GetMyOrg")
            assert "GetMyOrg: UnaryUnaryMultiCallable[GetMyOrgRequest, GetMyOrgResponse]" in shown
            assert "Get My Organization" in shown
            assert re.search(r"Permission: org.read, granted by the Manager roles .*\bORG_OWNER\b", shown)
            assert "REST: `GET /management/v1/orgs/me`" in shown
        assert "Deprecated: use zitadel.user.v2.UserService/ListUsers." in server.hover(12, "ListUsers")
        assert "REST: `POST /v2/users`" in server.hover(14, "ListUsers")


class LanguageServer:
    """A conversation with pyright's language server about one file."""

    def __init__(self, code: Path) -> None:
        self._code = code
        self._number = 0

    def __enter__(self) -> "LanguageServer":
        command = [sys.executable, "-m", "pyright.langserver", "--stdio"]
        self._process = subprocess.Popen(
            command,
            cwd=self._code.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        uri = self._code.parent.as_uri()
        self._ask(
            "initialize",
            processId=None,
            rootUri=uri,
            workspaceFolders=[{"uri": uri, "name": "code"}],
            capabilities={
                "workspace": {"configuration": True},
                "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
            },
        )
        self._send(method="initialized", params={})
        document = {"uri": self._code.as_uri(), "languageId": "python", "version": 1, "text": CODE}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def hover(self, line: int, name: str) -> str:
        """What an editor shows for a name in a line. Lines are numbered from 1."""
        position = {"line": line - 1, "character": LINES[line - 1].index(f".{name}") + 1}
        shown = self._ask("textDocument/hover", textDocument={"uri": self._code.as_uri()}, position=position)
        return cast(str, shown["contents"]["value"])

    def _ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._send(id=self._number, method=method, params=params)
        while True:
            message = self._receive()
            if "method" not in message and message["id"] == self._number:
                return message["result"]
            if "id" in message:  # a request from the server
                python = {"pythonPath": sys.executable}
                items = message["params"].get("items", []) if message.get("params") else []
                self._send(id=message["id"], result=[python] * len(items))

    def _send(self, **message: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        headers = b"".join(iter(self._process.stdout.readline, b"\r\n"))
        length = re.search(rb"Content-Length: (\d+)", headers)
        assert length, "the language server ended"
        return cast(dict[str, Any], json.loads(self._process.stdout.read(int(length[1]))))
