"""Which of ZITADEL's lists can be paginated, by what they are sorted, and what identifies their items."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from zitadel_grpc import api, catalog
from zitadel_grpc.errors import ConfigurationError
from zitadel_grpc.pagination._schema import ListSchema, list_schema

pytestmark = pytest.mark.pin

# The RPC, the column to sort by, and the fields that identify an item (`*`: all of its fields).
PAGED = """
action.v2beta.ActionService/ListExecutions | creation | *
action.v2beta.ActionService/ListTargets | creation | id
admin.v1.AdminService/ListEmailProviders | - | id
admin.v1.AdminService/ListIAMMembers | creation | user_id
admin.v1.AdminService/ListIDPs | name | id
admin.v1.AdminService/ListInstanceDomains | creation | domain
admin.v1.AdminService/ListInstanceTrustedDomains | creation | domain
admin.v1.AdminService/ListLoginPolicyIDPs | - | idp_id
admin.v1.AdminService/ListMilestones | - | *
admin.v1.AdminService/ListOrgs | name | id
admin.v1.AdminService/ListProviders | - | id
admin.v1.AdminService/ListSMSProviders | - | id
admin.v1.AdminService/ListSMTPConfigs | - | id
admin.v1.AdminService/ListSecretGenerators | - | *
app.v2beta.AppService/ListApplicationKeys | creation | id application_id project_id organization_id
app.v2beta.AppService/ListApplications | creation | id
auth.v1.AuthService/ListMyLinkedIDPs | - | user_id idp_id provided_user_id
auth.v1.AuthService/ListMyMemberships | - | user_id org_id project_id project_grant_id
auth.v1.AuthService/ListMyMetadata | - | key
auth.v1.AuthService/ListMyProjectOrgs | name | id
auth.v1.AuthService/ListMyUserChanges | sequence | sequence
auth.v1.AuthService/ListMyUserGrants | - | org_id project_id user_id grant_id project_grant_id
authorization.v2beta.AuthorizationService/ListAuthorizations | creation | id project_id project_organization_id project_grant_id granted_organization_id organization_id
instance.v2beta.InstanceService/ListCustomDomains | creation | instance_id domain
instance.v2beta.InstanceService/ListInstances | creation | id
instance.v2beta.InstanceService/ListTrustedDomains | creation | instance_id domain
internal_permission.v2beta.InternalPermissionService/ListAdministrators | creation | user.id user.organization_id organization.id project.id project.organization_id project_grant.id project_grant.project_id project_grant.organization_id project_grant.granted_organization_id
management.v1.ManagementService/ListActions | id | id
management.v1.ManagementService/ListAllProjectGrants | - | grant_id granted_org_id project_id project_owner_id
management.v1.ManagementService/ListAppChanges | sequence | sequence
management.v1.ManagementService/ListAppKeys | - | id
management.v1.ManagementService/ListApps | - | id
management.v1.ManagementService/ListGrantedProjectRoles | - | key
management.v1.ManagementService/ListGrantedProjects | - | grant_id granted_org_id project_id project_owner_id
management.v1.ManagementService/ListHumanLinkedIDPs | - | user_id idp_id provided_user_id
management.v1.ManagementService/ListLoginPolicyIDPs | - | idp_id
management.v1.ManagementService/ListMachineKeys | - | id
management.v1.ManagementService/ListOrgChanges | sequence | sequence
management.v1.ManagementService/ListOrgDomains | - | org_id domain_name
management.v1.ManagementService/ListOrgIDPs | name | id
management.v1.ManagementService/ListOrgMembers | - | user_id
management.v1.ManagementService/ListOrgMetadata | - | key
management.v1.ManagementService/ListPersonalAccessTokens | - | id
management.v1.ManagementService/ListProjectChanges | sequence | sequence
management.v1.ManagementService/ListProjectGrantChanges | sequence | sequence
management.v1.ManagementService/ListProjectGrantMemberRoles | - | *
management.v1.ManagementService/ListProjectGrantMembers | - | user_id
management.v1.ManagementService/ListProjectGrants | - | grant_id granted_org_id project_id project_owner_id
management.v1.ManagementService/ListProjectMembers | - | user_id
management.v1.ManagementService/ListProjectRoles | - | key
management.v1.ManagementService/ListProjects | - | id
management.v1.ManagementService/ListProviders | - | id
management.v1.ManagementService/ListUserChanges | sequence | sequence
management.v1.ManagementService/ListUserGrants | - | id user_id org_id project_id project_grant_id granted_org_id
management.v1.ManagementService/ListUserMemberships | - | user_id org_id project_id project_grant_id
management.v1.ManagementService/ListUserMetadata | - | key
management.v1.ManagementService/ListUsers | creation | id
org.v2.OrganizationService/ListOrganizations | name | id
org.v2beta.OrganizationService/ListOrganizationDomains | - | organization_id domain_name
org.v2beta.OrganizationService/ListOrganizationMetadata | - | key
org.v2beta.OrganizationService/ListOrganizations | creation | id
project.v2beta.ProjectService/ListProjectGrants | creation | organization_id granted_organization_id project_id
project.v2beta.ProjectService/ListProjectRoles | creation | project_id key
project.v2beta.ProjectService/ListProjects | creation | id organization_id granted_organization_id
resources.user.v3alpha.ZITADELUsers/SearchUsers | creation | details.id schema.id
resources.userschema.v3alpha.ZITADELUserSchemas/SearchUserSchemas | creation | details.id
session.v2.SessionService/ListSessions | creation | id
session.v2beta.SessionService/ListSessions | creation | id
system.v1.SystemService/ListDomains | creation | domain
system.v1.SystemService/ListIAMMembers | creation | user_id
system.v1.SystemService/ListInstances | creation | id
user.v2.UserService/ListIDPLinks | - | idp_id user_id
user.v2.UserService/ListKeys | creation | id user_id organization_id
user.v2.UserService/ListPersonalAccessTokens | creation | id user_id organization_id
user.v2.UserService/ListUserMetadata | - | key
user.v2.UserService/ListUsers | creation | user_id
user.v2beta.UserService/ListUsers | creation | user_id
"""  # noqa: E501
# The response has all items.
SINGLE_PAGE = """
action.v2beta.ActionService/ListExecutionFunctions
action.v2beta.ActionService/ListExecutionMethods
action.v2beta.ActionService/ListExecutionServices
admin.v1.AdminService/ListAggregateTypes
admin.v1.AdminService/ListEventTypes
admin.v1.AdminService/ListFailedEvents
admin.v1.AdminService/ListIAMMemberRoles
admin.v1.AdminService/ListLoginPolicyMultiFactors
admin.v1.AdminService/ListLoginPolicySecondFactors
admin.v1.AdminService/ListViews
auth.v1.AuthService/ListMyAuthFactors
auth.v1.AuthService/ListMyPasswordless
auth.v1.AuthService/ListMyProjectPermissions
auth.v1.AuthService/ListMyRefreshTokens
auth.v1.AuthService/ListMyUserSessions
auth.v1.AuthService/ListMyZitadelPermissions
management.v1.ManagementService/ListFlowTriggerTypes
management.v1.ManagementService/ListFlowTypes
management.v1.ManagementService/ListHumanAuthFactors
management.v1.ManagementService/ListHumanPasswordless
management.v1.ManagementService/ListLoginPolicyMultiFactors
management.v1.ManagementService/ListLoginPolicySecondFactors
management.v1.ManagementService/ListOrgMemberRoles
management.v1.ManagementService/ListProjectMemberRoles
resources.debug_events.v3alpha.ZITADELDebugEvents/ListDebugEventsStates
system.v1.SystemService/ListFailedEvents
system.v1.SystemService/ListViews
user.v2.UserService/ListAuthenticationFactors
user.v2.UserService/ListAuthenticationMethodTypes
user.v2.UserService/ListPasskeys
user.v2beta.UserService/ListAuthenticationMethodTypes
webkey.v2.WebKeyService/ListWebKeys
webkey.v2beta.WebKeyService/ListWebKeys
"""
# It has a limit, but no offset: its sequence counts the events of one aggregate only.
CANNOT_BE_PAGINATED = {"admin.v1.AdminService/ListEvents"}
# Not lists, although their responses have a repeated field.
NOT_LISTS = {
    "admin.v1.AdminService/ExportData",
    "admin.v1.AdminService/GetAllowedLanguages",
    "admin.v1.AdminService/GetRestrictions",
    "admin.v1.AdminService/GetSupportedLanguages",
    "admin.v1.AdminService/ImportData",
    "auth.v1.AuthService/GetSupportedLanguages",
    "management.v1.ManagementService/AddOIDCApp",
    "management.v1.ManagementService/GetSupportedLanguages",
    "org.v2.OrganizationService/AddOrganization",
    "org.v2beta.OrganizationService/CreateOrganization",
    "settings.v2.SettingsService/GetActiveIdentityProviders",
    "settings.v2.SettingsService/GetGeneralSettings",
    "settings.v2beta.SettingsService/GetActiveIdentityProviders",
    "settings.v2beta.SettingsService/GetGeneralSettings",
    "system.v1.SystemService/BulkSetLimits",
}


@pytest.fixture(scope="module")
def methods() -> dict[str, MethodDescriptor]:
    """The lists, and all other RPCs whose responses have a repeated field."""
    for module in pkgutil.walk_packages(api.__path__, "zitadel_grpc.api."):
        if module.name.endswith("_pb2"):
            importlib.import_module(module.name)
    found = {}
    for rpc in catalog.rpcs():
        service, name = rpc.full_name.split("/")
        method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
        if any(field.is_repeated for field in method.output_type.fields) or name.startswith(
            ("List", "Search")
        ):
            found[rpc.full_name.removeprefix("zitadel.")] = method
    return found


def schema_of(rpc: str, method: MethodDescriptor) -> ListSchema:
    return list_schema(rpc, method.input_type, method.output_type)


def order_of(schema: ListSchema, method: MethodDescriptor) -> str:
    if schema.by_sequence:
        return "sequence"
    if schema.sorting_column is None:
        return "-"
    columns = method.input_type.fields_by_name["sorting_column"].enum_type
    assert columns
    name = columns.values_by_number[schema.sorting_column].name
    return {"NAME": "name", "ID": "id", "DATE": "creation"}[name.rpartition("_")[2]]


def test_every_list_is_covered(methods: dict[str, MethodDescriptor]) -> None:
    paged = {line.split()[0] for line in PAGED.strip().splitlines()}
    named = [*paged, *SINGLE_PAGE.split(), *CANNOT_BE_PAGINATED, *NOT_LISTS]
    assert sorted(named) == sorted(methods)


@pytest.mark.parametrize("line", PAGED.strip().splitlines())
def test_it_is_paginated(line: str, methods: dict[str, MethodDescriptor]) -> None:
    rpc, order, identifiers = line.split(" | ")
    schema = schema_of(rpc, methods[rpc])
    assert schema.page in ("query", "pagination")
    assert order_of(schema, methods[rpc]) == order
    assert (" ".join(".".join(path) for path in schema.id_fields) or "*") == identifiers
    assert (schema.details is None) == schema.by_sequence


@pytest.mark.parametrize("rpc", SINGLE_PAGE.split())
def test_it_has_a_single_page(rpc: str, methods: dict[str, MethodDescriptor]) -> None:
    assert schema_of(rpc, methods[rpc]).page is None


@pytest.mark.parametrize("rpc", sorted(CANNOT_BE_PAGINATED))
def test_it_cannot_be_paginated(rpc: str, methods: dict[str, MethodDescriptor]) -> None:
    with pytest.raises(
        ConfigurationError, match=f"{rpc} cannot be paginated: it has a limit.*Call it directly"
    ):
        schema_of(rpc, methods[rpc])


@pytest.mark.parametrize("rpc", sorted(NOT_LISTS))
def test_it_is_not_a_list(rpc: str, methods: dict[str, MethodDescriptor]) -> None:
    with pytest.raises(ConfigurationError, match=f"{rpc} is not a list RPC; call it directly"):
        schema_of(rpc, methods[rpc])
