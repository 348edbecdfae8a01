"""Manager roles are constants by level, with the permissions that they grant."""

import json
import pkgutil

import pytest

from zitadel_grpc import catalog, roles

LEVELS = {
    "IAM_": roles.INSTANCE,
    "ORG_": roles.ORGANIZATION,
    "PROJECT_": roles.PROJECT,
    "PROJECT_GRANT_": roles.PROJECT_GRANT,
}
ALL = [role for level in LEVELS.values() for role in level]


def test_each_role_is_a_constant_with_its_name_and_one_level() -> None:
    assert sorted(ALL) == sorted(name for name in roles.__all__ if isinstance(getattr(roles, name), str))
    assert all(getattr(roles, role) == role for role in ALL)
    for prefix, level in LEVELS.items():
        assert all(role.startswith(prefix) or role == roles.SELF_MANAGEMENT_GLOBAL for role in level)


def test_each_role_grants_permissions() -> None:
    known = json.loads(pkgutil.get_data("zitadel_grpc", "manager-roles.json") or b"")
    assert sorted(known) == sorted(ALL)
    assert all(roles.permissions_of(role) for role in ALL)


@pytest.mark.parametrize(
    ("role", "granted", "refused"),
    [
        (roles.IAM_OWNER, "iam.write", "system.instance.read"),
        (roles.IAM_OWNER_VIEWER, "iam.read", "iam.write"),
        (roles.ORG_OWNER, "org.write", "iam.read"),
        (roles.ORG_USER_MANAGER, "user.write", "project.write"),
        (roles.PROJECT_OWNER, "project.grant.write", "org.read"),
        (roles.PROJECT_OWNER_VIEWER, "project.grant.read", "project.write"),
        (roles.PROJECT_GRANT_OWNER, "user.grant.write", "project.write"),
        (roles.PROJECT_GRANT_OWNER_VIEWER, "user.grant.read", "user.grant.write"),
    ],
)
def test_a_role_grants_the_permissions_of_its_level(role: str, granted: str, refused: str) -> None:
    assert granted in roles.permissions_of(role)
    assert role in roles.roles_granting(granted)
    assert refused not in roles.permissions_of(role)
    assert role not in roles.roles_granting(refused)


def test_viewers_of_projects_have_a_subset_of_the_permissions_of_owners() -> None:
    for viewer in (roles.PROJECT_OWNER_VIEWER, roles.PROJECT_GRANT_OWNER_VIEWER):
        assert roles.permissions_of(viewer) < roles.permissions_of(viewer.removesuffix("_VIEWER"))


def test_unknown_roles_and_permissions_are_accepted_and_grant_nothing() -> None:
    assert roles.permissions_of("ORG_OWNR") == frozenset()
    assert roles.roles_granting("user.wirte") == []
    assert roles.roles_granting("") == []


@pytest.mark.pin
def test_the_roles_that_may_call_an_rpc_are_found_by_its_permission() -> None:
    rpc = catalog.get("zitadel.management.v1.ManagementService/AddOrgMember")
    assert rpc is not None
    assert roles.roles_granting(rpc.permission) == [
        roles.ORG_OWNER,
        roles.IAM_OWNER,
        roles.IAM_ORG_MANAGER,
        roles.IAM_LOGIN_CLIENT,
    ]
