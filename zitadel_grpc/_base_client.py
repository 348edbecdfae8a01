"""The base class of AsyncClient and Client: services as attributes, views, settings from the environment."""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_secret_like, trimmed
from zitadel_grpc._options import ConnectionOptions, Retries, check_retries, header_pairs
from zitadel_grpc._transport.metadata import ORG_ID, Pairs
from zitadel_grpc._transport.target import Target
from zitadel_grpc.api._services import SERVICES
from zitadel_grpc.credentials._workers import NO_FORK
from zitadel_grpc.errors import ConfigurationError

if TYPE_CHECKING:
    from zitadel_grpc._stats import ClientStats


class BaseClient:
    """The parts of a client that do no I/O."""

    _target: Target
    _connection: Any
    _channel: Any
    _parent: Self | None = None
    """The client that this one is a view of."""

    if TYPE_CHECKING:

        def __init__(self, *arguments: Any, **named: Any) -> None: ...

    else:  # type checkers see the services as properties of AsyncServices and Services

        def __getattr__(self, name: str) -> Any:
            if name not in SERVICES:
                raise AttributeError(
                    f"{type(self).__name__!r} has no attribute or service {name!r}{_suggestion(name)}"
                )
            if self._parent is not None:
                service = _ServiceView(
                    getattr(self._parent, name), self._channel.fixed, self._channel.retries
                )
            else:
                module, stub = SERVICES[name]
                with NO_FORK:  # a forked child would inherit the import locks
                    stub_class = getattr(importlib.import_module(module), stub)
                service = stub_class(self._channel)
            setattr(self, name, service)  # from now on, Python finds it without __getattr__
            return service

    @classmethod
    @without_locals
    def from_env(
        cls,
        *,
        options: ConnectionOptions | None = None,
        timeout: float = 30.0,
        interceptors: Sequence[Any] = (),
        validate: bool = False,
    ) -> Self:
        """Creates a client from `ZITADEL_…` environment variables. They override `options`.

        Raises ConfigurationError, which names the variables, or CredentialsError.
        """
        from zitadel_grpc import _environment  # imported here: programs that pass settings do not need it

        found = _environment.read(options)
        return cls(
            found.url,
            found.credentials,
            org_id=found.org_id,
            options=found.options,
            timeout=timeout,
            interceptors=interceptors,
            validate=validate,
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *SERVICES})

    def __repr__(self) -> str:
        target: Target | None = vars(self).get("_target")
        if target is None:  # shown in a traceback while the constructor runs
            return f"<{type(self).__name__}>"
        return f"{type(self).__name__}({target.endpoint.origin!r}, {target.credentials!r})"

    @without_locals
    def with_org(self, org_id: str) -> Self:
        """Returns a client with another `org_id` that shares the connection and token of this client. Closing
        the returned client has no effect."""
        return self._view(fixed_metadata(self._target.options, org_id), self._channel.retries)

    @without_locals
    def with_retries(self, retries: Retries) -> Self:
        """Returns a client with another `ConnectionOptions.retries` that shares the token of this client. Use
        `"all"` for writes that may be executed twice, `"none"` for requests that must be sent only once.
        Closing the returned client has no effect."""
        check_retries(retries)
        return self._view(self._channel.fixed, retries)

    def stats(self) -> ClientStats:
        """Returns counts of calls, retries and token refreshes, for monitoring."""
        counts = self._connection.counts()
        from zitadel_grpc._stats import ClientStats

        return ClientStats(counts.calls, counts.retries, *self._target.cache.history())

    def _view(self, fixed: Pairs, retries: Retries) -> Self:
        view = copy.copy(self)  # includes the attributes of a subclass
        for name in vars(view).keys() & SERVICES.keys():
            delattr(view, name)
        view._channel = type(self._channel)(self._connection, fixed, retries)
        view._parent = self._parent or self
        return view


class _ServiceView:
    """A stub with the metadata and retries of a view. It creates each method when it is first used, so that a
    view is cheap enough for a single call. A generated stub creates hundreds of methods at once, which costs
    more than a call."""

    def __init__(self, stub: Any, fixed: Pairs, retries: Retries) -> None:
        self._stub = stub
        self._view = fixed, retries

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copy and pickle look these up before `_stub` is set
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        method = getattr(self._stub, name).bind(*self._view)
        setattr(self, name, method)
        return method

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *vars(self._stub)})


def _suggestion(name: str) -> str:
    """Suggests services with a similar name: `user_v2` for `user`."""
    if name.startswith("_"):  # libraries look these up, and ignore the error
        return ""
    import difflib

    word = name.partition("_")[0]
    meant = [service for service in SERVICES if service.partition("_")[0] == word]
    meant = meant or difflib.get_close_matches(name, SERVICES)
    return f"; did you mean {' or '.join(map(repr, meant))}?" if meant else ""


def fixed_metadata(options: ConnectionOptions, org_id: str | None) -> Pairs:
    """The metadata that every call carries: the headers from the options, and the organization."""
    if org_id is None:
        return header_pairs(options)
    org_id = trimmed(org_id) if isinstance(org_id, str) else org_id
    if (
        not isinstance(org_id, str) or not re.fullmatch(r"[!-~]+", org_id) or is_secret_like(org_id)
    ):  # not quoted: it may be a token or a key
        raise ConfigurationError(
            "org_id must be the id of an organization, such as '177834894812348456': 1 to 200 printable "
            "ASCII characters, no spaces; it is sent as x-zitadel-orgid. The console shows it as the "
            "resource id of the organization, and management.GetMyOrg returns it as org.id"
        )
    return (*(pair for pair in header_pairs(options) if pair[0] != ORG_ID), (ORG_ID, org_id))
