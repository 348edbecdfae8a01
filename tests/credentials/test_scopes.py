"""The scopes that ZITADEL's APIs need are always requested, and reserved scopes have names."""

from __future__ import annotations

from typing import Any

import pytest

from zitadel_grpc import scopes
from zitadel_grpc.credentials import ClientCredentials, JwtProfile
from zitadel_grpc.errors import ConfigurationError


def test_the_scopes_that_the_apis_need_come_first() -> None:
    assert scopes.join() == "openid urn:zitadel:iam:org:project:id:zitadel:aud"


def test_requested_scopes_are_added_once() -> None:
    joined = scopes.join(["profile", "openid", "profile", scopes.USER_METADATA], ["1", "2", "1"])
    assert joined.split(" ") == [
        "openid",
        "urn:zitadel:iam:org:project:id:zitadel:aud",
        "profile",
        "urn:zitadel:iam:user:metadata",
        "urn:zitadel:iam:org:project:id:1:aud",
        "urn:zitadel:iam:org:project:id:2:aud",
    ]


@pytest.mark.parametrize(
    ("built", "urn"),
    [
        (scopes.project_audience("1"), "urn:zitadel:iam:org:project:id:1:aud"),
        (scopes.project_audience("zitadel"), scopes.ZITADEL_AUDIENCE),
        (scopes.project_role("reader"), "urn:zitadel:iam:org:project:role:reader"),
        (scopes.PROJECTS_ROLES, "urn:zitadel:iam:org:projects:roles"),
        (scopes.organization("1"), "urn:zitadel:iam:org:id:1"),
        (scopes.organization_domain("acme.com"), "urn:zitadel:iam:org:domain:primary:acme.com"),
        (scopes.organization_roles("1"), "urn:zitadel:iam:org:roles:id:1"),
        (scopes.identity_provider("1"), "urn:zitadel:iam:org:idp:id:1"),
        (scopes.RESOURCE_OWNER, "urn:zitadel:iam:user:resourceowner"),
        (scopes.USER_METADATA, "urn:zitadel:iam:user:metadata"),
    ],
)
def test_reserved_scopes_are_built_by_name(built: str, urn: str) -> None:
    assert built == urn


@pytest.mark.parametrize(
    "broken", ["", "two words", "line\nbreak", 'quo"te', "back\\slash", "ümlaut", 7, None]
)
def test_an_invalid_scope_is_reported(broken: Any) -> None:
    for build in (scopes.project_audience, scopes.project_role, scopes.organization):
        with pytest.raises(ConfigurationError, match="is not valid"):
            build(broken)
    with pytest.raises(ConfigurationError):
        scopes.join([broken])
    with pytest.raises(ConfigurationError):
        scopes.join((), [broken])


def test_a_str_in_place_of_a_list_is_reported(unknown_key: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="scopes must be a sequence of str, such as a list, not str"):
        JwtProfile.from_dict(unknown_key, scopes="profile")
    with pytest.raises(ConfigurationError, match="project_ids must be a sequence"):
        ClientCredentials("id", "secret", project_ids="123")
