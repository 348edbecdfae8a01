"""Filters and sort keys of users in the v1 and v2 APIs, whose queries have the same names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zitadel_grpc.testing._rpc.lists import Filters, text
from zitadel_grpc.testing._services.messages.users import STATES, type_of
from zitadel_grpc.testing._state.users import Human, User


def _of_human(value_of: Callable[[Human], str]) -> Callable[[User], str]:
    return lambda user: value_of(user.human) if user.human else ""


_first_name = _of_human(lambda human: human.first_name)
_last_name = _of_human(lambda human: human.last_name)
_nick_name = _of_human(lambda human: human.nick_name)
_email = _of_human(lambda human: human.email)

FILTERS: Filters[User] = Filters(
    {
        "user_name_query": text(lambda user: user.user_name),
        "login_name_query": text(lambda user: user.user_name),
        "first_name_query": text(_first_name),
        "last_name_query": text(_last_name),
        "nick_name_query": text(_nick_name),
        "display_name_query": text(lambda user: user.display_name),
        "email_query": text(_email),
        "phone_query": text(_of_human(lambda human: human.phone)),
        "state_query": lambda query: lambda user: STATES[user.state] == query.state,
        "type_query": lambda query: lambda user: type_of(user) == query.type,
        "organization_id_query": text(lambda user: user.details.resource_owner),
        "in_user_ids_query": lambda query: lambda user: user.id in query.user_ids,
        "in_user_emails_query": lambda query: lambda user: _email(user) in query.user_emails,
    }
)

# Indexed by UserFieldName; unspecified sorts by id.
ORDERS: Sequence[Callable[[User], Any]] = (
    lambda user: user.id,
    lambda user: user.user_name.lower(),
    lambda user: _first_name(user).lower(),
    lambda user: _last_name(user).lower(),
    lambda user: _nick_name(user).lower(),
    lambda user: user.display_name.lower(),
    lambda user: _email(user).lower(),
    lambda user: STATES[user.state],
    type_of,
    lambda user: user.details.creation_date,
)
