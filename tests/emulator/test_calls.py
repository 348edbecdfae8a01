"""gRPC calls are accepted, refused and processed as on a real server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import grpc
import jwt
import pytest
from grpc import StatusCode

from zitadel_grpc.api.admin.v1 import GetMyInstanceResponse
from zitadel_grpc.api.auth.v1 import GetMyUserResponse
from zitadel_grpc.api.instance.v1 import DomainsQuery, Query
from zitadel_grpc.api.management.v1 import AddOrgRequest, GetMyOrgRequest, GetMyOrgResponse
from zitadel_grpc.api.org.v1 import OrgState
from zitadel_grpc.api.system.v1 import (
    GetInstanceRequest,
    GetInstanceResponse,
    ListInstancesRequest,
    ListInstancesResponse,
)

if TYPE_CHECKING:
    from tests.emulator.conftest import Peer
    from zitadel_grpc.testing import Emulator

GET_MY_ORG = "zitadel.management.v1.ManagementService/GetMyOrg"
GET_MY_INSTANCE = "zitadel.admin.v1.AdminService/GetMyInstance"
GET_MY_USER = "zitadel.auth.v1.AuthService/GetMyUser"
LIST_INSTANCES = "zitadel.system.v1.SystemService/ListInstances"
GET_INSTANCE = "zitadel.system.v1.SystemService/GetInstance"


def _system_token(peer: Peer, **claims: Any) -> str:
    now = int(time.time())
    right = {
        "iss": "system-user",
        "sub": "system-user",
        "aud": peer.zitadel.issuer,
        "iat": now,
        "exp": now + 600,
    }
    return jwt.encode({**right, **claims}, peer.zitadel.system_key, "RS256")


async def _organization_id(peer: Peer) -> str:
    outcome = await peer.call(GET_MY_ORG, response_type=GetMyOrgResponse, token=peer.zitadel.pat)
    organization_id: str = outcome.response.org.id
    return organization_id


@pytest.mark.parametrize("service", ["management.v1.Management", "admin.v1.Admin", "auth.v1.Auth"])
async def test_healthz_needs_no_token(peer: Peer, service: str) -> None:
    assert (await peer.call(f"zitadel.{service}Service/Healthz")).code is StatusCode.OK


async def test_healthz_of_the_system_api_is_not_implemented_by_zitadel(peer: Peer) -> None:
    outcome = await peer.call("zitadel.system.v1.SystemService/Healthz")
    assert (outcome.code, outcome.details) == (StatusCode.UNIMPLEMENTED, "method Healthz not implemented")


@pytest.mark.parametrize("kind", ["jwt profile", "pat"])
async def test_the_first_service_user_can_call_all_three_apis(peer: Peer, kind: str) -> None:
    token = peer.zitadel.pat if kind == "pat" else await peer.token()
    org = (await peer.call(GET_MY_ORG, response_type=GetMyOrgResponse, token=token)).response.org
    instance = (
        await peer.call(GET_MY_INSTANCE, response_type=GetMyInstanceResponse, token=token)
    ).response.instance
    user = (await peer.call(GET_MY_USER, response_type=GetMyUserResponse, token=token)).response.user

    assert (org.name, org.primary_domain, org.state) == (
        "ZITADEL",
        "zitadel.localhost",
        OrgState.ORG_STATE_ACTIVE,
    )
    assert org.details.resource_owner == org.id
    assert org.id.isdigit()
    assert len(org.id) == 18
    assert [(domain.domain, domain.primary) for domain in instance.domains][-1] == ("localhost", True)
    assert user.id == peer.zitadel.key_file["userId"]
    assert user.details.resource_owner == org.id
    assert user.machine.name
    assert user.preferred_login_name == user.user_name


async def test_a_call_without_authorization_is_refused(peer: Peer) -> None:
    outcome = await peer.call(GET_MY_ORG)
    assert (outcome.code, outcome.details) == (StatusCode.UNAUTHENTICATED, "auth header missing")
    assert "grpc-status-details-bin" not in outcome.trailers


@pytest.mark.parametrize("scheme", ["Basic", "bearer"])
async def test_the_scheme_must_be_bearer_and_is_case_sensitive(peer: Peer, scheme: str) -> None:
    outcome = await peer.call(GET_MY_ORG, metadata=(("authorization", f"{scheme} {peer.zitadel.pat}"),))
    assert (outcome.code, outcome.error_id) == (StatusCode.UNAUTHENTICATED, "AUTH-toLo1")
    assert outcome.details == "invalid auth header (AUTH-toLo1)"


async def test_all_invalid_tokens_get_the_same_error(peer: Peer) -> None:
    without_audience = await peer.token("openid")
    for token in ("garbage", "", without_audience):
        outcome = await peer.call(GET_MY_ORG, token=token)
        assert (outcome.code, outcome.error_id) == (StatusCode.UNAUTHENTICATED, "AUTH-7fs1e"), token
        assert outcome.details == "Errors.Token.Invalid (AUTH-7fs1e)"


async def test_two_authorization_entries(peer: Peer) -> None:
    entry = ("authorization", f"Bearer {peer.zitadel.pat}")
    outcome = await peer.call(GET_MY_ORG, metadata=(entry, entry))
    assert (outcome.code, outcome.error_id) == (StatusCode.UNAUTHENTICATED, "AUTH-7fs1e")


async def test_an_organization_that_does_not_exist(peer: Peer) -> None:
    outcome = await peer.call(GET_MY_ORG, token=peer.zitadel.pat, metadata=(("x-zitadel-orgid", "123"),))
    assert (outcome.code, outcome.error_id) == (StatusCode.PERMISSION_DENIED, "AUTH-Bs7Ds")
    assert outcome.details == "Organisation doesn't exist (AUTH-Bs7Ds)"


async def test_the_system_user_signs_its_own_tokens(peer: Peer) -> None:
    token = _system_token(peer)
    instances = (await peer.call(LIST_INSTANCES, response_type=ListInstancesResponse, token=token)).response
    request = GetInstanceRequest(instance_id=instances.result[0].id)
    instance = (await peer.call(GET_INSTANCE, request, GetInstanceResponse, token=token)).response.instance
    assert instances.details.total_result == 2
    assert instance.name == "ZITADEL"


async def test_instances_are_found_by_their_domains(peer: Peer) -> None:
    token, counts = _system_token(peer), []
    for domain in ("localhost", "elsewhere.example"):
        request = ListInstancesRequest(queries=[Query(domain_query=DomainsQuery(domains=[domain]))])
        outcome = await peer.call(LIST_INSTANCES, request, ListInstancesResponse, token=token)
        counts.append(len(outcome.response.result))
    assert counts == [1, 0]


async def test_a_system_user_cannot_own_an_organization(own_peer: Peer) -> None:
    """A System API user is not a user of the instance, so it cannot become a member."""
    there = (("x-zitadel-orgid", own_peer.zitadel.organization_id),)
    outcome = await own_peer.manage(AddOrgRequest(name="Acme"), token=_system_token(own_peer), metadata=there)
    assert outcome.error_id == "COMMAND-uXHNj"


@pytest.mark.parametrize(
    "claims", [{"aud": "https://other.example"}, {"iss": "other"}, {"sub": "other"}, {"exp": 1}], ids=repr
)
async def test_invalid_system_tokens_are_refused(peer: Peer, claims: dict[str, Any]) -> None:
    outcome = await peer.call(LIST_INSTANCES, token=_system_token(peer, **claims))
    assert (outcome.code, outcome.error_id) == (StatusCode.UNAUTHENTICATED, "AUTH-7fs1e")


async def test_the_system_api_refuses_a_users_token(peer: Peer) -> None:
    outcome = await peer.call(LIST_INSTANCES, token=peer.zitadel.pat)
    assert (outcome.code, outcome.error_id) == (StatusCode.UNAUTHENTICATED, "AUTH-7fs1e")


async def test_a_system_user_has_no_organization_but_can_select_one(peer: Peer) -> None:
    token = _system_token(peer)
    outcome = await peer.call(GET_MY_ORG, token=token)
    assert (outcome.code, outcome.error_id) == (StatusCode.NOT_FOUND, "QUERY-leq5Q")
    organization_id = await _organization_id(peer)
    outcome = await peer.call(GET_MY_ORG, token=token, metadata=(("x-zitadel-orgid", organization_id),))
    assert outcome.code is StatusCode.OK


async def test_a_system_user_is_not_a_user_of_the_instance(peer: Peer) -> None:
    outcome = await peer.call(GET_MY_USER, token=_system_token(peer))
    assert (outcome.code, outcome.error_id) == (StatusCode.NOT_FOUND, "QUERY-Dfbg2")


@pytest.mark.parametrize(
    ("rpc", "details"),
    [
        (
            "zitadel.management.v1.ManagementService/Nope",
            "unknown method Nope for service zitadel.management.v1.ManagementService",
        ),
        ("zitadel.foo.v1.Foo/Bar", "unknown service zitadel.foo.v1.Foo"),
        ("zitadel.user.v2.UserService/Nope", "Received http2 header with status: 404"),
        ("nonsense", "unknown service nonsense"),
    ],
)
async def test_unknown_services_and_methods_are_unimplemented(peer: Peer, rpc: str, details: str) -> None:
    outcome = await peer.call(rpc)
    assert (outcome.code, outcome.details) == (StatusCode.UNIMPLEMENTED, details)


async def test_rpcs_that_are_not_emulated_are_unimplemented_for_callers_with_permission(peer: Peer) -> None:
    rpc = "zitadel.management.v1.ManagementService/GetLabelPolicy"
    assert (await peer.call(rpc)).code is StatusCode.UNAUTHENTICATED
    outcome = await peer.call(rpc, token=peer.zitadel.pat)
    assert outcome.code is StatusCode.UNIMPLEMENTED
    assert outcome.details == "method GetLabelPolicy not implemented by the emulator"


async def test_a_request_that_breaks_a_rule_is_refused_whether_or_not_the_rpc_is_emulated(peer: Peer) -> None:
    rpc = "zitadel.management.v1.ManagementService/AddIDPToLoginPolicy"
    assert (await peer.call(rpc)).code is StatusCode.UNAUTHENTICATED
    outcome = await peer.call(rpc, token=peer.zitadel.pat)
    assert outcome.code is StatusCode.INVALID_ARGUMENT
    assert outcome.details == (
        "invalid AddIDPToLoginPolicyRequest.IdpId: value length must be between 1 and 200 runes, inclusive"
    )
    assert outcome.error_id is None


async def test_the_v2_services_name_the_request_in_a_trailer(peer: Peer) -> None:
    assert "x-request-id" in (await peer.call("zitadel.user.v2.UserService/GetUserByID")).trailers
    assert "x-request-id" not in (await peer.call(GET_MY_ORG)).trailers


async def test_a_message_over_4_mib_is_refused(peer: Peer) -> None:
    outcome = await peer.call(GET_MY_ORG, b"x" * 6_000_011, token=peer.zitadel.pat)
    assert outcome.code is StatusCode.RESOURCE_EXHAUSTED
    assert outcome.details == "grpc: received message larger than max (6000011 vs. 4194304)"


async def test_compressed_requests_are_read(peer: Peer) -> None:
    outcome = await peer.call(
        GET_INSTANCE,
        GetInstanceRequest(instance_id="1" * 190),
        token=_system_token(peer),
        compression=grpc.Compression.Gzip,
    )
    assert outcome.code is StatusCode.NOT_FOUND


async def test_an_authority_that_no_instance_has(shared_zitadel: Emulator) -> None:
    credentials = grpc.ssl_channel_credentials(shared_zitadel.root_certificates)
    port = shared_zitadel.url.rpartition(":")[2]
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
        call: Any = channel.unary_unary("/zitadel.management.v1.ManagementService/Healthz")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"")
        await call(b"", metadata=(("x-zitadel-instance-host", "localhost"),))
    assert refused.value.code() is StatusCode.NOT_FOUND
    assert f"&{{127.0.0.1:{port}  https}}" in (refused.value.details() or "")


async def test_recorded_calls_contain_no_tokens(own_peer: Peer) -> None:
    token = await own_peer.token()
    await own_peer.call(GET_MY_ORG, token=token, metadata=(("x-tag", "a"),))
    await own_peer.call("zitadel.admin.v1.AdminService/Healthz")
    first, second = own_peer.zitadel.calls
    assert (first.rpc, first.code) == (GET_MY_ORG, StatusCode.OK)
    assert dict(first.metadata).items() >= {"authorization": "Bearer …", "x-tag": "a"}.items()
    assert second.rpc == "zitadel.admin.v1.AdminService/Healthz"
    assert (first.user_id, second.user_id) == (own_peer.zitadel.key_file["userId"], None)
    assert first.request == GetMyOrgRequest()
    assert token not in repr(own_peer.zitadel.calls)
    assert own_peer.zitadel.token_requests == 1
