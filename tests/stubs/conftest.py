import pytest

from zitadel_grpc.api import PROTO_SOURCE


@pytest.fixture(autouse=True)
def _stubs_of_the_pin(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("pin") and PROTO_SOURCE.name != "@zitadel/proto":
        pytest.skip(f"the stubs were generated from {PROTO_SOURCE.name}: `make protos` returns to the pin")
