"""The example of an RPC in CONTRIBUTING.md is the code of the emulator."""

from __future__ import annotations

import re
from pathlib import Path

from zitadel_grpc.testing._services.management_v1 import project_grants

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def test_the_example_is_the_code_of_the_emulator() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(@rpc\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert f"\n\n\n{example}\n\n" in Path(project_grants.__file__).read_text(encoding="utf-8")
