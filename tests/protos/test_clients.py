"""The generator knows the attributes of the clients."""

import pytest

from scripts.protos.services import RESERVED
from zitadel_grpc import AsyncClient, Client
from zitadel_grpc.api._services import SERVICES


@pytest.mark.parametrize("client", [AsyncClient, Client])
def test_no_service_can_have_the_name_of_a_client_attribute(client: type) -> None:
    own = {name for name in dir(client) if not name.startswith("_")}
    assert own - SERVICES.keys() == RESERVED
