"""The local variables in the frames of an error, as error reporters show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SECRET = "s3cret-that-nobody-may-see"


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.append(one)
            yield one
            todo += [one.__cause__, one.__context__]


def frames(error: BaseException) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and local variables of each frame, except those of the tests."""
    for one in chain(error):
        traceback = one.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if "/tests/" not in code.co_filename:
                yield code.co_qualname, traceback.tb_frame.f_locals
            traceback = traceback.tb_next


def leaks(error: BaseException, secret: str) -> list[str]:
    found = [
        f"{name}.{key}"
        for name, given in frames(error)
        for key, value in given.items()
        if holds(value, secret)
    ]
    return found + [f"text of {type(one).__name__}" for one in chain(error) if secret in f"{one} {one!r}"]


def holds(value: Any, secret: str) -> bool:
    if isinstance(value, bytes):
        return secret.encode() in value
    if isinstance(value, dict):
        return any(holds(item, secret) for item in (*value, *value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds(item, secret) for item in value)
    return secret in (value if isinstance(value, str) else repr(value))
