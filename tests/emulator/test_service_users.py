"""Service users, their credentials and their Manager roles."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import httpx2
import jwt
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode

from zitadel_grpc.api.authn.v1 import KeyType
from zitadel_grpc.api.management import v1 as management
from zitadel_grpc.api.member.v1 import SearchQuery as MemberQuery
from zitadel_grpc.api.member.v1 import UserIDQuery
from zitadel_grpc.api.user.v1 import (
    AccessTokenType,
    SearchQuery,
    StateQuery,
    UserFieldName,
    UserNameQuery,
    UserState,
)
from zitadel_grpc.api.v1 import ListQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tests.emulator.conftest import Outcome, Peer

SERVICE = "zitadel.management.v1.ManagementService"
GET_MY_ORG = f"{SERVICE}/GetMyOrg"
SCOPE = "openid urn:zitadel:iam:org:project:id:zitadel:aud"


async def add_pat(peer: Peer, user_id: str) -> str:
    token: str = (await peer.manage(management.AddPersonalAccessTokenRequest(user_id=user_id))).response.token
    return token


async def test_an_added_user_is_found_and_listed(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine(description="sweeps")
    by_id = (await own_peer.manage(management.GetUserByIDRequest(id=user_id))).response.user
    by_name = await own_peer.manage(management.GetUserByLoginNameGlobalRequest(login_name="robot"))
    assert by_name.response.user == by_id
    assert (by_id.user_name, by_id.machine.name, by_id.machine.description) == ("robot", "Robot", "sweeps")

    query = SearchQuery(user_name_query=UserNameQuery(user_name="robot"))
    listed = (await own_peer.manage(management.ListUsersRequest(queries=[query]))).response
    assert (listed.details.total_result, list(listed.result)) == (1, [by_id])


async def test_names_are_unique(own_peer: Peer) -> None:
    await own_peer.add_machine()
    again = await own_peer.manage(management.AddMachineUserRequest(user_name="robot", name="Robot"))
    assert (again.code, again.details) == (StatusCode.ALREADY_EXISTS, "User already exists (V3-DKcYh)")


async def test_an_unknown_user(peer: Peer) -> None:
    outcome = await peer.manage(management.GetUserByIDRequest(id="1"))
    assert (outcome.code, outcome.details) == (StatusCode.NOT_FOUND, "User could not be found (QUERY-Dfbg2)")


async def test_lists_are_sorted_and_paged(own_peer: Peer) -> None:
    for name in ("b", "c", "a"):
        await own_peer.add_machine(name)
    request = management.ListUsersRequest(
        sorting_column=UserFieldName.USER_FIELD_NAME_USER_NAME, query=ListQuery(asc=True, limit=2)
    )
    first = (await own_peer.manage(request)).response
    assert [user.user_name for user in first.result] == ["a", "b"]
    request.query.offset = 2
    second = (await own_peer.manage(request)).response
    assert [user.user_name for user in second.result] == ["c", "first-service-user"]
    assert first.details.total_result == second.details.total_result == 6
    newest = (await own_peer.manage(management.ListUsersRequest())).response.result[0]
    assert newest.user_name == "a"


async def test_a_key_gets_tokens_until_it_is_removed(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    added = (
        await own_peer.manage(management.AddMachineKeyRequest(user_id=user_id, type=KeyType.KEY_TYPE_JSON))
    ).response
    key = json.loads(added.key_details)
    assert key.keys() == {"type", "keyId", "key", "expirationDate", "userId"}
    assert (key["type"], key["keyId"], key["userId"]) == ("serviceaccount", added.key_id, user_id)
    assert "BEGIN RSA PRIVATE KEY" in key["key"]

    claims = {"iss": user_id, "sub": user_id, "key": key["key"], "headers": {"kid": added.key_id}}
    assert (await own_peer.request_token(**claims)).status_code == 200
    listed = (await own_peer.manage(management.ListMachineKeysRequest(user_id=user_id))).response
    assert [row.id for row in listed.result] == [added.key_id]
    await own_peer.manage(management.RemoveMachineKeyRequest(user_id=user_id, key_id=added.key_id))
    assert (await own_peer.request_token(**claims)).json()["error"] == "invalid_grant"


async def test_the_key_of_a_user_does_not_sign_for_other_users(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    assert (await own_peer.request_token(iss=user_id, sub=user_id)).json()[
        "error_description"
    ] == "invalid assertion"


@pytest.mark.parametrize(
    "request_of",
    [
        lambda user_id, past: management.AddMachineKeyRequest(
            user_id=user_id, type=KeyType.KEY_TYPE_JSON, expiration_date=past
        ),
        lambda user_id, past: management.AddPersonalAccessTokenRequest(user_id=user_id, expiration_date=past),
    ],
    ids=["key", "PAT"],
)
async def test_expired_credentials_are_not_added(own_peer: Peer, request_of: Callable[..., Message]) -> None:
    outcome = await own_peer.manage(request_of(await own_peer.add_machine(), Timestamp(seconds=1)))
    assert (outcome.code, outcome.error_id) == (StatusCode.INVALID_ARGUMENT, "DOMAIN-dv3t5")


async def test_a_jwt_access_token_verifies_against_the_keys_endpoint(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine(access_token_type=AccessTokenType.ACCESS_TOKEN_TYPE_JWT)
    secret = (await own_peer.manage(management.GenerateMachineSecretRequest(user_id=user_id))).response
    form = {"grant_type": "client_credentials", "scope": SCOPE}
    response = await own_peer.post(
        "/oauth/v2/token", {**form, "client_id": secret.client_id, "client_secret": secret.client_secret}
    )
    token = response.json()["access_token"]
    keys = jwt.PyJWKSet.from_dict((await own_peer.http.get(f"{own_peer.zitadel.url}/oauth/v2/keys")).json())
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, keys[header["kid"]].key, ["RS256"], options={"verify_aud": False})
    assert header == {"alg": "RS256", "kid": header["kid"], "typ": "JWT"}
    assert claims.keys() == {"iss", "sub", "aud", "exp", "iat", "nbf", "client_id", "jti"}
    assert (claims["iss"], claims["sub"], claims["client_id"]) == (own_peer.zitadel.issuer, user_id, "robot")
    assert len(claims["aud"]) == 1
    assert (await own_peer.call("zitadel.auth.v1.AuthService/GetMyUser", token=token)).code is StatusCode.OK


async def test_a_secret_in_basic_is_form_encoded_and_works_until_it_is_removed(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine("robot@acme: 1")
    secret = (await own_peer.manage(management.GenerateMachineSecretRequest(user_id=user_id))).response
    assert (secret.client_id, len(secret.client_secret)) == ("robot@acme: 1", 64)

    async def ask(secret_text: str) -> httpx2.Response:
        pair = f"{quote_plus(secret.client_id)}:{quote_plus(secret_text)}".encode()
        basic = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return await own_peer.post("/oauth/v2/token", {"grant_type": "client_credentials"}, headers=basic)

    assert (await ask(secret.client_secret)).status_code == 200
    wrong = {"error": "invalid_request", "error_description": "Errors.User.Machine.Secret.Invalid"}
    assert (await ask("wrong")).json() == wrong
    await own_peer.manage(management.RemoveMachineSecretRequest(user_id=user_id))
    removed = {"error": "invalid_request", "error_description": "Errors.User.Machine.Secret.NotExisting"}
    assert (await ask(secret.client_secret)).json() == removed


async def test_roles_decide_which_rpcs_can_be_called(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    token = await add_pat(own_peer, user_id)
    without = await own_peer.manage(management.GetMyOrgRequest(), token=token)
    assert (without.code, without.details) == (StatusCode.NOT_FOUND, "membership not found (AUTHZ-cdgFk)")
    assert (await own_peer.call("zitadel.auth.v1.AuthService/GetMyUser", token=token)).code is StatusCode.OK

    await own_peer.manage(management.AddOrgMemberRequest(user_id=user_id, roles=["ORG_OWNER_VIEWER"]))
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=token)).code is StatusCode.OK
    denied = await own_peer.manage(management.RemoveUserRequest(id=user_id), token=token)
    assert (denied.code, denied.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-5mWD2")

    await own_peer.manage(management.UpdateOrgMemberRequest(user_id=user_id, roles=["ORG_OWNER"]))
    assert (
        await own_peer.manage(management.RemoveUserRequest(id=user_id), token=token)
    ).code is StatusCode.OK
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=token)).error_id == "AUTH-7fs1e"


async def test_members_have_one_set_of_known_roles(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()

    async def add(role: str) -> Outcome:
        return await own_peer.manage(management.AddOrgMemberRequest(user_id=user_id, roles=[role]))

    assert (await add("ORG_OWNER")).code is StatusCode.OK
    assert (await add("ORG_OWNER_VIEWER")).error_id == "ORG-poWwe"
    unknown = await add("IAM_OWNER")
    assert (unknown.code, unknown.error_id) == (StatusCode.INVALID_ARGUMENT, "Org-4N8es")
    roles = (await own_peer.manage(management.ListOrgMemberRolesRequest())).response.result
    assert roles[:2] == ["ORG_OWNER", "ORG_USER_MANAGER"]
    query = MemberQuery(user_id_query=UserIDQuery(user_id=user_id))
    members = (await own_peer.manage(management.ListOrgMembersRequest(queries=[query]))).response.result
    assert [(member.user_id, list(member.roles)) for member in members] == [(user_id, ["ORG_OWNER"])]


async def test_a_deactivated_user_loses_its_tokens_permanently(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    token = await add_pat(own_peer, user_id)
    await own_peer.manage(management.AddOrgMemberRequest(user_id=user_id, roles=["ORG_OWNER"]))
    secret = (await own_peer.manage(management.GenerateMachineSecretRequest(user_id=user_id))).response
    await own_peer.manage(management.DeactivateUserRequest(id=user_id))
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=token)).error_id == "AUTH-7fs1e"
    form = {
        "grant_type": "client_credentials",
        "client_id": secret.client_id,
        "client_secret": secret.client_secret,
        "scope": SCOPE,
    }
    refused = (await own_peer.post("/oauth/v2/token", form)).json()
    assert refused == {"error": "invalid_request", "error_description": "Errors.User.NotActive"}
    inactive = SearchQuery(state_query=StateQuery(state=UserState.USER_STATE_INACTIVE))
    listed = (await own_peer.manage(management.ListUsersRequest(queries=[inactive]))).response
    assert [user.id for user in listed.result] == [user_id]

    await own_peer.manage(management.ReactivateUserRequest(id=user_id))
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=token)).error_id == "AUTH-7fs1e"
    renewed = (await own_peer.post("/oauth/v2/token", form)).json()["access_token"]
    assert (await own_peer.manage(management.GetMyOrgRequest(), token=renewed)).code is StatusCode.OK


async def test_removing_a_user_removes_everything_that_belongs_to_it(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    token = await add_pat(own_peer, user_id)
    await own_peer.manage(management.RemoveUserRequest(id=user_id))
    assert (
        await own_peer.call("zitadel.auth.v1.AuthService/GetMyUser", token=token)
    ).error_id == "AUTH-7fs1e"
    again = await own_peer.manage(management.RemoveUserRequest(id=user_id))
    assert (again.code, again.details) == (StatusCode.NOT_FOUND, "User could not be found (COMMAND-m9od)")


async def test_metadata_is_stored_by_key(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    await own_peer.manage(management.SetUserMetadataRequest(id=user_id, key="team", value=b"black"))
    await own_peer.manage(management.SetUserMetadataRequest(id=user_id, key="team", value=b"red"))
    got = await own_peer.manage(management.GetUserMetadataRequest(id=user_id, key="team"))
    assert got.response.metadata.value == b"red"
    listed = (await own_peer.manage(management.ListUserMetadataRequest(id=user_id))).response
    assert listed.details.total_result == 1
    await own_peer.manage(management.RemoveUserMetadataRequest(id=user_id, key="team"))
    removed = await own_peer.manage(management.GetUserMetadataRequest(id=user_id, key="team"))
    assert (removed.code, removed.error_id) == (StatusCode.NOT_FOUND, "QUERY-Rgh32")


async def test_metadata_is_set_and_removed_in_bulk_all_or_nothing(own_peer: Peer) -> None:
    user_id = await own_peer.add_machine()
    entry = management.BulkSetUserMetadataRequest.Metadata
    entries = [entry(key=key, value=b"1") for key in ("a", "b")]
    await own_peer.manage(management.BulkSetUserMetadataRequest(id=user_id, metadata=entries))

    async def keys() -> list[str]:
        listed = await own_peer.manage(management.ListUserMetadataRequest(id=user_id))
        return [each.key for each in listed.response.result]

    assert await keys() == ["a", "b"]
    unknown = management.BulkRemoveUserMetadataRequest(id=user_id, keys=["a", "z"])
    assert (await own_peer.manage(unknown)).error_id == "META-2nnds"
    assert await keys() == ["a", "b"]
    await own_peer.manage(management.BulkRemoveUserMetadataRequest(id=user_id, keys=["a"]))
    assert await keys() == ["b"]
