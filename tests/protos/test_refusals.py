"""A failed build reports what is wrong in one line, and the existing stubs stay."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.protos import tools
from scripts.protos.errors import ProtosError
from tests.protos.project import GREETER, GREETING, Project, write

BROKEN = {
    "no services": ({"zitadel/greeting.proto": GREETING}, "contains no ZITADEL services"),
    "no protobufs": ({"README.txt": "Nothing here."}, "has no .proto files"),
    "a type that is not there": (
        {"zitadel/greeting.proto": GREETING.replace("string text", "strin text")},
        'proto does not compile: zitadel/greeting.proto:4:20: "strin" is not defined.',
    ),
    "an import that is not there": (
        {"zitadel/greeting.proto": GREETING.replace("package", 'import "buf/validate.proto"; package')},
        "buf/validate.proto: File not found.",
    ),
    "a package that Python cannot import": (
        {"zitadel/b.proto": 'syntax = "proto3"; package zitadel.import.v1; message Other {}'},
        "zitadel/b.proto: Python cannot import the package zitadel.import.v1: 'import' is a keyword",
    ),
    "two files for one module": (
        {"zitadel/a/greeter.proto": 'syntax = "proto3"; package zitadel.greeter.v1; message Other {}'},
        "zitadel/a/greeter.proto and zitadel/greeter.proto would both become zitadel_grpc/api/greeter/v1/",
    ),
    "a message named like a stub": (
        {"zitadel/b.proto": 'syntax = "proto3"; package zitadel.greeter.v1; message GreeterServiceStub {}'},
        "the package zitadel.greeter.v1 defines GreeterServiceStub twice, "
        "in zitadel_grpc/api/greeter/v1/b.proto and in zitadel_grpc/api/greeter/v1/greeter.proto",
    ),
    "a message named like the stub of its own file": (
        {"zitadel/greeter.proto": GREETER + "message GreeterServiceStub {}"},
        "defines GreeterServiceStub twice",
    ),
    "two services for one attribute": (
        {"zitadel/b.proto": GREETER.replace("zitadel.greeter.v1", "zitadel.greeter")},
        "'greeter' for both zitadel.greeter.GreeterService and zitadel.greeter.v1.GreeterService",
    ),
    "a service for an attribute that the client has": (
        {"zitadel/b.proto": GREETER.replace("zitadel.greeter.v1", "zitadel.stub.v1")},
        "clients cannot have the attribute 'stub' for zitadel.stub.v1.GreeterService",
    ),
}


@pytest.mark.parametrize(("files", "message"), BROKEN.values(), ids=BROKEN)
def test_an_invalid_source_is_reported(
    project: Project, release: Path, files: dict[str, str], message: str
) -> None:
    project.build(release)
    before = project.stubs()
    if "zitadel/greeting.proto" in files or "README.txt" in files:
        shutil.rmtree(release)
    assert message in project.refusal("build", write(release, files))
    assert project.stubs() == before
    assert not list(project.root.glob("build/protos/tmp-*"))


def test_a_missing_path_is_reported(project: Project) -> None:
    assert "../nowhere/proto is not a directory, a file or an address" in project.refusal(
        "build", "../nowhere/proto"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "is empty"), (b"\xff" * 9, "is not a descriptor image")],
    ids=["empty", "garbage"],
)
def test_an_invalid_image_is_reported(project: Project, data: bytes, message: str) -> None:
    (project.root / "some.binpb").write_bytes(data)
    assert f"some.binpb {message}" in project.refusal("build", "some.binpb")


def test_an_unreachable_address_is_reported_without_its_credentials(project: Project) -> None:
    refusal = project.refusal("build", "https://user:hidden@127.0.0.1:9/zitadel.git")
    assert "buf could not build https://127.0.0.1:9/zitadel.git" in refusal
    assert "hidden" not in refusal


def test_an_unreachable_registry_is_reported(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(project.root / "build")
    settings = {"registry": "http://127.0.0.1:9/", "cache": str(tmp_path / "cache"), "fetch_retries": "0"}
    refusal = project.refusal("build", **{f"npm_config_{name}": value for name, value in settings.items()})
    assert "@zitadel/proto 1.3.1 could not be fetched, because the npm registry is unreachable" in refusal
    assert not project.api.exists()


def test_a_lock_file_without_the_pin_is_reported(project: Project) -> None:
    lock = project.root / "protos" / "package-lock.json"
    lock.write_text(json.dumps({"packages": {}}))
    assert "protos/package-lock.json does not pin @zitadel/proto" in project.refusal("build")


def test_an_unsupported_system_is_reported(project: Project) -> None:
    code = "import sys, runpy; sys.modules['fcntl'] = None; sys.argv[1:] = ['build']; "
    code += "runpy.run_module('scripts.protos', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=project.root, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "protos: generating the stubs requires Linux, macOS or WSL: see protos/README.md\n"


def test_a_missing_tool_is_reported() -> None:
    with pytest.raises(ProtosError, match=r"no-such-tool is not installed: run `make setup`"):
        tools.script("no-such-tool", "protoc-gen-nothing")
