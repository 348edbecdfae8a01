"""Filters of organizations in the v1 and v2 APIs."""

from __future__ import annotations

from zitadel_grpc.testing._rpc.lists import Filters, text
from zitadel_grpc.testing._state.resources import Organization
from zitadel_grpc.testing._state.store import Store


def filters(store: Store) -> Filters[Organization]:
    return Filters(
        {
            "id_query": text(lambda organization: organization.id),
            "name_query": text(lambda organization: organization.name),
            "domain_query": text(lambda organization: organization.primary_domain),
            "state_query": lambda query: lambda organization: organization.state == query.state,
            "default_query": lambda _: (
                lambda organization: organization.id == next(iter(store.organizations))
            ),
        }
    )


def by_name(organization: Organization) -> str:
    return organization.name.lower()
