"""An AWS Lambda function that tells whether a user of ZITADEL is active.

Its environment is that of `Client.from_env`: ZITADEL_API_URL, and ZITADEL_KEY_JSON from a secret store.

The client is made once, when an execution environment starts, and serves all its invocations. The synchronous
one, since `asyncio.run` in each invocation would end the event loop, and the connection with it. While the
environment is frozen its connection may be lost and its token may expire: the next call makes both anew.
"""

from __future__ import annotations

from typing import Any, Protocol

from zitadel_grpc import Client
from zitadel_grpc.api.management.v1 import GetUserByIDRequest
from zitadel_grpc.api.user.v1 import USER_STATE_ACTIVE
from zitadel_grpc.errors import NotFound

zitadel = Client.from_env()

_TO_ANSWER = 0.25  # seconds


class Context(Protocol):
    """What of Lambda's context is used here."""

    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    left = context.get_remaining_time_in_millis() / 1000 - _TO_ANSWER
    try:
        answer = zitadel.management.GetUserByID(
            GetUserByIDRequest(id=event["user_id"]), timeout=max(left, _TO_ANSWER)
        )
    except NotFound:
        return {"known": False, "active": False}
    return {"known": True, "active": answer.user.state == USER_STATE_ACTIVE}
