"""What the methods and channels of both clients share."""

from __future__ import annotations

from typing import Any, Self

import grpc

from zitadel_grpc._deprecation import warn_if_deprecated, warns
from zitadel_grpc._method_help import DocumentedMethod
from zitadel_grpc._options import Retries
from zitadel_grpc._transport.arguments import NO_OPTIONS, CallOptions, check_call_options
from zitadel_grpc._transport.failures import from_grpc_error, note_evidence
from zitadel_grpc._transport.metadata import Pairs, merge
from zitadel_grpc._transport.requests import accept, check_rules
from zitadel_grpc._transport.target import Target
from zitadel_grpc.credentials._waits import Waits
from zitadel_grpc.errors import RpcError


class BaseMethod(DocumentedMethod):
    """A unary-unary method of a stub. gRPC's own method is created at the first call: a stub has hundreds,
    and a program uses few of them."""

    _accepts: type | None = None
    """The type of the last request that was checked."""

    def __init__(self, connection: Any, fixed: Pairs, retries: Retries, arguments: tuple[Any, ...]) -> None:
        self.connection = connection
        self.target: Target = connection.target
        self.waits: Waits = connection.waits
        self.retries: Retries = retries
        self.rpc = arguments[0].lstrip("/")
        self._fixed = fixed
        self._arguments = arguments
        self._key = (retries, *arguments)

    def bind(self, fixed: Pairs, retries: Retries) -> Self:
        """This method for a view of the client."""
        return type(self)(self.connection, fixed, retries, self._arguments)

    def describe(self, request: Any) -> tuple[str, Any]:
        """The RPC's full name, and an empty response of its type. Raises InvalidRequest if the RPC does not
        take `request`."""
        self._accept(request)
        return self.rpc, self._arguments[2](b"")

    def warn_if_deprecated(self) -> None:
        """Warns if the RPC is deprecated and the client's options enable the warning."""
        if warns(self.target.options):
            warn_if_deprecated(self.rpc)

    def _accept(self, request: Any) -> type:
        accepted = accept(request, self.rpc, self._arguments[2])
        self.warn_if_deprecated()
        return accepted

    def failure_of(
        self, error: grpc.RpcError, method: Any, request: Any, sent: Pairs, earlier: RpcError | None
    ) -> RpcError:
        """The error to raise for `error` of gRPC's own `method`, which was called with the metadata `sent`.
        `earlier` is the failure of the previous attempt."""
        failure = from_grpc_error(error, self.rpc, sent, self.target.proxy)
        intercepted = self.connection.is_intercepted
        return note_evidence(
            failure, method, request, self.target.options, self.retries, earlier, intercepted
        )

    def _check(self, request: Any, metadata: Any, options: CallOptions) -> tuple[Pairs, bool]:
        """The call's metadata without the token, and whether the call has its own authorization. Raises
        InvalidRequest, InvalidMetadata or ConfigurationError."""
        if type(request) is not self._accepts:
            self._accepts = self._accept(request)
        if options != NO_OPTIONS:
            check_call_options(options)
        if self.target.validate:
            check_rules(request, self.rpc)
        if metadata is None:
            return self._fixed, options[0] is not None
        pairs, has_authorization = merge(self._fixed, metadata)
        return pairs, has_authorization or options[0] is not None


class BaseChannel:
    """A channel for any generated stub. `fixed` is metadata that every call carries; `retries` says which
    calls are retried."""

    _method: type[BaseMethod]

    def __init__(self, connection: Any, fixed: Pairs, retries: Retries) -> None:
        self._connection = connection
        self.fixed = fixed
        self.retries: Retries = retries

    def unary_unary(
        self,
        method: str,
        request_serializer: Any = None,
        response_deserializer: Any = None,
        _registered_method: bool | None = False,
    ) -> Any:
        arguments = method, request_serializer, response_deserializer, _registered_method
        return self._method(self._connection, self.fixed, self.retries, arguments)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._streaming("unary_stream", arguments, named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return self._streaming("stream_unary", arguments, named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._streaming("stream_stream", arguments, named)

    def _streaming(self, kind: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        # Imported here: ZITADEL's stubs have no streams.
        from zitadel_grpc._transport.streams import StreamingMethod

        return StreamingMethod(self._connection.bind, self.fixed, kind, arguments, named)
