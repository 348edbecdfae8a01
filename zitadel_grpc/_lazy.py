"""Packages whose names are loaded from their modules when they are first used (PEP 562)."""

import re
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
        try:
            module = import_module(f"{package}.{owner}")
        except TypeError as error:  # from protobuf's descriptor pool
            if (conflict := _conflict(f"{package}.{owner}", str(error))) is None:
                raise
            raise conflict from None
        value: object = getattr(module, name)
        namespace[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*namespace, *names})

    return __getattr__, __dir__, names


def _conflict(module: str, said: str) -> ImportError | None:
    """The error for a second copy of the same protobufs in one process; None if `said` tells of no such."""
    found = re.search(r"duplicate symbol '([\w.]+)'|([\w.]+) is already defined in file", said)
    if found is None:
        return None
    from google.protobuf import descriptor_pool

    symbol = found[1] or found[2]
    try:
        file = descriptor_pool.Default().FindFileContainingSymbol(symbol).name
    except KeyError:
        return None
    others = (
        name
        for name, loaded in list(sys.modules.items())
        if getattr(getattr(loaded, "DESCRIPTOR", None), "name", None) == file
    )
    other = next(others, f"the descriptors of {file}")
    return ImportError(
        f"{module} cannot be imported: {other} defines {symbol} already, and a process can hold one copy of "
        f"ZITADEL's protobufs. Import the messages from {module.rpartition('.')[0]} everywhere, or use the "
        f"other stubs and their messages alone, with client.stub(…)",
        name=module,
    )
