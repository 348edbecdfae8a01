"""The Python code in README.md runs as shown, except for the address of the server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.examples.conftest import Zitadel

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
SHOWN = ["", "ZITADEL zitadel.localhost\n", "QUERY-Dfbg2 User could not be found None\n", "", ""]


@pytest.mark.parametrize(("code", "shown"), list(zip(BLOCKS, SHOWN, strict=True)))
def test_its_code_runs(code: str, shown: str, zitadel: Zitadel) -> None:
    code = code.replace("https://my-instance.zitadel.cloud", zitadel.url)
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=zitadel.directory,  # where key.json and pat.txt are
        env={**os.environ, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(zitadel.directory / "ca.pem")},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, shown, "")
