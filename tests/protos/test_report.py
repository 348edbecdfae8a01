"""Another source is compared with the pin: what it adds, what it removes, and what breaks clients."""

from pathlib import Path

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet

from tests.protos.project import Project


def write_changed(
    pin: Path, path: Path, *, break_messages: bool = False, remove: bool = False, add: bool = False
) -> Path:
    """The pin with changes of the System API."""
    image = FileDescriptorSet.FromString(pin.read_bytes())
    [system] = [file for file in image.file if file.name == "zitadel/system.proto"]
    if break_messages:
        [domain] = [message for message in system.message_type if message.name == "AddDomainRequest"]
        domain.field[0].type = FieldDescriptorProto.TYPE_INT64
    if remove:
        del system.service[0].method[0]
    if add:
        [message] = [message for message in system.message_type if message.name == "HealthzRequest"]
        message.field.add(name="why", number=1, type=FieldDescriptorProto.TYPE_STRING, label=1)
        new = system.service.add(name="NewService")
        new.method.add(
            name="Do",
            input_type=".zitadel.system.v1.HealthzRequest",
            output_type=".zitadel.system.v1.HealthzResponse",
        )
    path.write_bytes(image.SerializeToString())
    return path


def test_the_pin_compared_with_itself_has_no_changes(project: Project, pin: Path, tmp_path: Path) -> None:
    done = project.run("diff", write_changed(pin, tmp_path / "same.binpb"))
    assert done.stdout.splitlines()[1:] == [
        "compared with the pin (30 services, 867 RPCs):",
        "  adds 0 services, 0 RPCs",
        "  removes 0 services, 0 RPCs",
        "no breaking changes",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_additions_do_not_break_clients(project: Project, pin: Path, tmp_path: Path) -> None:
    done = project.run("diff", write_changed(pin, tmp_path / "more.binpb", add=True))
    assert "  adds 1 service, 1 RPC\n  + zitadel.system.v1.NewService (1 RPC)\n" in done.stdout
    assert done.stdout.endswith("no breaking changes\n")
    assert done.returncode == 0


def test_a_removed_rpc_breaks_clients(project: Project, pin: Path, tmp_path: Path) -> None:
    done = project.run("diff", write_changed(pin, tmp_path / "less.binpb", remove=True))
    assert "  removes 0 services, 1 RPC\n  - zitadel.system.v1.SystemService/Healthz\n" in done.stdout
    assert "breaking: 1 removed RPC, 0 changes of messages" in done.stdout
    assert (done.returncode, done.stderr) == (1, "")


def test_a_changed_field_breaks_clients(project: Project, pin: Path, tmp_path: Path) -> None:
    done = project.run("diff", write_changed(pin, tmp_path / "other.binpb", break_messages=True))
    assert "breaking: 0 removed RPCs, 1 change of messages\n  ! zitadel/system.proto: Field" in done.stdout
    assert (done.returncode, done.stderr) == (1, "")


def test_a_diff_does_not_generate_stubs(project: Project, pin: Path) -> None:
    project.run("diff", pin)
    assert not project.api.exists()


def test_a_build_reports_what_it_adds_and_removes(project: Project, release: Path) -> None:
    output = project.build(release).splitlines()
    assert output[1:5] == [
        "compared with the pin (30 services, 867 RPCs):",
        "  adds 1 service, 2 RPCs",
        "  + zitadel.greeter.v1.GreeterService (2 RPCs)",
        "  removes 30 services, 867 RPCs",
    ]
