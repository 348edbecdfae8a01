"""Packages that benchmarks compare with."""

import contextlib
import importlib
import importlib.metadata
import io
from typing import Any


class Missing(Exception):
    """A package is not installed. The message says how to install it."""


def require(package: str) -> None:
    """Raises Missing if it is not installed."""
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        hint = "pip install -r benchmarks/requirements.txt"
        raise Missing(f"(left out: {package} is not installed: {hint})") from None


def load(package: str, module: str) -> Any:
    """Imports a module of the package. Raises Missing."""
    require(package)
    with contextlib.redirect_stderr(io.StringIO()):  # hide its warnings
        return importlib.import_module(module)
