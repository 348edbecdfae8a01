"""Packages whose names are loaded from their modules when they are first used (PEP 562)."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module


def lazy_exports(
    package: str, modules: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Make the `__getattr__`, `__dir__` and `__all__` of a package.

    Args:
        package: The package's `__name__`.
        modules: Each module, named from the package on (`user_pb2`), with the names to take from it.
    """
    owners = {name: module for module, names in modules.items() for name in names}
    names = sorted(owners)
    namespace = vars(sys.modules[package])

    def __getattr__(name: str) -> object:
        if (owner := owners.get(name)) is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{package}.{owner}"), name)
        namespace[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*namespace, *names})

    return __getattr__, __dir__, names
