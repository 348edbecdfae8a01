"""Errors of RPCs: a status and, where ZITADEL has one, an error id in a `zitadel.v1.ErrorDetail`."""

from __future__ import annotations

from google.rpc.status_pb2 import Status
from grpc import StatusCode

from zitadel_grpc.api.v1 import ErrorDetail


class Refusal(Exception):
    """Ends a call with an error.

    `error_id` is stable in ZITADEL; `message` is its English text or translation key; `retry_after` is in
    seconds.
    """

    def __init__(
        self,
        code: StatusCode,
        message: str,
        error_id: str | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.error_id = error_id
        self.retry_after = retry_after

    @property
    def details(self) -> str:
        return f"{self.message} ({self.error_id})" if self.error_id else self.message

    def status_details(self) -> bytes | None:
        """The trailer `grpc-status-details-bin`, or None."""
        if self.error_id is None:
            return None
        number: int = self.code.value[0]
        status = Status(code=number, message=self.details)
        status.details.add().Pack(ErrorDetail(id=self.error_id, message=self.message))
        packed: bytes = status.SerializeToString()
        return packed


def not_found(message: str, error_id: str) -> Refusal:
    return Refusal(StatusCode.NOT_FOUND, message, error_id)


def permission_denied(message: str, error_id: str) -> Refusal:
    return Refusal(StatusCode.PERMISSION_DENIED, message, error_id)


def unauthenticated(message: str, error_id: str | None = None) -> Refusal:
    return Refusal(StatusCode.UNAUTHENTICATED, message, error_id)


def unimplemented(message: str) -> Refusal:
    return Refusal(StatusCode.UNIMPLEMENTED, message)


def already_exists(message: str, error_id: str) -> Refusal:
    return Refusal(StatusCode.ALREADY_EXISTS, message, error_id)


def failed_precondition(message: str, error_id: str) -> Refusal:
    return Refusal(StatusCode.FAILED_PRECONDITION, message, error_id)


def invalid_argument(message: str, error_id: str) -> Refusal:
    return Refusal(StatusCode.INVALID_ARGUMENT, message, error_id)
