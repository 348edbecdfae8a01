"""Projects, their roles and grants."""

from __future__ import annotations

from dataclasses import dataclass, field

from zitadel_grpc.testing._state.resources import Details, State


@dataclass(slots=True)
class Role:
    key: str
    details: Details
    display_name: str = ""
    group: str = ""


@dataclass(slots=True)
class Project:
    """`private_labeling` is the number of the enum value in all APIs."""

    id: str
    details: Details
    name: str
    role_assertion: bool = False
    role_check: bool = False
    has_project_check: bool = False
    private_labeling: int = 0
    state: State = State.ACTIVE
    roles: dict[str, Role] = field(default_factory=dict)


@dataclass(slots=True)
class ProjectGrant:
    """Lets another organization grant roles of the project to its users."""

    id: str
    project_id: str
    details: Details
    granted_organization_id: str
    role_keys: list[str]
    state: State = State.ACTIVE


@dataclass(slots=True)
class UserGrant:
    """Project roles granted to a user. The v2 APIs call it an authorization."""

    id: str
    details: Details
    user_id: str
    project_id: str
    project_grant_id: str
    role_keys: list[str]
    state: State = State.ACTIVE
