"""User grants as messages of the v1 APIs, and their filters."""

from __future__ import annotations

from zitadel_grpc.api.user.v1 import UserGrant as Message
from zitadel_grpc.api.user.v1 import UserGrantState
from zitadel_grpc.testing._rpc.lists import Filters, text
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._services.messages.users import type_of
from zitadel_grpc.testing._state.projects import UserGrant
from zitadel_grpc.testing._state.resources import Organization
from zitadel_grpc.testing._state.store import Store


def filters(store: Store) -> Filters[UserGrant]:
    def name(grant: UserGrant) -> str:
        return store.users[grant.user_id].user_name

    def organization(grant: UserGrant) -> Organization:
        return store.organizations[grant.details.resource_owner]

    return Filters(
        {
            "user_id_query": text(lambda grant: grant.user_id),
            "project_id_query": text(lambda grant: grant.project_id),
            "project_grant_id_query": text(lambda grant: grant.project_grant_id),
            "with_granted_query": lambda query: (
                lambda grant: query.with_granted or not grant.project_grant_id
            ),
            "org_name_query": text(lambda grant: organization(grant).name),
            "org_domain_query": text(lambda grant: organization(grant).primary_domain),
            "role_key_query": lambda query: lambda grant: query.role_key in grant.role_keys,
            "user_name_query": text(name),
            "display_name_query": text(lambda grant: store.users[grant.user_id].display_name),
            "project_name_query": text(lambda grant: store.projects[grant.project_id].name),
            "user_type_query": lambda query: lambda grant: type_of(store.users[grant.user_id]) == query.type,
        }
    )


def user_grant_message(store: Store, grant: UserGrant) -> Message:
    user, human = store.users[grant.user_id], store.users[grant.user_id].human
    organization = store.organizations[grant.details.resource_owner]
    granted = store.organizations[user.details.resource_owner]
    return Message(
        id=grant.id,
        details=details_of(grant.details),
        role_keys=grant.role_keys,
        state=UserGrantState.ValueType(grant.state),
        user_id=user.id,
        user_name=user.user_name,
        first_name=human.first_name if human else "",
        last_name=human.last_name if human else "",
        email=human.email if human else "",
        display_name=human.display_name if human else "",
        org_id=organization.id,
        org_name=organization.name,
        org_domain=organization.primary_domain,
        project_id=grant.project_id,
        project_name=store.projects[grant.project_id].name,
        project_grant_id=grant.project_grant_id,
        preferred_login_name=user.user_name,
        user_type=type_of(user),
        granted_org_id=granted.id,
        granted_org_name=granted.name,
        granted_org_domain=granted.primary_domain,
    )
