"""What unittest.mock makes of the clients, as docs/testing.md says."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api._services import SERVICES
from zitadel_grpc.credentials import PersonalAccessToken


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_mock_of_a_client_object_has_services_and_methods(client: Any) -> None:
    made = mock.create_autospec(client("https://zitadel.example", PersonalAccessToken("not-used")))
    assert {*SERVICES} <= {*dir(made)}
    made.management.GetMyOrg.return_value = "a response"
    assert made.management.GetMyOrg("a request") == "a response"
    with pytest.raises(TypeError, match="unexpected keyword argument 'timeouts'"):
        made.management.GetMyOrg("a request", timeouts=1)
    with pytest.raises(AttributeError, match="GetMyOrgs"):
        made.management.GetMyOrgs  # noqa: B018


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_mock_of_a_client_class_has_no_services(client: Any) -> None:
    with pytest.raises(AttributeError, match="management"):
        mock.create_autospec(client).management  # noqa: B018
