"""Tells what the stubs were made of.

Standard library only: the build hook asks it before anything is installed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.protos.workspace import API, PIN_FILES, ROOT, WORKSPACE, digest

_FILE = WORKSPACE / "stamp.json"


@dataclass(frozen=True)
class Stamp:
    """What stubs were made of, by what, and what came out: hashes, versions, and what to tell."""

    source: str
    title: str
    counts: str
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


def stubs_can_stay(*, tools: dict[str, str] | None = None) -> bool:
    """Whether the stubs that are in place serve where nobody asks for those of a certain source.

    An sdist's do. In a checkout those of another source than the pin do too, since somebody asked for them;
    the pin's do unless they are stale. `tools` are the installed generators, where these are known.
    """
    if (ROOT / "PKG-INFO").exists():
        return API.is_dir()
    made = Stamp.read()
    if made is None or not made.is_pin:
        return made is not None
    if tools is not None and made.tools != tools:
        return False
    return (made.source, made.scripts) == (digest(*PIN_FILES), digest_scripts())


def digest_scripts() -> str:
    """Of what is ours and decides what is written: of the package, which rules it knows, and what reads."""
    package = ROOT / "zitadel_grpc"
    return digest(
        ROOT / "scripts" / "protos",
        package / "validation",
        package / "catalog.py",
        package / "roles.py",
        package / "manager-roles.json",
    )


def digest_stubs(api: Path) -> str:
    return digest(api)
