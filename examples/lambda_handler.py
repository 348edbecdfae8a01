"""An AWS Lambda function that checks whether a ZITADEL user is active.

It reads the variables of `Client.from_env`: ZITADEL_API_URL, and ZITADEL_KEY_JSON from a secret store.

The client is created once per execution environment and serves all invocations. It is the synchronous client,
because `asyncio.run` in each invocation would close the event loop, and the connection with it. While the
environment is frozen, the connection may be lost and the token may expire. The next call replaces both.
"""

from __future__ import annotations

from typing import Any, Protocol

from zitadel_grpc import Client
from zitadel_grpc.api.user.v2 import USER_STATE_ACTIVE, GetUserByIDRequest
from zitadel_grpc.errors import NotFound

zitadel = Client.from_env()

_RESERVE = 0.25  # seconds to return the response


class Context(Protocol):
    """The part of Lambda's context that the handler uses."""

    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: Context) -> dict[str, Any]:
    left = context.get_remaining_time_in_millis() / 1000 - _RESERVE
    try:
        response = zitadel.user_v2.GetUserByID(
            GetUserByIDRequest(user_id=event["user_id"]), timeout=max(left, _RESERVE)
        )
    except NotFound:
        return {"known": False, "active": False}
    return {"known": True, "active": response.user.state == USER_STATE_ACTIVE}
