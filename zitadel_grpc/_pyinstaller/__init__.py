"""Hooks for PyInstaller, which does not detect imports by name (entry point `pyinstaller40`)."""

from pathlib import Path


def hook_dirs() -> list[str]:
    """Returns the directories in which PyInstaller looks for hooks."""
    return [str(Path(__file__).parent)]
