"""Warnings when a deprecated RPC is called, for `ConnectionOptions(warn_deprecated=True)`."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zitadel_grpc._options import ConnectionOptions

_OURS = ("zitadel_grpc", "grpc")
_warned: set[str] = set()
_everywhere = False


def warn_everywhere(on: bool) -> None:
    """Turns the warnings on or off for all clients in this process. For test runs."""
    global _everywhere
    _everywhere = on


def warns(options: ConnectionOptions) -> bool:
    """Whether clients with these options warn."""
    return options.warn_deprecated or _everywhere


def warn_if_deprecated(rpc: str) -> None:
    """Emits a DeprecationWarning at the caller's line, once per RPC and process."""
    if rpc in _warned:
        return
    from zitadel_grpc import catalog

    entry = catalog.get(rpc)
    if entry is not None and entry.deprecation:
        warnings.warn(f"{rpc} is deprecated: {entry.deprecation}", DeprecationWarning, _stacklevel())
    _warned.add(rpc)  # not if the warning was raised as an error: then each call raises it


def _stacklevel() -> int:
    """The level of the first frame outside this package and gRPC, where the program makes the call."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _OURS:
        level, frame = level + 1, frame.f_back
    return level
