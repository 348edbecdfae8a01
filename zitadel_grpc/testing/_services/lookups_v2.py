"""Finds resources by id for the v2 APIs, in all organizations."""

from __future__ import annotations

from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.projects import Project
from zitadel_grpc.testing._state.users import User


def user_of(call: Call, user_id: str, error_id: str) -> User:
    if (user := call.store.users.get(user_id)) is None:
        raise not_found("User could not be found", error_id)
    return user


def project_of(call: Call, project_id: str, error_id: str) -> Project:
    if (project := call.store.projects.get(project_id)) is None:
        raise not_found("Project not found", error_id)
    return project


def existing_project(call: Call, project_id: str) -> Project:
    """Finds a project for a write."""
    if (project := call.store.projects.get(project_id)) is None:
        raise failed_precondition("Project not found", "COMMAND-EbFMN")
    return project


def check_organization(call: Call, organization_id: str) -> None:
    """Raises Refusal for one that does not exist or has been removed."""
    if all(each.id != organization_id for each in call.store.present_organizations()):
        raise failed_precondition("Organisation not found", "COMMAND-QXPGs")
