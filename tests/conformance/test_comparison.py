"""The comparison finds every difference from the real server's response."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.comparison import differences, without_unrelated_data

RECORDED = {"code": "OK", "response": {"user": {"id": "1", "roles": ["a", "b"]}, "count": "<sequence>"}}


def changed_response(**changes: Any) -> dict[str, Any]:
    return {"code": "OK", "response": {"user": {"id": "1", "roles": ["a", "b"]}, "count": "7"} | changes}


def test_the_same_response_has_no_differences() -> None:
    assert list(differences(RECORDED, changed_response())) == []


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"user": {"id": "2", "roles": ["a", "b"]}}, "response.user.id is '2', but was recorded as '1'"),
        ({"user": {"id": 1, "roles": ["a", "b"]}}, "response.user.id is 1, but was recorded as '1'"),
        ({"user": {"id": "1"}}, "response.user.roles is missing, but was recorded as ['a', 'b']"),
        (
            {"user": {"id": "1", "roles": ["a"]}},
            "response.user.roles is ['a'], but was recorded as ['a', 'b']",
        ),
        (
            {"user": {"id": "1", "roles": ["b", "a"]}},
            "response.user.roles[0] is 'b', but was recorded as 'a'",
        ),
        ({"state": "ACTIVE"}, "response.state is 'ACTIVE', but was not recorded"),
        ({"count": "many"}, "response.count is 'many', which is not a <sequence>"),
    ],
)
def test_differences_are_listed(changes: dict[str, Any], shown: str) -> None:
    assert shown in list(differences(RECORDED, changed_response(**changes)))


def test_an_empty_list_is_not_a_missing_one() -> None:
    assert list(differences({"result": []}, {})) == ["result is missing, but was recorded as []"]


@pytest.mark.parametrize(
    ("placeholder", "good", "bad"),
    [
        ("<id>", ["334455", "V2_12-at_34"], ["", "none", 334455, None]),
        ("<timestamp>", ["2026-07-01T10:00:00.123456Z", "9999-12-31T23:59:59Z"], ["", "2026-07-01", 1]),
        ("<sequence>", ["1", "128"], ["0", "", 1, "-1"]),
        ("<secret>", ["eyJhbGciOi"], ["", "no", None]),
        ("<unix time>", [1795380662, 253402300799], ["1795380662", 0, True, 1795380662.5]),
        ("<domain>", ["zitadel-ab12.localhost"], ["", "localhost", None]),
        (
            "<jwks>",
            [{"keys": [{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig"}]}],
            [{}, {"keys": []}],
        ),
    ],
)
def test_placeholders_stand_for_values_of_their_kind(
    placeholder: str, good: list[object], bad: list[object]
) -> None:
    assert not [value for value in good if any(differences(placeholder, value))]
    assert not [value for value in bad if not any(differences(placeholder, value))]


def test_differences_contain_no_secrets() -> None:
    shown = " ".join(
        differences({"code": "OK"}, {"response": {"token": "eyJ…", "keys": [{"clientSecret": "s3cret"}]}})
    )
    assert "'token': '…'" in shown
    assert "eyJ" not in shown
    assert "s3cret" not in shown


def a_list(*entries: str) -> dict[str, Any]:
    return {
        "response": {"details": {"totalResult": str(len(entries))}, "result": [{"id": it} for it in entries]}
    }


def test_entries_of_other_users_of_a_shared_server_are_ignored() -> None:
    def matches(recorded: dict[str, Any], response: dict[str, Any], **request: Any) -> bool:
        return not any(differences(*without_unrelated_data({"request": request}, recorded, response)))

    assert matches(a_list("1", "3"), a_list("0", "1", "2", "3"))
    assert not matches(a_list("1", "3"), a_list("3", "1"))
    assert not matches(a_list("1", "3"), a_list("1"))
    assert matches(a_list("1"), a_list("0"), query={"limit": 1})
    assert not matches(a_list("1"), a_list("0", "1"), query={"limit": 1})
    assert not matches(a_list("1"), a_list("1", "2"), queries=[{"idQuery": {"id": "1"}}])
