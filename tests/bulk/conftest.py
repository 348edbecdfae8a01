"""One emulator for all tests in this folder, reset before and after each."""

from tests.emulators import reset_emulator, shared_emulator

__all__ = ["reset_emulator", "shared_emulator"]
