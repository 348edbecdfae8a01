"""Members as messages of the v1 APIs, and their filters."""

from __future__ import annotations

from zitadel_grpc.api.member.v1 import Member as Message
from zitadel_grpc.testing._rpc.lists import Filters, text
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._services.messages.users import type_of
from zitadel_grpc.testing._state.members import Member
from zitadel_grpc.testing._state.users import User

MemberOf = tuple[Member, User]

FILTERS: Filters[MemberOf] = Filters(
    {
        "user_id_query": lambda query: lambda row: row[1].id == query.user_id,
        "first_name_query": text(lambda row: row[1].human.first_name if row[1].human else ""),
        "last_name_query": text(lambda row: row[1].human.last_name if row[1].human else ""),
        "email_query": text(lambda row: row[1].human.email if row[1].human else ""),
    }
)


def member_message(row: MemberOf) -> Message:
    member, user = row
    return Message(
        user_id=user.id,
        details=details_of(member.details),
        roles=member.roles,
        preferred_login_name=user.user_name,
        email=user.human.email if user.human else "",
        first_name=user.human.first_name if user.human else "",
        last_name=user.human.last_name if user.human else "",
        display_name=user.display_name,
        user_type=type_of(user),
        user_resource_owner=user.details.resource_owner,
    )
