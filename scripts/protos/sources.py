"""What stubs can be made of: the pin, a directory of .proto files, an image, or an input of `buf build`."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos import pin, tools, workspace
from scripts.protos.descriptors import is_zitadel, parse_image, read_image
from scripts.protos.errors import ProtosError

_IMAGE_SUFFIXES = (".binpb", ".bin", ".pb")


@dataclass(frozen=True)
class Source:
    """Where protobufs come from, with a hash that tells whether they changed."""

    name: str
    digest: str
    load: Callable[[], FileDescriptorSet]
    version: str = ""
    integrity: str = ""
    is_pin: bool = False


def resolve(source: str | None) -> Source:
    """Find out what `source` is; None means the pin."""
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
        return _image(path.name, data, lambda: complete(parse_image(data, path.name)))
    if path.exists() or _is_remote(source):
        return _buf(source)
    raise ProtosError(
        f"{_redacted(source)} is no directory, file or address: "
        "SOURCE is a release's proto directory, a .binpb image, or an input of `buf build`"
    )


def complete(image: FileDescriptorSet) -> FileDescriptorSet:
    """Add the third-party files that an image imports and lacks, as the pin has them."""
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
    # Not the whole path: the name is written into the stubs, which travel to other machines.
    return _image("/".join(path.parts[-2:]), data, lambda: _compile(path, files))


def _compile(root: Path, files: list[str]) -> FileDescriptorSet:
    with workspace.temporary() as directory:
        third_party = directory / "third-party.binpb"
        third_party.write_bytes(_third_party().SerializeToString())
        image = directory / "image.binpb"
        options = ("--proto_path=.", f"--descriptor_set_in={third_party}", f"--descriptor_set_out={image}")
        done = tools.run(
            [*tools.PROTOC, *options, "--include_imports", "--include_source_info", *files], cwd=root
        )
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if "warning:" not in line] or [
                "protoc gave no reason"
            ]
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            if "File not found" in errors[0]:
                more += "; if only its buf.yaml knows where that comes from, give the image that `buf build` makes"
            raise ProtosError(f"{root} does not compile: {errors[0]}{more}")
        return read_image(image)


def _is_remote(source: str) -> bool:
    """Whether it reads as an address: a URL, a git remote, or a module of a buf registry."""
    return bool(
        re.search(r"://|^[\w.-]+@[\w.-]+:", source) or re.match(r"[\w-]+(\.[\w-]+)+/[\w-]+/[\w-]+", source)
    )


def _buf(source: str) -> Source:
    path = Path(source)
    argument, name = (str(path.resolve()), path.name) if path.exists() else (source, _redacted(source))
    with workspace.temporary() as directory:
        # There, as in this project's own directory buf would read our buf.yaml.
        command = [tools.script("buf-bin", "buf"), "build", argument, "-o", "image.binpb"]
        done = tools.run(command, cwd=directory)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            raise ProtosError(f"buf could not build {name}: {reason.replace(argument, name)}")
        data = (directory / "image.binpb").read_bytes()
    return _image(name, data, lambda: complete(parse_image(data, name)))


def _redacted(source: str) -> str:
    """The source without the user name and the password or token of a URL."""
    if "://" not in source:
        return source
    parts = urlsplit(source)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
