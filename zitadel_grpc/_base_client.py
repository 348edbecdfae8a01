"""What AsyncClient and Client share: services as attributes, views, settings from the environment."""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from zitadel_grpc import _environment
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import is_secret_like, trimmed
from zitadel_grpc._options import ConnectionOptions, Retries, check_retries
from zitadel_grpc._stats import ClientStats
from zitadel_grpc._transport.connection import Target
from zitadel_grpc._transport.metadata import ORG_ID, Pairs
from zitadel_grpc.api._services import SERVICES
from zitadel_grpc.credentials._workers import NO_FORK
from zitadel_grpc.errors import ConfigurationError


class BaseClient:
    """What both clients are, apart from how they wait."""

    _target: Target
    _connection: Any
    _channel: Any
    _parent: Self | None = None
    """Whose view this is."""

    if TYPE_CHECKING:

        def __init__(self, *arguments: Any, **named: Any) -> None: ...

    else:  # for type checkers the services are properties of AsyncServices and Services

        def __getattr__(self, name: str) -> Any:
            if name not in SERVICES:
                raise AttributeError(f"{type(self).__name__!r} has no attribute or service {name!r}")
            if self._parent is not None:
                service = _ServiceView(
                    getattr(self._parent, name), self._channel.fixed, self._channel.retries
                )
            else:
                module, stub = SERVICES[name]
                with NO_FORK:  # a child would inherit the locks of what is imported here
                    stub_class = getattr(importlib.import_module(module), stub)
                service = stub_class(self._channel)
            setattr(self, name, service)  # found without __getattr__ from now on
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
        """A client as the environment says (see `zitadel_grpc._environment`), which counts over `options`.
        Raises ConfigurationError that names the variables, and CredentialsError."""
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
        if target is None:  # while it is being made, in a traceback
            return f"<{type(self).__name__}>"
        return f"{type(self).__name__}({target.endpoint.origin!r}, {target.credentials!r})"

    @without_locals
    def with_org(self, org_id: str) -> Self:
        """This client, acting in another organization; channel and token are shared, and closing it closes
        nothing."""
        return self._view(fixed_metadata(self._target.options, org_id), self._channel.retries)

    @without_locals
    def with_retries(self, retries: Retries) -> Self:
        """This client with another `ConnectionOptions.retries`: `"all"` for a write that may be done twice,
        `"none"` for what must be sent once. The token is shared, and closing it closes nothing."""
        check_retries(retries)
        return self._view(self._channel.fixed, retries)

    def stats(self) -> ClientStats:
        """What this client and its views have done so far, for health pages."""
        counts = self._connection.counts()
        return ClientStats(counts.calls, counts.retries, *self._target.cache.history())

    def _view(self, fixed: Pairs, retries: Retries) -> Self:
        view = copy.copy(self)  # with what a subclass keeps
        for name in vars(view).keys() & SERVICES.keys():
            delattr(view, name)
        view._channel = type(self._channel)(self._connection, fixed, retries)
        view._parent = self._parent or self
        return view


class _ServiceView:
    """A stub whose calls are made in the way of a view. gRPC's stubs make hundreds of methods at once, which
    costs more than a call; this makes each when it is used, so that a view may be made for one call."""

    def __init__(self, stub: Any, fixed: Pairs, retries: Retries) -> None:
        self._stub = stub
        self._view = fixed, retries

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked for before there is a stub, by copy and pickle
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        method = getattr(self._stub, name).bind(*self._view)
        setattr(self, name, method)
        return method

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *vars(self._stub)})


def fixed_metadata(options: ConnectionOptions, org_id: str | None) -> Pairs:
    """What every call carries."""
    if org_id is None:
        return options.header_pairs
    org_id = trimmed(org_id) if isinstance(org_id, str) else org_id
    if (
        not isinstance(org_id, str) or not re.fullmatch(r"[!-~]+", org_id) or is_secret_like(org_id)
    ):  # not quoted: it may be a token or a key
        raise ConfigurationError(
            "org_id is not the id of an organization: it must be 1 to 200 printable characters without spaces"
        )
    return (*(pair for pair in options.header_pairs if pair[0] != ORG_ID), (ORG_ID, org_id))
