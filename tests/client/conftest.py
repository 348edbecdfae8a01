"""One emulator for all tests in this folder."""

from tests.emulators import emulator_in_use, shared_emulator

__all__ = ["emulator_in_use", "shared_emulator"]
