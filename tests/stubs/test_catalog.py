"""The catalog contains the options of each RPC in the protobufs."""

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
        description=(
            "Get My Organization\n\nReturns the organization that is sent in the x-zitadel-orgid. If no "
            "header is set the organization of the authenticated user will be returned."
        ),
        base_path="/management/v1",
    )


def test_an_rpc_is_found_by_its_grpc_path_too() -> None:
    assert catalog.get("/zitadel.user.v2.UserService/AddHumanUser") == catalog.get(
        "zitadel.user.v2.UserService/AddHumanUser"
    )


def deprecation(full_name: str) -> str:
    rpc = catalog.get(full_name)
    assert rpc is not None
    return rpc.deprecation


@pytest.mark.pin
def test_an_rpc_is_deprecated_if_the_stubs_say_so_or_have_its_successor() -> None:
    v2beta = catalog.get("zitadel.user.v2beta.UserService/ListUsers")
    assert v2beta is not None
    assert v2beta.successors == v2beta.successors_here == ("zitadel.user.v2.UserService/ListUsers",)
    assert v2beta.deprecation == "use zitadel.user.v2.UserService/ListUsers"

    newer = catalog.get("zitadel.project.v2beta.ProjectService/CreateProject")
    assert newer is not None
    assert newer.successors == ("zitadel.project.v2.ProjectService/CreateProject",)
    assert newer.successors_here == ()
    assert newer.deprecation == ""

    assert deprecation("zitadel.admin.v1.AdminService/AddOIDCIDP") == "ZITADEL names no successor"
    assert deprecation("zitadel.management.v1.ManagementService/GetMyOrg") == ""
    assert deprecation("zitadel.admin.v1.AdminService/RemoveOrg") == (
        "newer servers have zitadel.org.v2.OrganizationService/DeleteOrganization instead, "
        "which is not in these stubs"
    )


@pytest.mark.parametrize(
    "name", ["", "/", "zitadel.management.v1.ManagementService/Nope", "grpc.health.v1.Health/Check"]
)
def test_other_services_are_not_in_the_catalog(name: str) -> None:
    assert catalog.get(name) is None


def test_options_of_both_generations_of_apis_are_read() -> None:
    v2 = catalog.get("zitadel.user.v2.UserService/AddHumanUser")
    assert v2 is not None
    assert (v2.permission, v2.http_verb, v2.http_path) == ("user.write", "POST", "/v2/users/human")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("zitadel.management.v1.ManagementService/GetMyOrg", "/management/v1/orgs/me"),
        ("zitadel.user.v2.UserService/AddHumanUser", "/v2/users/human"),
        ("zitadel.analytics.v2beta.TelemetryService/ReportBaseInformation", ""),
    ],
)
def test_the_rest_path_includes_the_base_path_of_the_api(name: str, path: str) -> None:
    rpc = catalog.get(name)
    assert rpc is not None
    assert rpc.rest_path == path


@pytest.mark.pin
def test_a_description_starts_with_the_summary() -> None:
    rpcs = catalog.rpcs()
    assert all(" ".join(rpc.description.split()).startswith(rpc.summary) for rpc in rpcs)
    assert len([rpc for rpc in rpcs if rpc.description]) == 864
    described = [rpc for rpc in rpcs if len(rpc.description) > len(rpc.summary)]
    assert len(described) > 700


@pytest.mark.pin
def test_the_number_of_rpcs_with_each_option_in_the_pin() -> None:
    rpcs = catalog.rpcs()
    assert len(rpcs) == 867
    assert len([rpc for rpc in rpcs if rpc.permission]) == 860
    assert len([rpc for rpc in rpcs if rpc.http_verb]) == 853
    assert len([rpc for rpc in rpcs if rpc.summary]) == 864
    assert len([rpc for rpc in rpcs if rpc.deprecated]) == 164
    assert len([rpc for rpc in rpcs if rpc.successors]) == 294
    assert len([rpc for rpc in rpcs if rpc.successors_here]) == 136
    assert len([rpc for rpc in rpcs if rpc.deprecation]) == 217
