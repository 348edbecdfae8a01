"""Users in the v2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from grpc import StatusCode

from tests.emulator.v2_calls import (
    GET_MY_USER,
    add_machine,
    add_token,
    ann,
    ask,
    organization_of,
    other_organization,
)
from zitadel_grpc.api.object.v2 import ListQuery, Organization, TextQueryMethod
from zitadel_grpc.api.user import v2 as user

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer


async def names(peer: Peer, *queries: user.SearchQuery) -> list[str]:
    request = user.ListUsersRequest(
        query=ListQuery(asc=True),
        sorting_column=user.UserFieldName.USER_FIELD_NAME_USER_NAME,
        queries=queries,
    )
    return [found.username for found in (await ask(peer, request)).response.result]


async def test_the_default_user_name_of_a_machine_is_its_id(own_peer: Peer) -> None:
    organization_id = await organization_of(own_peer)
    machine = user.CreateUserRequest.Machine(name="Robot")
    request = user.CreateUserRequest(organization_id=organization_id, user_id="r2", machine=machine)
    assert (await ask(own_peer, request)).response.id == "r2"
    found = (await ask(own_peer, user.GetUserByIDRequest(user_id="r2"))).response
    assert (found.user.username, found.user.machine.name) == ("r2", "Robot")
    assert found.details.resource_owner == organization_id
    again = await ask(own_peer, request)
    assert (again.code, again.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-k2una")


@pytest.mark.parametrize(
    ("organization_id", "username", "code", "error_id"),
    [
        ("1", "new", StatusCode.FAILED_PRECONDITION, "COMMAND-QXPGs"),
        (None, "login-client", StatusCode.ALREADY_EXISTS, "V3-DKcYh"),
    ],
    ids=["in no organization", "with a taken name"],
)
async def test_invalid_users_are_not_created(
    peer: Peer, organization_id: str | None, username: str, code: StatusCode, error_id: str
) -> None:
    machine = user.CreateUserRequest.Machine(name="Robot")
    request = user.CreateUserRequest(
        organization_id=organization_id or await organization_of(peer), username=username, machine=machine
    )
    outcome = await ask(peer, request)
    assert (outcome.code, outcome.error_id) == (code, error_id)


async def test_a_human_is_active_at_once_and_named_after_the_email_address(own_peer: Peer) -> None:
    added = (await ask(own_peer, ann())).response
    found = (await ask(own_peer, user.GetUserByIDRequest(user_id=added.user_id))).response.user
    assert found.state == user.UserState.USER_STATE_ACTIVE
    assert (found.username, found.human.profile.display_name) == ("ann@example.com", "Ann A")
    assert found.human.profile.preferred_language == "und"
    assert not found.human.HasField("password_changed")


async def test_codes_are_returned_on_request(own_peer: Peer) -> None:
    human = user.CreateUserRequest.Human(
        profile=user.SetHumanProfile(given_name="Ann", family_name="A"),
        email=user.SetHumanEmail(email="ann@example.com", return_code={}),  # type: ignore[arg-type]
        phone=user.SetHumanPhone(phone="+41 44 123 45 67", return_code={}),  # type: ignore[arg-type]
    )
    request = user.CreateUserRequest(organization_id=await organization_of(own_peer), human=human)
    created = (await ask(own_peer, request)).response
    assert created.email_code
    assert created.phone_code
    found = (await ask(own_peer, user.GetUserByIDRequest(user_id=created.id))).response.user.human
    assert (found.email.is_verified, found.phone.phone) == (False, "+41441234567")


async def test_a_human_is_added_to_the_organization_of_the_request(own_peer: Peer) -> None:
    elsewhere = await other_organization(own_peer)
    outcome = await ask(own_peer, ann(organization=Organization(org_domain="elsewhere.localhost")))
    assert outcome.response.details.resource_owner == elsewhere
    nowhere = await ask(own_peer, ann(organization=Organization(org_id="1")))
    assert (nowhere.code, nowhere.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-Bs7Ds")


async def test_users_are_found_by_any_combination_of_queries(own_peer: Peer) -> None:
    await ask(own_peer, ann(username="ann"))
    one, two = await add_machine(own_peer, "Robot-1"), await add_machine(own_peer, "robot-2")
    elsewhere = await add_machine(own_peer, "stray", await other_organization(own_peer))

    def named(name: str, method: str = "EQUALS") -> user.SearchQuery:
        method_number = TextQueryMethod.Value(f"TEXT_QUERY_METHOD_{method}")
        return user.SearchQuery(user_name_query=user.UserNameQuery(user_name=name, method=method_number))

    ids = user.SearchQuery(in_user_ids_query=user.InUserIDQuery(user_ids=[one, two, elsewhere]))
    either = user.SearchQuery(or_query=user.OrQuery(queries=[named("ann"), named("stray")]))
    neither = user.SearchQuery(not_query=user.NotQuery(query=either))
    humans = user.SearchQuery(type_query=user.TypeQuery(type=user.Type.TYPE_HUMAN))
    email = user.SearchQuery(email_query=user.EmailQuery(email_address="ann@example.com"))
    organization = user.OrganizationIdQuery(organization_id=await organization_of(own_peer))
    here = user.SearchQuery(organization_id_query=organization)

    assert await names(own_peer, ids) == ["Robot-1", "robot-2", "stray"]
    assert await names(own_peer, either) == ["ann", "stray"]
    assert await names(own_peer, ids, neither) == ["Robot-1", "robot-2"]
    assert await names(own_peer, user.SearchQuery(and_query=user.AndQuery(queries=[ids, here]))) == [
        "Robot-1",
        "robot-2",
    ]
    assert await names(own_peer, named("robot-1")) == []
    assert await names(own_peer, named("ROBOT", "STARTS_WITH_IGNORE_CASE")) == ["Robot-1", "robot-2"]
    assert await names(own_peer, named("-2", "ENDS_WITH")) == ["robot-2"]
    assert await names(own_peer, humans) == ["ann", "zitadel-admin@zitadel.localhost"]
    assert await names(own_peer, email) == ["ann"]


async def test_an_empty_query_is_refused(peer: Peer) -> None:
    outcome = await ask(peer, user.ListUsersRequest(queries=[user.SearchQuery()]))
    assert outcome.code is StatusCode.INVALID_ARGUMENT


async def test_a_page_contains_the_total(own_peer: Peer) -> None:
    for username in ("b", "c", "a"):
        await add_machine(own_peer, username)
    request = user.ListUsersRequest(
        query=ListQuery(limit=2, offset=1, asc=False),
        sorting_column=user.UserFieldName.USER_FIELD_NAME_CREATION_DATE,
    )
    page = (await ask(own_peer, request)).response
    assert [found.username for found in page.result] == ["c", "b"]
    assert page.details.total_result == 6


async def test_an_update_changes_only_the_fields_that_it_sets(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer, description="sweeps")
    machine = user.UpdateUserRequest.Machine(name="Robot II")
    await ask(own_peer, user.UpdateUserRequest(user_id=user_id, username="robot-2", machine=machine))
    found = (await ask(own_peer, user.GetUserByIDRequest(user_id=user_id))).response.user
    assert (found.username, found.machine.name, found.machine.description) == (
        "robot-2",
        "Robot II",
        "sweeps",
    )

    human_id = (await ask(own_peer, ann(username="ann"))).response.user_id
    human = user.UpdateUserRequest.Human(
        profile=user.UpdateUserRequest.Human.Profile(nick_name="Annie"),
        email=user.SetHumanEmail(email="annie@example.com"),
        password=user.SetPassword(password=user.Password(password="Secr3t!pass", change_required=True)),
    )
    await ask(own_peer, user.UpdateUserRequest(user_id=human_id, human=human))
    changed = (await ask(own_peer, user.GetUserByIDRequest(user_id=human_id))).response.user.human
    assert (changed.profile.given_name, changed.profile.nick_name) == ("Ann", "Annie")
    assert (changed.email.email, changed.email.is_verified) == ("annie@example.com", False)
    assert changed.password_change_required
    assert changed.HasField("password_changed")


async def test_an_update_does_not_turn_a_human_into_a_machine(own_peer: Peer) -> None:
    human_id = (await ask(own_peer, ann())).response.user_id
    machine = user.UpdateUserRequest.Machine(name="Robot")
    outcome = await ask(own_peer, user.UpdateUserRequest(user_id=human_id, machine=machine))
    assert (outcome.code, outcome.error_id) == (StatusCode.NOT_FOUND, "COMMAND-ugjs0upun6")


async def test_a_refused_update_changes_nothing(own_peer: Peer) -> None:
    human_id = (await ask(own_peer, ann(username="ann"))).response.user_id
    human = user.UpdateUserRequest.Human(
        profile=user.UpdateUserRequest.Human.Profile(given_name="Bea"),
        password=user.SetPassword(password=user.Password(password="simple")),
    )
    refused = await ask(own_peer, user.UpdateUserRequest(user_id=human_id, username="bea", human=human))
    assert refused.error_id == "COMMA-HuJf6"
    found = (await ask(own_peer, user.GetUserByIDRequest(user_id=human_id))).response.user
    assert (found.username, found.human.profile.given_name) == ("ann", "Ann")


async def test_the_tokens_of_a_locked_user_stay_revoked(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    token = await add_token(own_peer, user_id)
    assert (await own_peer.call(GET_MY_USER, token=token)).code is StatusCode.OK
    await ask(own_peer, user.LockUserRequest(user_id=user_id))
    again = await ask(own_peer, user.LockUserRequest(user_id=user_id))
    assert (again.code, again.error_id) == (StatusCode.FAILED_PRECONDITION, "COMMAND-lgws8wtsqf")
    locked = user.SearchQuery(state_query=user.StateQuery(state=user.UserState.USER_STATE_LOCKED))
    assert await names(own_peer, locked) == ["robot"]
    await ask(own_peer, user.UnlockUserRequest(user_id=user_id))
    assert await names(own_peer, locked) == []
    assert (await own_peer.call(GET_MY_USER, token=token)).error_id == "AUTH-7fs1e"
    renewed = await add_token(own_peer, user_id)
    assert (await own_peer.call(GET_MY_USER, token=renewed)).code is StatusCode.OK


async def test_a_removed_user_is_not_found(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    assert (await ask(own_peer, user.DeleteUserRequest(user_id=user_id))).code is StatusCode.OK
    again = await ask(own_peer, user.DeleteUserRequest(user_id=user_id))
    assert (again.code, again.error_id) == (StatusCode.NOT_FOUND, "COMMAND-bd4ir1mblj")
    assert (await ask(own_peer, user.GetUserByIDRequest(user_id=user_id))).error_id == "QUERY-Dfbg2"
