"""The catalog tells what the protobufs say about each RPC."""

import pytest

from zitadel_grpc import catalog
from zitadel_grpc.catalog import Rpc


def test_an_rpc_is_found_by_its_full_name() -> None:
    rpc = catalog.get("zitadel.management.v1.ManagementService/GetMyOrg")
    assert rpc == Rpc(
        full_name="zitadel.management.v1.ManagementService/GetMyOrg",
        permission="org.read",
        http_verb="GET",
        http_path="/orgs/me",
        summary="Get My Organization",
        deprecated=False,
    )


def test_an_rpc_is_found_as_grpc_spells_it_too() -> None:
    assert catalog.get("/zitadel.user.v2.UserService/AddHumanUser") == catalog.get(
        "zitadel.user.v2.UserService/AddHumanUser"
    )


@pytest.mark.parametrize(
    "name", ["", "/", "zitadel.management.v1.ManagementService/Nope", "grpc.health.v1.Health/Check"]
)
def test_what_is_not_zitadels_is_not_in_the_catalog(name: str) -> None:
    assert catalog.get(name) is None


def test_options_of_both_generations_of_apis_are_read() -> None:
    v2 = catalog.get("zitadel.user.v2.UserService/AddHumanUser")
    assert v2 is not None
    assert (v2.permission, v2.http_verb, v2.http_path) == ("user.write", "POST", "/v2/users/human")


@pytest.mark.pin
def test_the_pin_says_this_much() -> None:
    rpcs = catalog.rpcs()
    assert len(rpcs) == 867
    assert len([rpc for rpc in rpcs if rpc.permission]) == 860
    assert len([rpc for rpc in rpcs if rpc.http_verb]) == 853
    assert len([rpc for rpc in rpcs if rpc.summary]) == 561
    assert len([rpc for rpc in rpcs if rpc.deprecated]) == 164
