"""ZITADEL's default password policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import ann, ask
from zitadel_grpc.api.admin import v1 as admin
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.org import v2 as org
from zitadel_grpc.api.user import v2 as user

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tests.emulator.conftest import Peer


@pytest.mark.parametrize(
    ("password", "error_id"),
    [
        ("Sh0rt!", "COMMA-HuJf6"),
        ("SECR3T!PASS", "COMMA-co3Xw"),
        ("secr3t!pass", "COMMA-VoaRj"),
        ("Secret!pass", "COMMA-ZBv4H"),
        ("Secr3tpass", "COMMA-ZDLwA"),
    ],
    ids=["short", "no lower case", "no upper case", "no number", "no symbol"],
)
async def test_the_first_rule_that_a_password_breaks_is_named(
    peer: Peer, password: str, error_id: str
) -> None:
    outcome = await ask(peer, ann(password=user.Password(password=password)))
    assert (outcome.code, outcome.error_id) == (StatusCode.INVALID_ARGUMENT, error_id)


def imported(password: str) -> management.ImportHumanUserRequest:
    return management.ImportHumanUserRequest(
        user_name="ann",
        profile=management.ImportHumanUserRequest.Profile(first_name="Ann", last_name="A"),
        email=management.ImportHumanUserRequest.Email(email="ann@example.com"),
        password=password,
    )


def set_up(password: str) -> admin.SetUpOrgRequest:
    human = admin.SetUpOrgRequest.Human(
        user_name="ann",
        profile=admin.SetUpOrgRequest.Human.Profile(first_name="Ann", last_name="A"),
        email=admin.SetUpOrgRequest.Human.Email(email="ann@example.com"),
        password=password,
    )
    return admin.SetUpOrgRequest(org=admin.SetUpOrgRequest.Org(name="Acme"), human=human)


def with_admin(password: str) -> org.AddOrganizationRequest:
    human = ann(username="ann", password=user.Password(password=password))
    return org.AddOrganizationRequest(name="Acme", admins=[org.AddOrganizationRequest.Admin(human=human)])


@pytest.mark.parametrize(
    "request_of", [imported, set_up, with_admin], ids=["import", "set-up", "organization's admin"]
)
async def test_a_refused_password_leaves_nothing_behind(
    own_peer: Peer, request_of: Callable[[str], Message]
) -> None:
    assert (await ask(own_peer, request_of("simple"))).error_id == "COMMA-HuJf6"
    assert (await ask(own_peer, request_of("Secr3t!pass"))).code is StatusCode.OK
