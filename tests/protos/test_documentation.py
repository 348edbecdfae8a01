"""Editors show the documentation of RPCs, messages and fields, and no text of a source becomes code."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import tools
from scripts.protos.descriptors import declarations
from scripts.protos.texts import clean
from tests.protos.project import RELEASE, Project, write

GREET = """\
Says hello. Once only.

Permission: greeting.read.

REST: `GET /greetings/{name}`"""

# Each of these is the comment on a message, a field, an enum, a value and an RPC.
HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    '"""); __import__("os").abort(); ("""',
    "\\",
    'ends with a quote "',
    'ends with three """',
    'ends with a backslash and a quote \\"',
    '\\"""\\',
    "\\N{DIGIT ONE} \\x41 \\",
    "a carriage return\rimport os\fimport sys\vimport re\x85import ast\u2028import abc\u2029",
    "a null \0, an escape \x1b[31m, a reversal \u202eabc",
    "    indented\n\n\n\n\n\tfar",
    "@deprecated\n: pass\n...\n#",
    "{0} {name} %s $x",
    "very long " * 100_000,
]


DECLARATIONS = """
message MX{0} {{
    option deprecated = true;
    string f = 1;
    string d = 2 [deprecated = true];
}}
enum EX{0} {{
    option deprecated = true;
    EX{0}_A = 0;
}}
"""
RPC = r"""
    rpc RX{0}(MX{0}) returns (MX{0}) {{
        option deprecated = true;
        option (google.api.http) = {{ get: "/\"\"\"\nimport os; os.abort()\\" }};
        option (zitadel.v1.auth_option) = {{ permission: "\"\"\"\nimport os; os.abort()\\" }};
    }}
"""


def hostile_proto() -> str:
    head = 'syntax = "proto3"; package zitadel.hostile.v1;'
    head += 'import "google/api/annotations.proto"; import "zitadel/options.proto";'
    rpcs = "".join(RPC.format(number) for number in range(len(HOSTILE)))
    return (
        f"{head}{''.join(DECLARATIONS.format(number) for number in range(len(HOSTILE)))}service S {{{rpcs}}}"
    )


