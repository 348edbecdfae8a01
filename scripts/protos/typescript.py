"""Reads the comments of ZITADEL's protobufs from the TypeScript declarations in the pinned package.

The descriptors in the package have no comments. protoc-gen-es writes them to `types/**/*.d.ts`, each above a
line that names its subject:

    /**
     * Returns the organization of the caller.
     *
     * @generated from rpc zitadel.management.v1.ManagementService.GetMyOrg
     */
"""

import re
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.protos.descriptors import declarations

_BLOCK = re.compile(r"/\*\*\n((?: *\*.*\n)+?) *\*/")
_MARGIN = re.compile(r"^ *\* ?", re.MULTILINE)
_SUBJECT = re.compile(r"^@generated from (message|enum value|enum|field|service|rpc):? (.+)$", re.MULTILINE)


def add_comments(image: FileDescriptorSet, types: Path) -> None:
    """Adds the comments in the directory `types` to the image, as if protoc had compiled the .proto files."""
    comments = {
        name: text
        for path in sorted(types.rglob("*.d.ts"))
        for name, text in _comments(path.read_text(encoding="utf-8"))
    }
    for file in image.file:
        for declaration in declarations(file):
            if text := comments.get(declaration.name):
                # buf refuses locations without a span.
                file.source_code_info.location.add(
                    path=declaration.path, span=(0, 0, 0), leading_comments=text
                )


def _comments(text: str) -> Iterator[tuple[str, str]]:
    """The comments of a file with the full names of their subjects."""
    scope = ""  # the message or enum whose fields or values follow
    for block in _BLOCK.finditer(text):
        lines = _MARGIN.sub("", block[1])
        if (subject := _SUBJECT.search(lines)) is None:
            continue
        kind, name = subject.groups()
        if kind in ("message", "enum"):
            scope = name
        elif kind == "rpc":
            name = "/".join(name.rsplit(".", 1))
        elif kind in ("field", "enum value"):  # `repeated string roles = 3;`
            name = f"{scope}.{name.partition(' = ')[0].split()[-1]}"
        if comment := lines[: subject.start()].replace("*\\/", "*/").strip():
            yield name, comment
