"""Personal access tokens of service users."""

from __future__ import annotations

from zitadel_grpc.api.filter.v2 import PaginationResponse
from zitadel_grpc.api.user.v2 import (
    AddPersonalAccessTokenRequest,
    AddPersonalAccessTokenResponse,
    ListPersonalAccessTokensRequest,
    ListPersonalAccessTokensResponse,
    RemovePersonalAccessTokenRequest,
    RemovePersonalAccessTokenResponse,
)
from zitadel_grpc.api.user.v2 import PersonalAccessToken as Message
from zitadel_grpc.testing._rpc.lists import Filters, moment, order_by, page_of, text
from zitadel_grpc.testing._rpc.pagination import limited
from zitadel_grpc.testing._rpc.refusals import failed_precondition, not_found
from zitadel_grpc.testing._rpc.services import Call, rpc
from zitadel_grpc.testing._services.expiration import expiration_of
from zitadel_grpc.testing._services.lookups import existing_user
from zitadel_grpc.testing._services.machine_credentials import add_personal_access_token
from zitadel_grpc.testing._services.messages.details import timestamp
from zitadel_grpc.testing._services.permission_checks import check_user, visible_to
from zitadel_grpc.testing._state.users import PersonalAccessToken

_FILTERS: Filters[PersonalAccessToken] = Filters(
    {
        "token_id_filter": text(lambda pat: pat.id),
        "user_id_filter": text(lambda pat: pat.user_id),
        "organization_id_filter": text(lambda pat: pat.details.resource_owner),
        "created_date_filter": moment(lambda pat: pat.details.creation_date),
        "expiration_date_filter": moment(lambda pat: pat.expiration_date),
    }
)
# Indexed by PersonalAccessTokenFieldName.
_ORDERS = (
    lambda pat: pat.details.creation_date,
    lambda pat: pat.details.creation_date,
    lambda pat: pat.id,
    lambda pat: pat.user_id,
    lambda pat: pat.details.resource_owner,
    lambda pat: pat.expiration_date,
)


@rpc
def AddPersonalAccessToken(
    call: Call, request: AddPersonalAccessTokenRequest
) -> AddPersonalAccessTokenResponse:
    expiration = expiration_of(call, request)
    user = existing_user(call, request.user_id, "COMMAND-Dggw2")
    if user.machine is None:
        raise failed_precondition("Not allowed for this user type", "COMMAND-Df2f1")
    check_user(call, "user.write", user, allow_self=True)
    pat = add_personal_access_token(call, user, expiration)
    return AddPersonalAccessTokenResponse(
        creation_date=timestamp(pat.details.creation_date), token_id=pat.id, token=pat.token
    )


@rpc
def ListPersonalAccessTokens(
    call: Call, request: ListPersonalAccessTokensRequest
) -> ListPersonalAccessTokensResponse:
    is_visible, users = visible_to(call), call.store.users
    seen = (pat for pat in call.store.personal_access_tokens.values() if is_visible(users[pat.user_id]))
    rows = _FILTERS.select(seen, request.filters)
    page = limited(request.pagination)
    return ListPersonalAccessTokensResponse(
        pagination=PaginationResponse(total_result=len(rows), applied_limit=page.limit),
        result=map(_message, page_of(rows, page, order=order_by(_ORDERS, request.sorting_column))),
    )


@rpc
def RemovePersonalAccessToken(
    call: Call, request: RemovePersonalAccessTokenRequest
) -> RemovePersonalAccessTokenResponse:
    pats = call.store.personal_access_tokens.values()
    wanted = (request.token_id, request.user_id)
    if (pat := next((pat for pat in pats if (pat.id, pat.user_id) == wanted), None)) is None:
        raise not_found("Personal Access Token not found", "COMMAND-4m77G")
    check_user(call, "user.write", call.store.users[pat.user_id], allow_self=True)
    call.store.remove(call.store.personal_access_tokens, pat.token)
    return RemovePersonalAccessTokenResponse(deletion_date=timestamp(call.store.clock.datetime()))


def _message(pat: PersonalAccessToken) -> Message:
    return Message(
        creation_date=timestamp(pat.details.creation_date),
        change_date=timestamp(pat.details.change_date),
        id=pat.id,
        user_id=pat.user_id,
        organization_id=pat.details.resource_owner,
        expiration_date=timestamp(pat.expiration_date),
    )
