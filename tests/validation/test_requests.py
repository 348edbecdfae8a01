"""Violations have the server's error messages."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from zitadel_grpc.api.action.v2beta import RequestExecution, UpdateTargetRequest
from zitadel_grpc.api.admin.v1 import (
    AddAppleProviderRequest,
    AddLDAPProviderRequest,
    AddSecondFactorToLoginPolicyRequest,
    ListEventsRequest,
    UpdatePrivacyPolicyRequest,
)
from zitadel_grpc.api.auth.v1 import SetMyPhoneRequest, UpdateMyPasswordRequest
from zitadel_grpc.api.feature.v2 import SetInstanceFeaturesRequest
from zitadel_grpc.api.management.v1 import (
    AddMachineKeyRequest,
    AddOIDCAppRequest,
    AddProjectRoleRequest,
    GetUserByIDRequest,
    ImportHumanUserRequest,
    ListUsersRequest,
    UpdateMachineRequest,
)
from zitadel_grpc.api.quota.v1 import UNIT_REQUESTS_ALL_AUTHENTICATED, Notification
from zitadel_grpc.api.session.v2 import CheckTOTP, CreateSessionRequest
from zitadel_grpc.api.settings.v2 import GetHostedLoginTranslationRequest
from zitadel_grpc.api.system.v1 import SetQuotaRequest
from zitadel_grpc.api.user.v1 import SearchQuery, UserNameQuery, WebAuthNVerification
from zitadel_grpc.api.user.v2 import CreateUserRequest, RedirectURLs, SetHumanEmail
from zitadel_grpc.validation import violations

LDAP = AddLDAPProviderRequest(
    name="n", base_dn="b", bind_dn="b", bind_password="p", user_base="u", user_object_classes=["c"]
)
PROFILE = ImportHumanUserRequest.Profile(first_name="A", last_name="B")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (GetUserByIDRequest(), "Id: value length must be between 1 and 200 runes, inclusive"),
        (GetUserByIDRequest(id="ä" * 201), "Id: value length must be between 1 and 200 runes, inclusive"),
        (
            UpdateMachineRequest(user_id="1", name="n", description="d" * 501),
            "Description: value length must be at most 500 runes",
        ),
        (AddMachineKeyRequest(), "UserId: value length must be at least 1 runes"),
        (CheckTOTP(code="12345"), "Code: value length must be 6 runes"),
        (
            AddAppleProviderRequest(
                client_id="i", team_id="123456789", key_id="1234567890", private_key=b"k"
            ),
            "TeamId: value length must be 10 runes",
        ),
        (
            UpdateMyPasswordRequest(old_password="ä" * 36, new_password="n"),
            "OldPassword: value length must be at most 70 bytes",
        ),
        (SetMyPhoneRequest(phone="0123"), 'Phone: value does not have prefix "+"'),
        (
            SetHumanEmail(email="ann"),
            "Email: value must be a valid email address | caused by: mail: missing '@' or angle-addr",
        ),
        (
            RedirectURLs(success_url="https://me.example/%", failure_url="/no"),
            'SuccessUrl: value must be a valid URI | caused by: parse "https://me.example/%": '
            'invalid URL escape "%"',
        ),
        (
            WebAuthNVerification(public_key_credential=b"k"),
            "PublicKeyCredential: value length must be at least 55 bytes",
        ),
        (
            AddAppleProviderRequest(client_id="i", team_id="1" * 10, key_id="1" * 10),
            "PrivateKey: value length must be between 1 and 5000 bytes, inclusive",
        ),
        (AddProjectRoleRequest(project_id="1", role_key="k"), "DisplayName: value length must be between "),
        (AddSecondFactorToLoginPolicyRequest(), "Type: value must not be in list [0]"),
        (
            AddOIDCAppRequest(project_id="1", name="n", app_type=77),  # type: ignore[arg-type]
            "AppType: value must be one of the defined enum values",
        ),
        (RequestExecution(all=False), "All: value must equal true"),
        (Notification(), "Percent: value must be greater than 0"),
        (
            AddOIDCAppRequest(project_id="1", name="n", clock_skew=Duration(seconds=5, nanos=1)),
            "ClockSkew: value must be inside range [0s, 5s]",
        ),
        (CreateSessionRequest(lifetime=Duration()), "Lifetime: value must be greater than 0s"),
        (
            UpdateTargetRequest(id="1", expiration_signing_key=Duration(seconds=1)),
            "ExpirationSigningKey: value must equal 0s",
        ),
        (SetQuotaRequest(instance_id="1", unit=UNIT_REQUESTS_ALL_AUTHENTICATED), "From: value is required"),
        (ImportHumanUserRequest(user_name="u"), "Profile: value is required"),
        (CreateUserRequest(organization_id="1"), "UserType: value is required"),
        (LDAP, "Servers: value must contain between 1 and 20 items, inclusive"),
        (
            ListEventsRequest(event_types=["e"] * 31),
            "EventTypes: value must contain no more than 30 item(s)",
        ),
        (
            AddAppleProviderRequest(
                client_id="i", team_id="1" * 10, key_id="1" * 10, private_key=b"k", scopes=["s", ""]
            ),
            "Scopes[1]: value length must be between 1 and 100 runes, inclusive",
        ),
        (
            SetInstanceFeaturesRequest(improved_performance=[1, 1]),  # type: ignore[list-item]
            "ImprovedPerformance[1]: repeated value must contain unique items",
        ),
        (
            GetHostedLoginTranslationRequest(system=True, locale="d"),
            "Locale: value length must be at least 2 runes",
        ),
    ],
    ids=str,
)
def test_each_kind_of_rule_has_the_servers_message(request_: Message, message: str) -> None:
    assert str(violations(request_)[0]).startswith(f"invalid {type(request_).__name__}.{message}")


def test_a_valid_request_has_no_violations() -> None:
    request = ImportHumanUserRequest(
        user_name="u",
        profile=PROFILE,
        email=ImportHumanUserRequest.Email(email="ann@example.com"),
        phone=ImportHumanUserRequest.Phone(phone="+41 44 123 45 67"),
    )
    assert violations(request) == []


def test_an_optional_field_is_checked_only_if_it_is_set() -> None:
    assert violations(CreateSessionRequest()) == []
    assert violations(UpdateTargetRequest(id="1")) == []
    assert [violation.path for violation in violations(UpdateTargetRequest(id="1", name=""))] == ["name"]


def test_ignore_empty_skips_empty_values_only() -> None:
    assert violations(UpdatePrivacyPolicyRequest()) == []
    assert [violation.path for violation in violations(UpdatePrivacyPolicyRequest(support_email="me"))] == [
        "support_email"
    ]


def test_a_violation_in_a_nested_message_has_its_path() -> None:
    request = ListUsersRequest(
        queries=[SearchQuery(), SearchQuery(user_name_query=UserNameQuery(user_name="u" * 201))]
    )
    [missing, too_long] = violations(request)
    assert (missing.path, str(missing)) == (
        "queries[0].query",
        "invalid ListUsersRequest.Queries[0]: embedded message failed validation | caused by: "
        "invalid SearchQuery.Query: value is required",
    )
    assert (too_long.path, too_long.reason, str(too_long)) == (
        "queries[1].user_name_query.user_name",
        "value length must be at most 200 runes",
        "invalid ListUsersRequest.Queries[1]: embedded message failed validation | caused by: "
        "invalid SearchQuery.UserNameQuery: embedded message failed validation | caused by: "
        "invalid UserNameQuery.UserName: value length must be at most 200 runes",
    )


def test_nested_message_types_have_their_go_names() -> None:
    request = ImportHumanUserRequest(
        user_name="u",
        profile=PROFILE,
        email=ImportHumanUserRequest.Email(email="a@b"),
        phone=ImportHumanUserRequest.Phone(),
    )
    assert [str(violation) for violation in violations(request)] == [
        "invalid ImportHumanUserRequest.Phone: embedded message failed validation | caused by: "
        f"invalid ImportHumanUserRequest_Phone.Phone: {reason}"
        for reason in (
            "value length must be between 1 and 50 runes, inclusive",
            'value does not have prefix "+"',
        )
    ]


def test_fields_come_before_oneofs_before_optional_fields() -> None:
    request = UpdateTargetRequest(
        expiration_signing_key=Duration(seconds=1), name="", timeout=Duration(seconds=271)
    )
    assert [violation.path for violation in violations(request)] == [
        "id",
        "name",
        "timeout",
        "expiration_signing_key",
    ]
    assert [violation.path for violation in violations(CreateUserRequest(username=""))] == [
        "organization_id",
        "user_type",
        "username",
    ]