def documented(stub: bytes) -> dict[str, str]:
    """The docstrings in a file by their places; those of attributes too."""
    docs: dict[str, str] = {}

    def read(scope: ast.Module | ast.ClassDef | ast.FunctionDef, prefix: str) -> None:
        name = ""
        for node in scope.body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                if isinstance(node.value.value, str):
                    docs[prefix + name if name else prefix.rstrip(".")] = inspect.cleandoc(node.value.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = node.target.id
            elif isinstance(node, ast.ClassDef | ast.FunctionDef):
                read(node, f"{prefix}{node.name}.")

    read(ast.parse(stub), "")
    return docs


def code(stub: bytes) -> str:
    """The file without its docstrings, and without the `...` in their place."""
    tree = ast.parse(stub)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [
                each
                for each in node.body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ]
    return ast.dump(tree)


def test_comments_become_docstrings(project: Project, release: Path) -> None:
    greeting = (release / "zitadel" / "greeting.proto").read_text()
    greeting = greeting.replace("message Greeting", "// What is said.\nmessage Greeting")
    greeting = greeting.replace("string text", "\n// In full.\nstring text")
    greeting = greeting.replace("MOOD_GOOD = 1;", "MOOD_GOOD = 1; // As a rule.\n")
    project.build(write(release, {"zitadel/greeting.proto": greeting}))
    stubs = project.stubs()

    services = documented(stubs["greeter/v1/greeter_pb2_grpc.pyi"])
    for name in ("GreeterServiceStub", "GreeterServiceAsyncStub", "GreeterServiceServicer"):
        assert services[name] == "Greets whoever asks."
        assert services[f"{name}.Greet"] == GREET
        assert services[f"{name}.Forget"] == "Deprecated: ZITADEL names no successor."
    messages = documented(stubs["greeting/v1/greeting_pb2.pyi"])
    assert messages["Greeting"] == "What is said."
    assert messages["Greeting.text"] == "In full."
    assert messages["MOOD_GOOD"] == "As a rule."
    # Modules that are loaded at run time stay as small as they are without comments.
    assert not [name for name, data in stubs.items() if name.endswith(".py") and b"Says hello" in data]


@pytest.mark.slow
def test_the_text_of_the_pin_is_used_if_a_source_has_none(project: Project, release: Path) -> None:
    without = (
        'syntax = "proto3"; package zitadel.org.v2; message AddOrganizationRequest { string org_id = 3; }'
    )
    without += "message R {} service OrganizationService { {}rpc AddOrganization(R) returns (R); }"
    path = write(release, {"zitadel/org.proto": without.replace("{}rpc", "rpc")})
    project.build(path)
    rpc = documented(project.stubs()["org/v2/org_pb2_grpc.pyi"])["OrganizationServiceStub.AddOrganization"]
    fields = documented(project.stubs()["org/v2/org_pb2.pyi"])
    assert "organization" in rpc.partition("Permission: ")[0]
    assert "unique" in fields["AddOrganizationRequest.org_id"]

    write(release, {"zitadel/org.proto": without.replace("{}rpc", "\n// Ours.\nrpc")})
    project.build(path)
    rpc = documented(project.stubs()["org/v2/org_pb2_grpc.pyi"])["OrganizationServiceStub.AddOrganization"]
    assert rpc == "Ours."


@pytest.mark.slow
def test_an_rpc_is_deprecated_if_the_stubs_have_its_successor(project: Project, release: Path) -> None:
    service = "service UserService { rpc ListUsers(R) returns (R); } message R {}"
    v2beta = f'syntax = "proto3"; package zitadel.user.v2beta; {service}'
    path = write(release, {"zitadel/v2beta.proto": v2beta})
    project.build(path)
    stub = project.stubs()["user/v2beta/v2beta_pb2_grpc.pyi"]
    assert b"_deprecated(" not in stub
    assert (
        "Deprecated in newer servers; successor zitadel.user.v2.UserService/ListUsers, not in these stubs."
        in documented(stub)["UserServiceStub.ListUsers"]
    )

    write(release, {"zitadel/v2.proto": v2beta.replace("v2beta", "v2")})
    project.build(path)
    stub = project.stubs()["user/v2beta/v2beta_pb2_grpc.pyi"]
    assert stub.count(b"@_deprecated('use zitadel.user.v2.UserService/ListUsers')\n    def ListUsers(") == 2
    assert (
        "Deprecated: use zitadel.user.v2.UserService/ListUsers."
        in documented(stub)["UserServiceServicer.ListUsers"]
    )
    assert b"_deprecated(" not in project.stubs()["user/v2/v2_pb2_grpc.pyi"]
    code = (
        "from zitadel_grpc import catalog\n"
        "print(catalog.get('zitadel.user.v2beta.UserService/ListUsers').deprecation,"
        "catalog.get('zitadel.user.v2.UserService/ListUsers').deprecation)"
    )
    assert project.python(code) == "use zitadel.user.v2.UserService/ListUsers"


def test_streams_keep_their_types(project: Project, release: Path) -> None:
    rpcs = (
        "rpc Down(R) returns (stream R); rpc Up(stream R) returns (R); rpc Both(stream R) returns (stream R);"
    )
    streams = f'syntax = "proto3"; package zitadel.streams.v1; message R {{}} service S {{ {rpcs} }}'
    project.build(write(release, {"zitadel/streams.proto": streams}))
    stub = project.stubs()["streams/v1/streams_pb2_grpc.pyi"].decode()
    one = "_streams_pb2.R"
    for name, kind in (("Down", "UnaryStream"), ("Up", "StreamUnary"), ("Both", "StreamStream")):
        assert f"    {name}: _grpc.{kind}MultiCallable[{one}, {one}]\n" in stub
        assert f"    {name}: _aio.{kind}MultiCallable[{one}, {one}]  # type: ignore[assignment]\n" in stub
    streamed = f"_Iterator[{one}] | _AsyncIterator[{one}]"
    assert f"def Down(self, request: {one}, context: _ServicerContext) -> {streamed}" in stub
    assert f"def Both(self, request_iterator: _MaybeAsyncIterator[{one}], context: _ServicerContext)" in stub


@pytest.mark.slow
@pytest.mark.slow
def test_a_text_cannot_become_code(project: Project, release: Path, pin: Path, tmp_path: Path) -> None:
    write(release, {"zitadel/hostile.proto": hostile_proto()})
    path = tmp_path / "hostile.binpb"
    files = [*RELEASE, "zitadel/hostile.proto"]
    command = [*tools.PROTOC, "-I.", f"--descriptor_set_in={pin}", f"--descriptor_set_out={path}", *files]
    assert tools.run(command, cwd=release).returncode == 0
    project.build(path)
    before = project.stubs()

    image = FileDescriptorSet.FromString(path.read_bytes())
    [file] = [file for file in image.file if file.name == "zitadel/hostile.proto"]
    for name, path_of, _ in declarations(file):
        digits = re.search(r"X(\d+)", name)
        text = HOSTILE[int(digits[1]) if digits else 0]
        # mypy-protobuf would make the comment on the option `deprecated` the message of the deprecation.
        for suffix in ((), (8, 3), (7, 3), (3, 3), (4, 33)):
            file.source_code_info.location.add(
                path=(*path_of, *suffix),
                leading_detached_comments=[text],
                leading_comments=text,
                trailing_comments=text,
            )
    path.write_bytes(image.SerializeToString())
    project.build(path)
    after = project.stubs()

    assert before.keys() == after.keys()
    for name in (name for name in after if name.endswith(".pyi")):
        assert code(after[name]) == code(before[name])
        assert "abort" not in code(after[name])
    assert {name for name in after if before[name] != after[name]} == {
        "__init__.py",  # the hash of the source
        "_catalog.json",  # the summaries
        "hostile/v1/hostile_pb2.pyi",
        "hostile/v1/hostile_pb2_grpc.pyi",
    }
    messages = documented(after["hostile/v1/hostile_pb2.pyi"])
    services = documented(after["hostile/v1/hostile_pb2_grpc.pyi"])
    for number, text in enumerate(HOSTILE):
        shown = inspect.cleandoc(clean(text))
        for place in ("MX{}", "MX{}.f", "MX{}.d", "EX{}", "EX{}_A"):
            assert messages[place.format(number)].rstrip() == shown
        for place in ("SStub.RX{}", "SAsyncStub.RX{}", "SServicer.RX{}"):
            doc = services[place.format(number)]
            assert doc.startswith(clean(text))
            assert doc.endswith('REST: `GET /""" import os; os.abort()\\`')


def test_confusing_characters_are_removed() -> None:
    assert (
        clean("a null \0, an escape \x1b[31m, a reversal \u202eabc")
        == "a null , an escape [31m, a reversal abc"
    )
    assert clean("one\r\ntwo \n\n\n\n\tthree\u2028 four\xa0five") == "one\ntwo\n\n three  four five"
    assert clean("a\rb\vc\fd\u2003e\u3000f\u2028g\x85h") == "a b c d e f g h"
    assert len(clean("very long " * 100_000)) < 5_000
