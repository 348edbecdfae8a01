"""The emulator's state: dataclasses in one store, independent of services."""
