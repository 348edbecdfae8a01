"""Finds resources by id for the v1 APIs, with ZITADEL's errors for missing ones."""

from __future__ import annotations

from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.applications import Application
from zitadel_grpc.testing._state.projects import Project
from zitadel_grpc.testing._state.resources import Details, Organization
from zitadel_grpc.testing._state.users import User


def user_of(call: Call, user_id: str, error_id: str) -> User:
    """Finds a user of the call's organization. `error_id` differs between reads and writes."""
    user = call.store.users.get(user_id)
    if user is None or not is_own(call, user.details):
        raise not_found("User could not be found", error_id)
    return user


def is_own(call: Call, details: Details) -> bool:
    """Whether a resource belongs to the call's organization. The v1 APIs see no other resources."""
    return details.resource_owner == call.organization_id


def own_user(call: Call, user_id: str, error_id: str) -> User:
    """Finds a user of the call's organization for a write."""
    user = call.store.users.get(user_id)
    if user is None or not is_own(call, user.details):
        raise failed_precondition("User could not be found", error_id)
    return user


def existing_user(call: Call, user_id: str, error_id: str) -> User:
    """Finds a user of any organization for a write."""
    if (user := call.store.users.get(user_id)) is None:
        raise failed_precondition("User could not be found", error_id)
    return user


def organization_of(call: Call, organization_id: str, error_id: str) -> Organization:
    if (organization := call.store.organizations.get(organization_id)) is None:
        raise not_found("Organisation not found", error_id)
    return organization


def project_of(call: Call, project_id: str, error_id: str) -> Project:
    """Finds a project of the call's organization."""
    project = call.store.projects.get(project_id)
    if project is None or not is_own(call, project.details):
        raise not_found("Project not found", error_id)
    return project


def own_project(call: Call, project_id: str, error_id: str = "COMMAND-EbFMN") -> Project:
    """Finds a project of the call's organization for a write."""
    project = call.store.projects.get(project_id)
    if project is None or not is_own(call, project.details):
        raise failed_precondition("Project not found", error_id)
    return project


def application_of(call: Call, project_id: str, application_id: str, error_id: str) -> Application:
    application = call.store.applications.get(application_id)
    if application is None or application.project_id != project_id:
        raise not_found("Application not found", error_id)
    project_of(call, project_id, error_id)
    return application
