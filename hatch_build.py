"""Makes the stubs for a wheel, an sdist or an editable install, where they are not there yet.

ZITADEL_PROTO_SOURCE makes them of another source than the pin; protos/README.md says which there are.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# A URL, a git remote, or a module of a buf registry.
_ADDRESS = re.compile(r"[\w+.-]+://|[\w.-]+@[\w.-]+:|[\w-]+(\.[\w-]+)+/[\w-]+/[\w-]+")


class ProtosHook(BuildHookInterface[Any]):
    _aside: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """The generators, unless the stubs are there: installing from an sdist then needs no Node.js."""
        if not self._source and self._are_there():
            return []
        project = tomllib.loads((self._root / "pyproject.toml").read_text(encoding="utf-8"))
        protos: list[str] = project["dependency-groups"]["protos"]
        return protos

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._source and version != "editable":
            # Beside the tree, which keeps the stubs that its tests and its other builds are about.
            workspace = self._root / "build" / "protos"
            workspace.mkdir(parents=True, exist_ok=True)
            self._aside = tempfile.TemporaryDirectory(prefix="wheel-", dir=workspace)
            api = str(Path(self._aside.name) / "api")
            self._run(self._source, "--out", api)
            build_data["force_include"][api] = "zitadel_grpc/api"
            return
        if self._source or not self._are_there():
            self._run(*filter(None, [self._source]))
        build_data["artifacts"].append("/zitadel_grpc/api/")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self._aside is not None:
            self._aside.cleanup()

    @property
    def _root(self) -> Path:
        return Path(self.root)

    @property
    def _source(self) -> str | None:
        source = os.environ.get("ZITADEL_PROTO_SOURCE") or None
        if source and not Path(source).is_absolute() and not _ADDRESS.match(source):
            # Builds run in the project's directory, or an sdist's: not in that of whoever wrote it.
            self.app.abort(f"ZITADEL_PROTO_SOURCE is {source}: an absolute path or a URL is wanted")
        return source

    def _are_there(self) -> bool:
        """Whether the tree's stubs can be taken as they are."""
        sys.path.insert(0, self.root)
        try:
            from scripts.protos import stamp
        finally:
            sys.path.remove(self.root)
        return stamp.stubs_can_stay()

    def _run(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "scripts.protos", "build", *arguments]
        if subprocess.run(command, check=False, cwd=self.root).returncode != 0:
            self.app.abort("the stubs could not be made: the line above says why")
