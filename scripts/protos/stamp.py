"""Records the source of the stubs.

It needs only the standard library: the build hook uses it before anything is installed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.protos.workspace import API, PIN_FILES, ROOT, WORKSPACE, digest

_FILE = WORKSPACE / "stamp.json"


@dataclass(frozen=True)
class Stamp:
    """The source, the generators and the result of a build, as hashes and versions, with message texts."""

    source: str
    title: str
    counts: str
    is_pin: bool
    scripts: str
    tools: dict[str, str]
    stubs: str

    @classmethod
    def read(cls) -> "Stamp | None":
        """The stamp of the installed stubs; None if there are none or if they were changed."""
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
    """Whether the installed stubs can be used if no source is requested.

    Stubs of an sdist can. In a checkout, stubs of a source other than the pin can too, since they were
    requested, and stubs of the pin can unless they are stale. `tools` are the installed generators, if known.
    """
    if (ROOT / "PKG-INFO").exists():
        return API.is_dir()
    stamp = Stamp.read()
    if stamp is None or not stamp.is_pin:
        return stamp is not None
    if tools is not None and stamp.tools != tools:
        return False
    return (stamp.source, stamp.scripts) == (digest(*PIN_FILES), digest_scripts())


def digest_scripts() -> str:
    """A hash of all files of this project that affect the stubs, including the supported validation rules."""
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
