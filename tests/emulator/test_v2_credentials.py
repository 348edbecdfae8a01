"""Credentials and metadata of service users in the v2 API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from tests.emulator.v2_calls import GET_MY_USER, LATER, add_machine, add_token, ann, ask
from zitadel_grpc.api.filter.v2 import IDFilter, PaginationRequest, TextFilterMethod, TimestampFilter
from zitadel_grpc.api.filter.v2 import TimestampFilterMethod as When
from zitadel_grpc.api.metadata.v2 import MetadataKeyFilter, MetadataSearchFilter
from zitadel_grpc.api.user import v2 as user
from zitadel_grpc.testing._keys import KeyPair

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tests.emulator.conftest import Peer

EARLIER = Timestamp(seconds=1)


def keys_of(user_id: str) -> user.KeysSearchFilter:
    return user.KeysSearchFilter(user_id_filter=IDFilter(id=user_id))


async def test_a_key_gets_tokens_until_it_is_removed(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    added = (await ask(own_peer, user.AddKeyRequest(user_id=user_id, expiration_date=LATER))).response
    key = json.loads(added.key_content)
    assert (key["type"], key["keyId"], key["userId"]) == ("serviceaccount", added.key_id, user_id)
    claims = {"iss": user_id, "sub": user_id, "key": key["key"], "headers": {"kid": added.key_id}}
    assert (await own_peer.request_token(**claims)).status_code == 200
    listed = (await ask(own_peer, user.ListKeysRequest(filters=[keys_of(user_id)]))).response
    assert [(row.id, row.user_id, row.expiration_date) for row in listed.result] == [
        (added.key_id, user_id, LATER)
    ]
    await ask(own_peer, user.RemoveKeyRequest(user_id=user_id, key_id=added.key_id))
    assert (await own_peer.request_token(**claims)).json()["error"] == "invalid_grant"


async def test_no_key_file_is_returned_for_a_provided_public_key(own_peer: Peer) -> None:
    pair, user_id = KeyPair.generate(), await add_machine(own_peer)
    request = user.AddKeyRequest(user_id=user_id, expiration_date=LATER, public_key=pair.public_pem)
    added = (await ask(own_peer, request)).response
    assert added.key_content == b""
    private, headers = pair.private_pem.decode(), {"kid": added.key_id}
    token = await own_peer.request_token(iss=user_id, sub=user_id, key=private, headers=headers)
    assert token.status_code == 200
    request.public_key = b"no key"
    refused = await ask(own_peer, request)
    assert (refused.code, refused.error_id) == (StatusCode.INVALID_ARGUMENT, "COMMAND-5F3h1")


async def test_a_personal_access_token_works_until_it_is_removed(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    token = await add_token(own_peer, user_id)
    assert (await own_peer.call(GET_MY_USER, token=token)).code is StatusCode.OK
    of_user = user.PersonalAccessTokensSearchFilter(user_id_filter=IDFilter(id=user_id))
    listed = (await ask(own_peer, user.ListPersonalAccessTokensRequest(filters=[of_user]))).response
    (row,) = listed.result
    assert token not in str(row)
    removal = user.RemovePersonalAccessTokenRequest(user_id=user_id, token_id=row.id)
    assert (await ask(own_peer, removal)).code is StatusCode.OK
    assert (await own_peer.call(GET_MY_USER, token=token)).error_id == "AUTH-7fs1e"
    assert (await ask(own_peer, removal)).error_id == "COMMAND-4m77G"


@pytest.mark.parametrize(
    ("request_of", "error_id"),
    [
        (lambda user_id: user.AddKeyRequest(user_id=user_id, expiration_date=LATER), "COMMAND-bnipwm1"),
        (
            lambda user_id: user.AddPersonalAccessTokenRequest(user_id=user_id, expiration_date=LATER),
            "COMMAND-Df2f1",
        ),
        (lambda user_id: user.AddSecretRequest(user_id=user_id), "COMMAND-x8910n"),
    ],
    ids=["key", "PAT", "secret"],
)
async def test_humans_cannot_have_service_user_credentials(
    own_peer: Peer, request_of: Callable[[str], Message], error_id: str
) -> None:
    human_id = (await ask(own_peer, ann())).response.user_id
    outcome = await ask(own_peer, request_of(human_id))
    assert (outcome.code, outcome.error_id) == (StatusCode.FAILED_PRECONDITION, error_id)


async def test_a_secret_works_until_it_is_removed(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    secret = (await ask(own_peer, user.AddSecretRequest(user_id=user_id))).response.client_secret
    form = {"grant_type": "client_credentials", "client_id": "robot", "client_secret": secret}
    assert (await own_peer.post("/oauth/v2/token", form)).status_code == 200
    shown = (await ask(own_peer, user.GetUserByIDRequest(user_id=user_id))).response.user.machine
    assert shown.has_secret
    await ask(own_peer, user.RemoveSecretRequest(user_id=user_id))
    assert (await own_peer.post("/oauth/v2/token", form)).status_code == 400


async def test_lists_are_sorted_limited_and_filtered_by_time(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    dates = [Timestamp(seconds=LATER.seconds + days) for days in (3, 1, 2)]
    for date in dates:
        await ask(own_peer, user.AddKeyRequest(user_id=user_id, expiration_date=date))

    async def seconds(request: user.ListKeysRequest) -> list[int]:
        request.filters.append(keys_of(user_id))
        outcome = (await ask(own_peer, request)).response
        return [row.expiration_date.seconds - LATER.seconds for row in outcome.result]

    by_expiration = user.KeyFieldName.KEY_FIELD_NAME_KEY_EXPIRATION_DATE
    assert await seconds(user.ListKeysRequest()) == [2, 1, 3]
    assert await seconds(user.ListKeysRequest(pagination=PaginationRequest(asc=True))) == [3, 1, 2]
    assert await seconds(user.ListKeysRequest(sorting_column=by_expiration)) == [3, 2, 1]
    second = PaginationRequest(asc=True, limit=1, offset=1)
    assert await seconds(user.ListKeysRequest(sorting_column=by_expiration, pagination=second)) == [2]
    for method, expected in (
        (When.TIMESTAMP_FILTER_METHOD_EQUALS, [2]),
        (When.TIMESTAMP_FILTER_METHOD_AFTER, [3]),
        (When.TIMESTAMP_FILTER_METHOD_AFTER_OR_EQUALS, [2, 3]),
        (When.TIMESTAMP_FILTER_METHOD_BEFORE, [1]),
        (When.TIMESTAMP_FILTER_METHOD_BEFORE_OR_EQUALS, [2, 1]),
    ):
        limit = user.KeysSearchFilter(
            expiration_date_filter=TimestampFilter(timestamp=dates[2], method=method)
        )
        assert await seconds(user.ListKeysRequest(filters=[limit])) == expected


async def test_lists_report_the_applied_limit_and_refuse_large_ones(peer: Peer) -> None:
    def limited(limit: int) -> user.ListKeysRequest:
        return user.ListKeysRequest(pagination=PaginationRequest(limit=limit))

    unlimited = (await ask(peer, user.ListKeysRequest())).response.pagination
    assert (unlimited.total_result, unlimited.applied_limit) == (1, 100)
    assert (await ask(peer, limited(1000))).response.pagination.applied_limit == 1000
    refused = await ask(peer, limited(1001))
    assert (refused.code, refused.error_id) == (StatusCode.INVALID_ARGUMENT, "QUERY-4M0fs")


async def test_users_manage_their_own_keys_without_a_role(own_peer: Peer) -> None:
    user_id, other_id = await add_machine(own_peer), await add_machine(own_peer, "other")
    token = await add_token(own_peer, user_id)
    own = await ask(own_peer, user.AddKeyRequest(user_id=user_id, expiration_date=LATER), token=token)
    assert own.code is StatusCode.OK
    of_other = user.AddKeyRequest(user_id=other_id, expiration_date=LATER)
    assert (await ask(own_peer, of_other, token=token)).error_id == "AUTHZ-cdgFk"
    await ask(own_peer, of_other)
    listed = (await ask(own_peer, user.ListKeysRequest(), token=token)).response
    assert [row.id for row in listed.result] == [own.response.key_id]


async def test_metadata_is_set_listed_and_removed_by_key(own_peer: Peer) -> None:
    user_id = await add_machine(own_peer)
    values = {"team": b"black", "room": b"7", "role": b"sweeper"}
    metadata = [user.Metadata(key=key, value=value) for key, value in values.items()]
    await ask(own_peer, user.SetUserMetadataRequest(user_id=user_id, metadata=metadata))
    again = [user.Metadata(key="room", value=b"8")]
    await ask(own_peer, user.SetUserMetadataRequest(user_id=user_id, metadata=again))

    async def listed(**fields: MetadataKeyFilter) -> dict[str, bytes]:
        filters = [MetadataSearchFilter(**fields)] if fields else []
        outcome = await ask(own_peer, user.ListUserMetadataRequest(user_id=user_id, filters=filters))
        return {row.key: row.value for row in outcome.response.metadata}

    assert await listed() == {**values, "room": b"8"}
    starts = TextFilterMethod.TEXT_FILTER_METHOD_STARTS_WITH
    assert (await listed(key_filter=MetadataKeyFilter(key="ro", method=starts))).keys() == {"room", "role"}

    half_known = await ask(own_peer, user.DeleteUserMetadataRequest(user_id=user_id, keys=["team", "nope"]))
    assert (half_known.code, half_known.error_id) == (StatusCode.NOT_FOUND, "META-2nnds")
    assert (await listed()).keys() == values.keys()
    await ask(own_peer, user.DeleteUserMetadataRequest(user_id=user_id, keys=["team", "room"]))
    assert await listed() == {"role": b"sweeper"}


@pytest.mark.parametrize(
    "request_type", [user.SetUserMetadataRequest, user.DeleteUserMetadataRequest], ids=["set", "removed"]
)
async def test_empty_metadata_requests_are_refused(peer: Peer, request_type: Callable[..., Message]) -> None:
    outcome = await ask(peer, request_type(user_id=peer.zitadel.key_file["userId"]))
    assert (outcome.code, outcome.error_id) == (StatusCode.FAILED_PRECONDITION, "META-9mm2d")


@pytest.mark.parametrize(
    "request_type", [user.AddKeyRequest, user.AddPersonalAccessTokenRequest], ids=["key", "PAT"]
)
async def test_expired_credentials_are_not_added(peer: Peer, request_type: Callable[..., Message]) -> None:
    request = request_type(user_id=peer.zitadel.key_file["userId"], expiration_date=EARLIER)
    outcome = await ask(peer, request)
    assert (outcome.code, outcome.error_id) == (StatusCode.INVALID_ARGUMENT, "DOMAIN-dv3t5")
