"""Sources of stubs: the pin, a directory of .proto files, an image, or an input of `buf build`."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import pin, tools, workspace
from scripts.protos.descriptors import is_zitadel, parse_image, read_image
from scripts.protos.errors import ProtosError

_IMAGE_SUFFIXES = (".binpb", ".bin", ".pb")


@dataclass(frozen=True)
class Source:
    """Where protobufs come from, with a hash that detects changes."""

    name: str
    digest: str
    load: Callable[[], FileDescriptorSet]
    version: str = ""
    integrity: str = ""
    is_pin: bool = False


def resolve(source: str | None) -> Source:
    """Finds out what kind of source `source` is. None is the pin."""
    if source is None:
        version, integrity = pin.locked_package()
        return Source(
            pin.PACKAGE,
            workspace.digest(*workspace.PIN_FILES),
            pin.pinned_image,
            version,
            integrity,
            is_pin=True,
        )
    path = Path(source)
    if path.is_dir():
        return _directory(path.resolve())
    if path.is_file() and path.suffix in _IMAGE_SUFFIXES:
        data = path.read_bytes()
        return _image(_name(source), data, lambda: complete(parse_image(data, source)))
    if path.exists() or _is_address(source):
        return _buf(source)
    raise ProtosError(
        f"{source} is not a directory, a file or an address: "
        "SOURCE must be a release's proto directory, a .binpb image, or an input of `buf build`"
    )


def complete(image: FileDescriptorSet) -> FileDescriptorSet:
    """Adds the missing third-party files that an image imports, in the pin's version."""
    names = {file.name for file in image.file}
    if not {dependency for file in image.file for dependency in file.dependency} - names:
        return image
    completed = FileDescriptorSet(file=[file for file in _third_party().file if file.name not in names])
    completed.MergeFrom(image)
    return completed


def _third_party() -> FileDescriptorSet:
    return FileDescriptorSet(file=[file for file in pin.pinned_image().file if not is_zitadel(file)])


def _image(name: str, data: bytes, load: Callable[[], FileDescriptorSet]) -> Source:
    sha256 = hashlib.sha256(data)
    return Source(
        name, sha256.hexdigest(), load, integrity=f"sha256-{base64.b64encode(sha256.digest()).decode()}"
    )


def _directory(path: Path) -> Source:
    if (path / "proto" / "zitadel").is_dir():  # a whole release, not only its protobufs
        path = path / "proto"
    files = sorted(
        file.relative_to(path).as_posix()
        for file in path.rglob("*.proto")
        if not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not files:
        raise ProtosError(f"{path} has no .proto files")
    data = "".join(workspace.digest(path / file) + file for file in files).encode()
    return _image(_name(str(path)), data, lambda: _compile(path, files))


def _compile(root: Path, files: list[str]) -> FileDescriptorSet:
    with workspace.temporary() as directory:
        third_party, image = directory / "third-party.binpb", directory / "image.binpb"
        third_party.write_bytes(_third_party().SerializeToString())
        options = (
            "--proto_path=.",
            f"--descriptor_set_in={third_party}",
            f"--descriptor_set_out={image}",
            "--include_imports",
            "--include_source_info",
        )
        done = tools.run([*tools.PROTOC, *options, *files], cwd=root)
        if done.returncode != 0:
            raise ProtosError(f"{root} does not compile: {_first_error(done.stderr)}")
        return read_image(image)


def _first_error(output: str) -> str:
    first, *others = [line for line in output.splitlines() if "warning:" not in line] or [
        "protoc reported no reason"
    ]
    more = f" (and {len(others)} more)" if others else ""
    if "File not found" in first:
        more += "; if its buf.yaml declares that dependency, pass an image built with `buf build`"
    return first + more


def _is_address(source: str) -> bool:
    """Whether it looks like a URL, a path with options, a git remote, or a module of a buf registry."""
    return bool(re.search(r"://|#|^[\w.-]+@[\w.-]+:|^[\w-]+(\.[\w-]+)+/[\w-]+/[\w-]+", source))


def _buf(source: str) -> Source:
    name = _name(source)
    with workspace.temporary() as directory:
        image = directory / "image.binpb"
        done = tools.run([tools.script("buf-bin", "buf"), "build", source, "-o", image])
        if done.returncode != 0:
            raise ProtosError(f"buf could not build {name}: {_without_credentials(tools.reason(done))}")
        data = image.read_bytes()
    return _image(name, data, lambda: complete(parse_image(data, name)))


def _name(source: str) -> str:
    """The name of a source in messages and in the stubs, which other machines get too.

    It has only the last two parts of a path, and neither the username nor the token of a URL.
    """
    path, separator, options = source.partition("#")
    if Path(path).exists():
        return "/".join(Path(path).resolve().parts[-2:]) + separator + options
    return _without_credentials(source)


def _without_credentials(text: str) -> str:
    return re.sub(r"(?<=://)[^/\s]*@", "", text)
