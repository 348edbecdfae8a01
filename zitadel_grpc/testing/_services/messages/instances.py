"""Instances as messages of the Admin and System APIs."""

from __future__ import annotations

from zitadel_grpc.api.instance.v1 import Domain, Instance, InstanceDetail, State
from zitadel_grpc.testing._services.messages.details import details_of
from zitadel_grpc.testing._state import resources

_VERSION = "v4-main-62e56e085"  # the version of the server that was recorded


def instance_detail(instance: resources.Instance) -> InstanceDetail:
    return InstanceDetail(
        id=instance.id,
        details=details_of(instance.details),
        state=State.STATE_RUNNING,
        name=instance.name,
        version=_VERSION,
        domains=map(_domain, instance.domains),
    )


def instance_row(instance: resources.Instance) -> Instance:
    return Instance(
        id=instance.id,
        details=details_of(instance.details),
        state=State.STATE_RUNNING,
        name=instance.name,
        version=_VERSION,
        domains=map(_domain, instance.domains),
    )


def _domain(domain: resources.Domain) -> Domain:
    return Domain(
        details=details_of(domain.details),
        domain=domain.name,
        primary=domain.primary,
        generated=domain.generated,
    )
