"""What an error tells beside ZITADEL's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, ConnectionOptions, catalog, roles
from zitadel_grpc.api.management.v1 import AddOIDCAppRequest, GetMyOrgRequest
from zitadel_grpc.api.system.v1 import ListInstancesRequest
from zitadel_grpc.api.user.v2 import CreateUserRequest, DeleteUserRequest
from zitadel_grpc.credentials import PersonalAccessToken, SystemUser
from zitadel_grpc.errors import (
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    RpcError,
    Unauthenticated,
    Unimplemented,
)
from zitadel_grpc.testing import Emulator

LIST_USERS = "zitadel.user.v2.UserService/ListUsers"


async def failure(
    emulator: Emulator, credentials: Any, call: Callable[[Any], Any], **settings: Any
) -> RpcError:
    """What a call raises, of a client that trusts the emulator."""
    settings.setdefault("options", ConnectionOptions(root_certificates=emulator.root_certificates))
    async with AsyncClient(emulator.url, credentials, **settings) as client:
        with pytest.raises(RpcError) as raised:
            await call(client)
        return raised.value


def with_roles(emulator: Emulator, *roles: str) -> PersonalAccessToken:
    return PersonalAccessToken(emulator.add_service_user(roles=list(roles)).pat)


async def test_a_missing_permission_is_named_with_the_roles_that_give_it(emulator: Emulator) -> None:
    viewer = with_roles(emulator, "ORG_OWNER_VIEWER")

    error = await failure(
        emulator,
        viewer,
        lambda client: client.management.AddOIDCApp(AddOIDCAppRequest(project_id="1", name="app")),
    )

    assert type(error) is PermissionDenied
    assert error.error_id == "AUTH-5mWD2"
    assert error.hint == (
        "no Manager role of the caller gives the permission project.app.write, which PROJECT_OWNER, "
        "ORG_OWNER, IAM_OWNER or IAM_ORG_MANAGER would"
    )


async def test_a_caller_without_any_role_is_told_what_to_give_it(emulator: Emulator) -> None:
    error = await failure(
        emulator, with_roles(emulator), lambda client: client.management.GetMyOrg(GetMyOrgRequest())
    )

    assert type(error) is NotFound
    assert error.error_id == "AUTHZ-cdgFk"
    assert (error.hint or "").startswith(
        "the caller has no Manager role in this organization: name another, or give it one that gives "
        "org.read, which ORG_OWNER, "
    )


async def test_a_v2_rpc_that_any_good_token_may_call_has_a_sensible_hint_too(emulator: Emulator) -> None:
    admin = emulator.key_file["userId"]

    error = await failure(
        emulator,
        with_roles(emulator),
        lambda client: client.user_v2.DeleteUser(DeleteUserRequest(user_id=admin)),
    )

    assert error.permission is None
    assert error.hint == ("the caller has no Manager role in this organization: name another, or give it one")


@pytest.mark.parametrize("rpc", [LIST_USERS, "of.another/Service"])
def test_a_missing_permission_that_is_not_known_is_not_made_up(rpc: str) -> None:
    error = PermissionDenied(rpc, "No matching permissions found (AUTH-5mWD2)")
    assert error.permission is None
    assert error.hint == "no Manager role of the caller gives the permission that this call needs"


def test_a_permission_that_no_known_role_gives_is_named_without_roles() -> None:
    rpc = "zitadel.system.v1.SystemService/AddInstance"
    error = PermissionDenied(rpc, "No matching permissions found (AUTH-5mWD2)")
    assert error.hint == "no Manager role of the caller gives the permission system.instance.write"


@pytest.mark.pin
def test_every_permission_of_the_catalog_is_given_by_a_role_but_those_of_the_system() -> None:
    needed = {rpc.permission for rpc in catalog.rpcs()} - {"", "authenticated"}
    ungiven = {permission for permission in needed if not roles.roles_granting(permission)}
    assert {permission.split(".")[0] for permission in ungiven} == {"system"}


async def test_an_organization_that_is_not_known_is_told_as_such(emulator: Emulator) -> None:
    pat = PersonalAccessToken(emulator.pat)
    error = await failure(
        emulator, pat, lambda client: client.management.GetMyOrg(GetMyOrgRequest()), org_id="123"
    )
    assert (error.error_id, error.hint) == (
        "AUTH-Bs7Ds",
        "no organization has the id sent as x-zitadel-orgid",
    )


async def test_a_token_that_is_refused_is_told_with_its_causes(emulator: Emulator) -> None:
    garbage = PersonalAccessToken("a-token-of-nobody")
    error = await failure(emulator, garbage, lambda client: client.management.GetMyOrg(GetMyOrgRequest()))
    assert type(error) is Unauthenticated
    assert "expired, revoked" in (error.hint or "")


async def test_an_instance_that_is_not_known_by_that_name_is_told_as_such(emulator: Emulator) -> None:
    # As a tunnel to it would: ZITADEL finds its instance by the name that it was called by.
    options = ConnectionOptions(
        root_certificates=emulator.root_certificates,
        headers={"x-zitadel-instance-host": "zitadel.example.com"},
    )
    error = await failure(
        emulator,
        PersonalAccessToken(emulator.pat),
        lambda client: client.management.GetMyOrg(GetMyOrgRequest()),
        options=options,
    )
    assert error.error_id == "QUERY-1kIjX"
    assert "ConnectionOptions(authority=…)" in (error.hint or "")


async def test_the_system_api_asks_for_its_own_users(emulator: Emulator) -> None:
    error = await failure(
        emulator,
        PersonalAccessToken(emulator.pat),
        lambda client: client.system.ListInstances(ListInstancesRequest()),
    )
    assert error.hint == "the System API takes the tokens of its own users only: use SystemUser"


async def test_a_system_user_is_asked_to_name_an_organization(emulator: Emulator) -> None:
    system = SystemUser("system-user", emulator.system_key)
    error = await failure(emulator, system, lambda client: client.management.GetMyOrg(GetMyOrgRequest()))
    assert error.error_id == "QUERY-leq5Q"
    assert "with_org" in (error.hint or "")


async def test_a_token_got_by_impersonation_is_told_as_such(emulator: Emulator) -> None:
    emulator.faults.fail_next(
        GET_MY_ORG,
        grpc.StatusCode.PERMISSION_DENIED,
        details="Errors.TokenExchange.Token.NotForAPI (APP-Shi0J)",
    )
    pat = PersonalAccessToken(emulator.pat)
    error = await failure(emulator, pat, lambda client: client.management.GetMyOrg(GetMyOrgRequest()))
    assert "for one's own services only" in (error.hint or "")


async def test_a_request_that_is_too_large_is_told_as_such(emulator: Emulator) -> None:
    pat = PersonalAccessToken(emulator.pat)
    large = CreateUserRequest(organization_id="1" * 5_000_000)
    error = await failure(emulator, pat, lambda client: client.user_v2.CreateUser(large))
    assert type(error) is ResourceExhausted
    assert error.hint == "the request is larger than the server takes: send it in parts"


class LaterStub:
    """Of a ZITADEL to come."""

    def __init__(self, channel: Any) -> None:
        self.Nope = channel.unary_unary(
            "/zitadel.management.v1.ManagementService/Nope",
            GetMyOrgRequest.SerializeToString,
            GetMyOrgRequest.FromString,
        )


async def test_a_method_that_the_server_does_not_know_is_told_as_such(emulator: Emulator) -> None:
    error = await failure(
        emulator,
        PersonalAccessToken(emulator.pat),
        lambda client: client.stub(LaterStub).Nope(GetMyOrgRequest()),
    )
    assert type(error) is Unimplemented
    assert "older or newer than the stubs" in (error.hint or "")
