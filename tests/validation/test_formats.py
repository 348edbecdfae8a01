"""Email addresses, URIs and Go texts match the results of Go's standard library."""

from __future__ import annotations

import pytest

from zitadel_grpc.validation._formats import email_violation, uri_violation
from zitadel_grpc.validation._gotext import camel_case, duration, quoted


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "ann.b+c@example.com",
        "ann@localhost",
        "Ann B <ann@example.com>",
        '"Ann, B" <ann@example.com>',
        '"ann b"@example.com',
        '"a\\"b"@example.com',
        "ann@example.com (Ann (B))",
        "ann (who) <ann@example.com>",
        "friends: ann@example.com;",
        "änn@example.com",
    ],
)
def test_valid_addresses(address: str) -> None:
    assert email_violation(address) is None


@pytest.mark.parametrize(
    ("address", "violation"),
    [
        ("", "mail: no address"),
        ("ann", "mail: missing '@' or angle-addr"),
        ("ann@", "mail: missing '@' or angle-addr"),
        ("ann@example.", "mail: missing '@' or angle-addr"),
        ("a..b@example.com", "mail: missing '@' or angle-addr"),
        ("Ann B", "mail: no angle-addr"),
        ("@example.com", "mail: missing word in phrase: mail: invalid string"),
        ('"ann', "mail: missing word in phrase: mail: unclosed quoted-string"),
        ('"a\tb\n"', "mail: missing word in phrase: mail: bad character in quoted-string: '\\n'"),
        ("<ann@example.com", "mail: unclosed angle-addr"),
        ("<>", "mail: invalid string"),
        ("<", "mail: no addr-spec"),
        ("<ann>", "mail: missing @ in addr-spec"),
        ("<ann@", "mail: no domain in addr-spec"),
        ("<.ann@example.com>", "mail: leading dot in atom"),
        ("<a..n@example.com>", "mail: double dot in atom"),
        ("<ann.@example.com>", "mail: trailing dot in atom"),
        ('<""@example.com>', "mail: empty quoted string in addr-spec"),
        ("<ann@[::1]>", 'mail: invalid IP address in domain-literal: "::1"'),
        ("<ann@[IPv6:1]>", 'mail: invalid IPv6 address in domain-literal: "IPv6:1"'),
        ("<ann@[1", "mail: unclosed domain-literal"),
        ("<ann@[a b]>", "mail: bad character in domain-literal: ' '"),
        ("ann@example.com, bob@example.com", 'mail: expected single address, got ", bob@example.com"'),
        ("ann@example.com (Ann", "mail: misformatted parenthetical comment"),
        ("friends:;", "mail: empty group"),
        ("friends: a@b.c, d@e.f;", "mail: group with multiple addresses"),
        ("friends: a@b.c d@e.f;", "mail: expected comma"),
        ("ann@[1.2.3.4]", 'hostname parts can only contain alphanumeric characters or hyphens, got "["'),
        ("ann@my_host", 'hostname parts can only contain alphanumeric characters or hyphens, got "_"'),
        ("ann@-a.com", "hostname parts cannot begin with hyphens"),
        ("ann@a-.com", "hostname parts cannot end with hyphens"),
        (f"ann@{'a' * 64}.com", "hostname part must be non-empty and cannot exceed 63 characters"),
        (f"{'a' * 65}@b.c", "email address local phrase cannot exceed 64 characters"),
        (f"ann@{'a.' * 126}c", "email addresses cannot exceed 254 characters"),
    ],
)
def test_invalid_addresses(address: str, violation: str) -> None:
    assert email_violation(address) == violation


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "me",
        "/a%20b?%",
        "https://me:pw@h:443/p?q#f",
        "mailto:x y",
        "//h",
        "///p",
        "http://[::1%25en0]:8/",
        "*",
    ],
)
def test_valid_uris(uri: str) -> None:
    assert uri_violation(uri) is None


@pytest.mark.parametrize(
    ("uri", "violation"),
    [
        ("a\x7fb", r'parse "a\x7fb": net/url: invalid control character in URL'),
        (":a", 'parse ":a": missing protocol scheme'),
        ("1a:b/c", 'parse "1a:b/c": first path segment in URL cannot contain colon'),
        ("http://a b/", 'parse "http://a b/": invalid character " " in host name'),
        ("http://h%41/", 'parse "http://h%41/": invalid URL escape "%41"'),
        ("http://h:8a/", 'parse "http://h:8a/": invalid port ":8a" after host'),
        ("http://[::1", """parse "http://[::1": missing ']' in host"""),
        ("http://a b@h/", 'parse "http://a b@h/": net/url: invalid userinfo'),
        ("/%zz#f", 'parse "/%zz": invalid URL escape "%zz"'),
        ("/a#%f", 'parse "/a#%f": invalid URL escape "%f"'),
    ],
)
def test_invalid_uris(uri: str, violation: str) -> None:
    assert uri_violation(uri) == violation


def test_names_of_fields_in_go() -> None:
    names = ["id", "user_name", "org_id", "v2_beta", "oauth2config", "a_1", "_x", "is_U2F"]
    assert [camel_case(name) for name in names] == [
        "Id",
        "UserName",
        "OrgId",
        "V2Beta",
        "Oauth2Config",
        "A_1",
        "XX",
        "Is_U2F",
    ]


def test_durations_in_go() -> None:
    lengths = [0, 1, 1_500, 2_000_000, 1_500_000_000, 270_000_000_000, 3_600_000_000_000, -5_000_000_000]
    assert [duration(length) for length in lengths] == [
        "0s",
        "1ns",
        "1.5µs",
        "2ms",
        "1.5s",
        "4m30s",
        "1h0m0s",
        "-5s",
    ]


def test_strings_in_go() -> None:
    assert quoted('a"\\\n\x01é\u200b\U000e0001') == r'"a\"\\\n\x01é\u200b\U000e0001"'
