"""Generates the stubs for a wheel, an sdist or an editable install, unless they exist already.

ZITADEL_PROTO_SOURCE selects a source other than the pin; see protos/README.md.
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

# A URL, a git remote, or a module in a buf registry.
_ADDRESS = re.compile(r"[\w+.-]+://|[\w.-]+@[\w.-]+:|[\w-]+(\.[\w-]+)+/[\w-]+/[\w-]+")


class ProtosHook(BuildHookInterface[Any]):
    _aside: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """The generators, unless the stubs exist: installing from an sdist needs no Node.js."""
        if not self._source and self._stubs_exist():
            return []
        project = tomllib.loads((self._root / "pyproject.toml").read_text(encoding="utf-8"))
        protos: list[str] = project["dependency-groups"]["protos"]
        return protos

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._source and version != "editable":
            # Generate into a separate directory: the stubs in the tree stay.
            workspace = self._root / "build" / "protos"
            workspace.mkdir(parents=True, exist_ok=True)
            self._aside = tempfile.TemporaryDirectory(prefix="wheel-", dir=workspace)
            api = str(Path(self._aside.name) / "api")
            self._run(self._source, "--out", api)
            build_data["force_include"][api] = "zitadel_grpc/api"
            return
        if self._source or not self._stubs_exist():
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
            # Builds run in the project's directory, or that of an sdist, not in the user's.
            self.app.abort(f"ZITADEL_PROTO_SOURCE must be an absolute path or a URL, not {source}")
        return source

    def _stubs_exist(self) -> bool:
        """Whether the stubs in the tree can be used as they are."""
        sys.path.insert(0, self.root)
        try:
            from scripts.protos import stamp
        finally:
            sys.path.remove(self.root)
        return stamp.stubs_can_stay()

    def _run(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "scripts.protos", "build", *arguments]
        if subprocess.run(command, check=False, cwd=self.root).returncode != 0:
            self.app.abort("generating the stubs failed: see the line above")
