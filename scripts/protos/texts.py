"""Collects the texts of a source about its services, RPCs, messages, fields and enums.

A source is not trusted: every text returned here has gone through `clean`.
"""

import re
import textwrap
import unicodedata
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from scripts.protos.descriptors import CustomOptions, declarations, is_zitadel

_OPENAPI = "grpc.gateway.protoc_gen_openapiv2.options.openapiv2_"
_LONGEST = 4000  # characters; ZITADEL's longest text has 1,700


def collect(image: FileDescriptorSet, options: CustomOptions) -> dict[str, str]:
    """The texts, keyed by the full names of declarations. Declarations without a text are omitted.

    A text has the title and the description of the OpenAPI options. Without a description it has the comment.
    An empty line separates paragraphs.
    """
    texts: dict[str, str] = {}
    for file in filter(is_zitadel, image.file):
        comments = _comments(file)
        for name, path, own in declarations(file):
            title, description = _openapi(options.of(own) if own.ByteSize() else {})
            comment = clean(textwrap.dedent(comments.get(path, "")))
            paragraphs = [clean(title), clean(description) or comment.removeprefix(clean(title)).lstrip()]
            if text := "\n\n".join(dict.fromkeys(filter(None, paragraphs))):
                texts[name] = text
    return texts


def clean(text: str) -> str:
    """The text without control and format characters (such as those that reverse the direction of text), with
    at most one empty line in a row, and cut if it is too long."""
    text = "".join(
        char if char == "\n" or unicodedata.category(char)[0] not in "CZ" else " " * char.isspace()
        for char in text.replace("\r\n", "\n")
    )
    lines = [line.rstrip() for line in text.strip().split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def one_line(text: str) -> str:
    return " ".join(clean(text).split())


def first_sentence(text: str) -> str:
    paragraph = one_line(text.partition("\n\n")[0])
    return re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]


def _openapi(said: dict[str, Any]) -> tuple[str, str]:
    """Title and description in the OpenAPI options of an RPC, a field or a message."""
    if (operation := said.get(f"{_OPENAPI}operation")) is not None:
        return operation.summary, operation.description
    if (field := said.get(f"{_OPENAPI}field")) is not None:
        return field.title, field.description
    if (schema := said.get(f"{_OPENAPI}schema")) is not None:
        return schema.json_schema.title, schema.json_schema.description
    return "", ""


def _comments(file: FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """The comments by the paths of their declarations; images of some sources have none."""
    return {
        tuple(location.path): location.leading_comments or location.trailing_comments
        for location in file.source_code_info.location
    }
