"""Organizations as messages of the v1 APIs."""

from __future__ import annotations

from zitadel_grpc.api.org.v1 import Org, OrgState
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._state.resources import Organization


def org(organization: Organization) -> Org:
    return Org(
        id=organization.id,
        details=details_of(organization.details),
        state=OrgState.ValueType(organization.state),
        name=organization.name,
        primary_domain=organization.primary_domain,
    )
