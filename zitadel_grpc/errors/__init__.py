"""What can go wrong, as exceptions.

    ZitadelError
    ├── ConfigurationError    (also a ValueError) a URL, an option or a scope that cannot work
    ├── InvalidMetadata       (also a ValueError) a call's metadata cannot be sent
    ├── ClosedError           (also a RuntimeError) the client was closed before, or lost by a fork
    ├── CredentialsError      refused for good: a broken key file, invalid_grant, invalid_client, …
    ├── TokenEndpointError    no token for a passing reason: the token endpoint is unreachable, silent, …
    ├── WaitTimeoutError          (also a TimeoutError) what `wait_until` waited for was not seen in time
    └── RpcError              (also a grpc.aio.AioRpcError) the server, or gRPC itself, failed the call
        ├── Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
        ├── PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange,
        ├── Unimplemented, Internal, Unavailable, DataLoss, Unauthenticated
        └── InvalidRequest    (also an InvalidArgument and a TypeError) refused before it was sent

`grpc.aio.AioRpcError` is a `grpc.RpcError`, so `except` clauses written for plain gRPC, async or sync, keep
working; so does `isinstance(error, grpc.Call)`, by which code learns that a sync error has a `code()`.
No exception carries a key, a token or a client secret.
"""

from zitadel_grpc.errors._base import (
    ClosedError,
    ConfigurationError,
    CredentialsError,
    InvalidMetadata,
    PlaintextWarning,
    TokenEndpointError,
    WaitTimeoutError,
    ZitadelError,
)
from zitadel_grpc.errors._codes import (
    Aborted,
    AlreadyExists,
    Cancelled,
    DataLoss,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Unknown,
)
from zitadel_grpc.errors._rpc import MetadataEntry, RpcError

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Cancelled",
    "ClosedError",
    "ConfigurationError",
    "CredentialsError",
    "DataLoss",
    "DeadlineExceeded",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "InvalidMetadata",
    "InvalidRequest",
    "MetadataEntry",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "PlaintextWarning",
    "ResourceExhausted",
    "RpcError",
    "TokenEndpointError",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "Unknown",
    "WaitTimeoutError",
    "ZitadelError",
]

for _name in __all__:  # as users know them: in tracebacks, and in pickles, which outlive the files' names
    globals()[_name].__module__ = __name__
