"""Hooks for PyInstaller, which does not see imports by name (entry point `pyinstaller40`)."""

from pathlib import Path


def hook_dirs() -> list[str]:
    """The directories that PyInstaller searches for hooks."""
    return [str(Path(__file__).parent)]
