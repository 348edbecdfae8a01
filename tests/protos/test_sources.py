"""`make protos SOURCE=…` generates stubs from every kind of source."""

import json
import tarfile
from pathlib import Path

from tests.protos.project import GREETING, Project, write

GREET = """
from zitadel_grpc.api import PROTO_SOURCE
from zitadel_grpc.api._services import SERVICES
from zitadel_grpc.api.greeter.v1 import GreeterServiceStub, GreetResponse
from zitadel_grpc.api.greeting.v1 import MOOD_GOOD, Greeting

print(PROTO_SOURCE.name, PROTO_SOURCE.services, PROTO_SOURCE.rpcs, *SERVICES)
print(GreeterServiceStub.__name__, GreetResponse(greeting=Greeting(mood=MOOD_GOOD)).WhichOneof("answer"))
"""
ANSWER = "{} 1 2 greeter\nGreeterServiceStub greeting"


def test_a_directory_with_third_party_imports_from_the_pin(project: Project, release: Path) -> None:
    assert project.build(release).startswith("zitadel-v9/proto: 1 service, 2 RPCs → zitadel_grpc/api")
    assert project.python(GREET) == ANSWER.format("zitadel-v9/proto")


def test_a_whole_release_whose_protobufs_are_in_proto(project: Project, release: Path) -> None:
    project.build(release.parent)
    assert project.python(GREET) == ANSWER.format("zitadel-v9/proto")


def test_an_image_without_third_party_imports(project: Project, image: Path) -> None:
    project.build(image)
    assert project.python(GREET) == ANSWER.format("images/release.binpb")


def test_any_buf_input(project: Project, tmp_path: Path) -> None:
    own = write(
        tmp_path / "own",
        {"zitadel/greeting.proto": GREETING + "service S { rpc Do(Greeting) returns (Greeting); }"},
    )
    archive = tmp_path / "own.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(own, arcname=".")
    assert "1 service, 1 RPC" in project.build(archive)
    assert "class SStub" in project.stubs()["greeting/v1/greeting_pb2_grpc.py"].decode()


def test_stubs_contain_no_path_of_the_build_machine(project: Project, release: Path, tmp_path: Path) -> None:
    project.build(release)
    assert not [name for name, data in project.stubs().items() if str(tmp_path).encode() in data]


def test_custom_options_go_to_the_catalog_and_nowhere_else(project: Project, release: Path) -> None:
    project.build(release)
    stubs = project.stubs()
    assert json.loads(stubs["_catalog.json"]) == {
        "zitadel.greeter.v1.GreeterService": {
            "Greet": [
                "greeting.read",
                "GET",
                "/greetings/{name}",
                "Says hello.",
                "Says hello. Once only.",
                False,
                "",
                [],
            ],
            "Forget": ["", "", "", "", "", True, "", []],
        }
    }
    module = stubs["greeter/v1/greeter_pb2.py"]
    assert b"greeting.read" not in module
    assert b"validate" not in module
    assert "v1/options_pb2.py" not in stubs


def test_files_that_moved_keep_their_place_in_the_stubs(project: Project, release: Path) -> None:
    project.build(release)
    before = project.stubs().keys()
    (release / "zitadel" / "greeting").mkdir()
    (release / "zitadel" / "greeting.proto").rename(release / "zitadel" / "greeting" / "greeting.proto")
    greeter = release / "zitadel" / "greeter.proto"
    greeter.write_text(
        greeter.read_text().replace("zitadel/greeting.proto", "zitadel/greeting/greeting.proto")
    )
    project.build(release)
    assert project.stubs().keys() == before


def test_several_services_of_a_package_are_named_individually(project: Project, release: Path) -> None:
    more = "service HTTPGreeterService { rpc Do(Greeting) returns (Greeting); }"
    more += "service Echo { rpc Do(Greeting) returns (Greeting); }"
    write(release, {"zitadel/greeting.proto": GREETING.replace("greeting.v1", "greeting.v2beta") + more})
    (release / "zitadel" / "greeter.proto").unlink()
    project.build(release)
    names = project.python("from zitadel_grpc.api._services import SERVICES; print(*SERVICES)")
    assert names == "greeting_v2beta_echo greeting_v2beta_http_greeter"


def test_types_of_other_packages_are_included_if_messages_use_them(project: Project, release: Path) -> None:
    other = 'syntax = "proto3"; package acme.money.v1; message Coin { int32 cents = 1; } message Note {}'
    unused = 'syntax = "proto3"; package acme.unused.v1; message Unused {}'
    imports = (
        'import "acme/money.proto"; import "acme/unused.proto"; import "google/protobuf/timestamp.proto";'
    )
    text = GREETING.replace(
        "message Greeting {",
        "message Greeting { acme.money.v1.Coin coin = 3; google.protobuf.Timestamp at = 4;",
    )
    text = text.replace("package", f"{imports} package")
    write(release, {"acme/money.proto": other, "acme/unused.proto": unused, "zitadel/greeting.proto": text})
    project.build(release)
    code = (
        "from zitadel_grpc.api.greeting.v1 import Greeting; from zitadel_grpc.api.acme.money.v1 import Coin;"
    )
    assert project.python(code + "print(Greeting(coin=Coin(cents=5)).coin.cents)") == "5"
    assert not [name for name in project.stubs() if "unused" in name or "timestamp" in name]
