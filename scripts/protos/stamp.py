"""Tells what the stubs were made of.

Standard library only: the build hook asks it before anything is installed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.protos.workspace import API, ROOT, WORKSPACE, digest

_FILE = WORKSPACE / "stamp.json"


@dataclass(frozen=True)
class Stamp:
    """What stubs were made of, by what, and what came out: hashes and versions."""

    source: str
    is_pin: bool
    scripts: str
    tools: dict[str, str]
    stubs: str

    @classmethod
    def read(cls) -> "Stamp | None":
        """The stamp of the stubs that are in place; None if there are none, or others."""
        if not API.is_dir():
            return None
        try:
            stamp = cls(**json.loads(_FILE.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return stamp if stamp.stubs == digest_stubs(API) else None

    def write(self) -> None:
        new = _FILE.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        new.rename(_FILE)


def digest_scripts() -> str:
    """Of all that is ours and decides what is written: the validation's part, which rules it knows."""
    return digest(ROOT / "scripts" / "protos", ROOT / "zitadel_grpc" / "validation")


def digest_stubs(api: Path) -> str:
    return digest(api)
