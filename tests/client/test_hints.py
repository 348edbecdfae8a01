"""Hints that follow from ZITADEL's own response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from tests.transport.states import GET_MY_ORG
from zitadel_grpc import AsyncClient, ConnectionOptions, catalog, roles
from zitadel_grpc.api.management.v1 import AddOIDCAppRequest, GetMyOrgRequest
from zitadel_grpc.api.system.v1 import ListInstancesRequest
from zitadel_grpc.api.user.v2 import (
    CreateUserRequest,
    DeleteUserRequest,
    SetHumanEmail,
    SetHumanProfile,
)
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
    """What a call raises."""
    settings.setdefault("options", ConnectionOptions(root_certificates=emulator.root_certificates))
    async with AsyncClient(emulator.url, credentials, **settings) as client:
        with pytest.raises(RpcError) as raised:
            await call(client)
        return raised.value


def with_roles(emulator: Emulator, *roles: str) -> PersonalAccessToken:
    return PersonalAccessToken(emulator.add_service_user(roles=list(roles)).pat)


async def test_a_missing_permission_is_named_with_the_roles_that_grant_it(emulator: Emulator) -> None:
    viewer = with_roles(emulator, "ORG_OWNER_VIEWER")

    error = await failure(
        emulator,
        viewer,
        lambda client: client.management.AddOIDCApp(AddOIDCAppRequest(project_id="1", name="app")),
    )

    assert type(error) is PermissionDenied
    assert error.error_id == "AUTH-5mWD2"
    assert error.hint == (
        "none of the caller's Manager roles has the permission project.app.write; grant the caller "
        "PROJECT_OWNER, ORG_OWNER, IAM_OWNER or IAM_ORG_MANAGER"
    )


async def test_a_permission_that_a_v2_rpc_checks_itself_has_a_hint(emulator: Emulator) -> None:
    viewer = with_roles(emulator, "ORG_OWNER_VIEWER")
    human = CreateUserRequest.Human(
        profile=SetHumanProfile(given_name="Ada", family_name="Lovelace"),
        email=SetHumanEmail(email="ada@example.com"),
    )
    request = CreateUserRequest(organization_id=emulator.organization_id, human=human)

    error = await failure(emulator, viewer, lambda client: client.user_v2.CreateUser(request))

    assert type(error) is PermissionDenied
    assert error.error_id == "AUTH-AWfge"
    assert "grant it a Manager role" in (error.hint or "")


async def test_a_caller_without_any_role_learns_which_roles_to_grant(emulator: Emulator) -> None:
    error = await failure(
        emulator, with_roles(emulator), lambda client: client.management.GetMyOrg(GetMyOrgRequest())
    )

    assert type(error) is NotFound
    assert error.error_id == "AUTHZ-cdgFk"
    assert (error.hint or "").startswith(
        "the caller has no Manager role in this organization; select another organization, or grant the "
        "caller ORG_OWNER, "
    )


async def test_an_rpc_without_its_own_permission_has_a_hint_without_roles(emulator: Emulator) -> None:
    admin = emulator.key_file["userId"]

    error = await failure(
        emulator,
        with_roles(emulator),
        lambda client: client.user_v2.DeleteUser(DeleteUserRequest(user_id=admin)),
    )

    assert error.permission is None
    assert error.hint == (
        "the caller has no Manager role in this organization; select another organization, or grant the "
        "caller a role"
    )


@pytest.mark.parametrize("rpc", [LIST_USERS, "of.another/Service"])
def test_a_permission_that_is_not_known_is_not_invented(rpc: str) -> None:
    error = PermissionDenied(rpc, "No matching permissions found (AUTH-5mWD2)")
    assert error.permission is None
    assert error.hint == (
        "none of the caller's Manager roles has the permission that this RPC needs; grant the caller a role"
    )


def test_a_permission_that_no_known_role_grants_is_named_without_roles() -> None:
    rpc = "zitadel.system.v1.SystemService/AddInstance"
    error = PermissionDenied(rpc, "No matching permissions found (AUTH-5mWD2)")
    assert error.hint == (
        "none of the caller's Manager roles has the permission system.instance.write; "
        "grant the caller a role that has it"
    )


@pytest.mark.pin
def test_every_permission_of_the_catalog_is_granted_by_a_role_except_those_of_the_system() -> None:
    needed = {rpc.permission for rpc in catalog.rpcs()} - {"", "authenticated"}
    not_granted = {permission for permission in needed if not roles.roles_granting(permission)}
    assert {permission.split(".")[0] for permission in not_granted} == {"system"}


async def test_an_unknown_organization_has_a_hint(emulator: Emulator) -> None:
    pat = PersonalAccessToken(emulator.pat)
    error = await failure(
        emulator, pat, lambda client: client.management.GetMyOrg(GetMyOrgRequest()), org_id="123"
    )
    assert (error.error_id, error.hint) == (
        "AUTH-Bs7Ds",
        "no organization has the id sent as x-zitadel-orgid; check the id in org_id or with_org(…)",
    )


async def test_a_refused_token_has_a_hint_with_the_possible_causes(emulator: Emulator) -> None:
    garbage = PersonalAccessToken("a-token-of-nobody")
    error = await failure(emulator, garbage, lambda client: client.management.GetMyOrg(GetMyOrgRequest()))
    assert type(error) is Unauthenticated
    assert "expired or revoked" in (error.hint or "")


async def test_an_unknown_instance_has_a_hint(emulator: Emulator) -> None:
    # As behind a tunnel: ZITADEL looks up the instance by the host name of the request.
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


async def test_the_system_api_has_a_hint_to_use_a_system_user(emulator: Emulator) -> None:
    error = await failure(
        emulator,
        PersonalAccessToken(emulator.pat),
        lambda client: client.system.ListInstances(ListInstancesRequest()),
    )
    assert error.hint == "the System API accepts only tokens of system users; use SystemUser credentials"


async def test_a_system_user_has_a_hint_to_select_an_organization(emulator: Emulator) -> None:
    system = SystemUser("system-user", emulator.system_key)
    error = await failure(emulator, system, lambda client: client.management.GetMyOrg(GetMyOrgRequest()))
    assert error.error_id == "QUERY-leq5Q"
    assert "with_org" in (error.hint or "")


async def test_a_token_obtained_by_impersonation_has_a_hint(emulator: Emulator) -> None:
    emulator.faults.fail_next(
        GET_MY_ORG,
        grpc.StatusCode.PERMISSION_DENIED,
        details="Errors.TokenExchange.Token.NotForAPI (APP-Shi0J)",
    )
    pat = PersonalAccessToken(emulator.pat)
    error = await failure(emulator, pat, lambda client: client.management.GetMyOrg(GetMyOrgRequest()))
    assert "with your own services only" in (error.hint or "")


async def test_a_request_that_is_too_large_has_a_hint(emulator: Emulator) -> None:
    pat = PersonalAccessToken(emulator.pat)
    large = CreateUserRequest(organization_id="1" * 5_000_000)
    error = await failure(emulator, pat, lambda client: client.user_v2.CreateUser(large))
    assert type(error) is ResourceExhausted
    assert error.hint == "the request exceeds the server's size limit; split it into smaller requests"


class LaterStub:
    """A stub with an RPC of a future ZITADEL."""

    def __init__(self, channel: Any) -> None:
        self.Nope = channel.unary_unary(
            "/zitadel.management.v1.ManagementService/Nope",
            GetMyOrgRequest.SerializeToString,
            GetMyOrgRequest.FromString,
        )


async def test_a_method_that_the_server_does_not_know_has_a_hint(emulator: Emulator) -> None:
    error = await failure(
        emulator,
        PersonalAccessToken(emulator.pat),
        lambda client: client.stub(LaterStub).Nope(GetMyOrgRequest()),
    )
    assert type(error) is Unimplemented
    assert "older or newer than the stubs" in (error.hint or "")
