"""The generator knows which attributes clients have of their own."""

import pytest

from scripts.protos.services import RESERVED
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api._services import SERVICES


@pytest.mark.parametrize("client", [AsyncClient, Client])
def test_no_service_can_take_a_name_that_a_client_has(client: type) -> None:
    own = {name for name in dir(client) if not name.startswith("_")}
    assert own - SERVICES.keys() == RESERVED
