"""Memberships of a user as messages of the v1 APIs, and their filters."""

from __future__ import annotations

from collections.abc import Iterable

from zitadel_grpc.api.user.v1 import Membership
from zitadel_grpc.testing._rpc.lists import Filters
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._state.members import Level, Member
from zitadel_grpc.testing._state.store import Store

_ORDER = (Level.ORGANIZATION, Level.INSTANCE, Level.PROJECT)

FILTERS: Filters[Member] = Filters(
    {
        "org_query": lambda query: lambda member: member.resource_id == query.org_id,
        "project_query": lambda query: lambda member: member.resource_id == query.project_id,
        "project_grant_query": lambda _: lambda _: False,  # the emulator has no members of project grants
        "iam_query": lambda query: lambda member: (member.level is Level.INSTANCE) == query.iam,
    }
)


def in_order(members: Iterable[Member]) -> list[Member]:
    """In ZITADEL's order."""
    return sorted(members, key=lambda member: _ORDER.index(member.level))


def membership(store: Store, member: Member) -> Membership:
    message = Membership(user_id=member.user_id, details=details_of(member.details), roles=member.roles)
    match member.level:
        case Level.INSTANCE:
            message.iam = True
            message.display_name = store.instance.name
        case Level.ORGANIZATION:
            message.org_id = member.resource_id
            message.display_name = store.organizations[member.resource_id].name
        case Level.PROJECT:
            message.project_id = member.resource_id
            message.display_name = store.projects[member.resource_id].name
    return message
