"""JSON responses."""

from __future__ import annotations

import json
from collections.abc import Mapping

from zitadel_grpc.testing._oauth.errors import OAuthError
from zitadel_grpc.testing._wire.messages import Response


def json_response(status: int, body: Mapping[str, object]) -> Response:
    return Response(status, [("content-type", "application/json")], json.dumps(body).encode())


def refusal(error: OAuthError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    return json_response(error.status, {name: value for name, value in body.items() if value is not None})
