"""Personal access tokens of service users."""

from __future__ import annotations

from zitadel_grpc.api.management.v1 import (
    AddPersonalAccessTokenRequest,
    AddPersonalAccessTokenResponse,
    GetPersonalAccessTokenByIDsRequest,
    GetPersonalAccessTokenByIDsResponse,
    ListPersonalAccessTokensRequest,
    ListPersonalAccessTokensResponse,
    RemovePersonalAccessTokenRequest,
    RemovePersonalAccessTokenResponse,
)
from zitadel_grpc.api.user.v1 import PersonalAccessToken as Message
from zitadel_grpc.testing._rpc.lists import page_of
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.expiration import expiration_of
from zitadel_grpc.testing._services.lookups import is_own, own_user
from zitadel_grpc.testing._services.machine_credentials import add_personal_access_token
from zitadel_grpc.testing._services.messages.details import (
    added,
    changed,
    details_of,
    list_details,
    timestamp,
)
from zitadel_grpc.testing._state.users import PersonalAccessToken


@rpc
def AddPersonalAccessToken(
    call: Call, request: AddPersonalAccessTokenRequest
) -> AddPersonalAccessTokenResponse:
    user = own_user(call, request.user_id, "COMMAND-Dggw2")
    if user.machine is None:
        raise failed_precondition("Not allowed for this user type", "COMMAND-Df2f1")
    pat = add_personal_access_token(call, user, expiration_of(call, request))
    return AddPersonalAccessTokenResponse(token_id=pat.id, token=pat.token, details=added(pat.details))


@rpc
def GetPersonalAccessTokenByIDs(
    call: Call, request: GetPersonalAccessTokenByIDsRequest
) -> GetPersonalAccessTokenByIDsResponse:
    if (pat := _find(call, request.user_id, request.token_id)) is None:
        raise not_found("Errors.PersonalAccessToken.NotFound", "QUERY-fRunu")
    return GetPersonalAccessTokenByIDsResponse(token=_message(pat))


@rpc
def ListPersonalAccessTokens(
    call: Call, request: ListPersonalAccessTokensRequest
) -> ListPersonalAccessTokensResponse:
    pats = call.store.personal_access_tokens.values()
    rows = [pat for pat in pats if pat.user_id == request.user_id and is_own(call, pat.details)]
    return ListPersonalAccessTokensResponse(
        details=list_details(call.store, len(rows)), result=map(_message, page_of(rows, request.query))
    )


@rpc
def RemovePersonalAccessToken(
    call: Call, request: RemovePersonalAccessTokenRequest
) -> RemovePersonalAccessTokenResponse:
    if (pat := _find(call, request.user_id, request.token_id)) is None:
        raise not_found("Personal Access Token not found", "COMMAND-4m77G")
    call.store.remove(call.store.personal_access_tokens, pat.token)
    return RemovePersonalAccessTokenResponse(details=changed(call.store.touch(pat.details)))


def _find(call: Call, user_id: str, token_id: str) -> PersonalAccessToken | None:
    pats = call.store.personal_access_tokens.values()
    pat = next((pat for pat in pats if (pat.id, pat.user_id) == (token_id, user_id)), None)
    return pat if pat and is_own(call, pat.details) else None


def _message(pat: PersonalAccessToken) -> Message:
    return Message(
        id=pat.id,
        details=details_of(pat.details),
        expiration_date=timestamp(pat.expiration_date),
        scopes=pat.scopes,
    )
