"""Lazy exports: a package loads a name from its module when the name is first used (PEP 562)."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module


def lazy_exports(
    package: str, modules: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Returns `__getattr__`, `__dir__` and `__all__` for a package.

    Args:
        package: The package's `__name__`.
        modules: Each module, relative to the package (`user_pb2`), and the names that it exports.
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


def _conflict(module: str, text: str) -> ImportError | None:
    """The error for a second copy of the same protobufs in one process; None if `text` is about another
    problem."""
    found = re.search(r"duplicate symbol '([\w.]+)'|([\w.]+) is already defined in file", text)
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
        f"cannot import {module}: {other} already defines {symbol}, and a process can hold only one copy of "
        f"ZITADEL's protobufs. Import all messages from {module.rpartition('.')[0]}, or use only the other "
        f"stubs and their messages, with client.stub(…)",
        name=module,
    )
