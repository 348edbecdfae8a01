"""ConnectionOptions check their values."""

from __future__ import annotations

from typing import Any

import pytest

from zitadel_grpc import ConnectionOptions
from zitadel_grpc._options import header_pairs
from zitadel_grpc.errors import ConfigurationError


def test_every_option_has_a_default() -> None:
    assert ConnectionOptions() == ConnectionOptions(headers={}, channel_options=[])
    assert hash(ConnectionOptions()) == hash(ConnectionOptions(headers=[]))


def test_header_names_are_lower_case_and_pairs_keep_their_order() -> None:
    options = ConnectionOptions(headers=[("X-B", "1"), ("x-a", "2"), ("x-b", "3")])
    assert header_pairs(options) == (("x-b", "1"), ("x-a", "2"), ("x-b", "3"))


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Host", ":authority", "Content-Type", "te", "grpc-timeout", "User-Agent"),
        "x-bin",
        "",
        "x y",
        "ü",
    ],
)
def test_a_header_that_cannot_be_set_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="headers: "):
        ConnectionOptions(headers={name: "a-value"})


@pytest.mark.parametrize(
    "value", ["line\nbreak", " a-secret", "a-secret ", "ümlaut a-secret", "a-secret\x7f", 7, None]
)
def test_a_header_value_that_cannot_be_sent_is_refused_and_not_quoted(value: Any) -> None:
    with pytest.raises(
        ConfigurationError, match="headers: the value of 'x-key' must be printable"
    ) as refused:
        ConnectionOptions(headers={"x-key": value})
    assert "a-secret" not in str(refused.value)


@pytest.mark.parametrize("value", ["", "a", "a b", "~!"])
def test_a_header_value_that_can_be_sent_is_accepted(value: str) -> None:
    assert header_pairs(ConnectionOptions(headers={"x-key": value})) == (("x-key", value),)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9, "5", None])
def test_an_invalid_token_timeout_is_refused(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="token_timeout must be a number of seconds"):
        ConnectionOptions(token_timeout=seconds)


@pytest.mark.parametrize("name", ["root_certificates", "certificate_chain", "private_key"])
@pytest.mark.parametrize("value", ["/etc/ssl/ca.pem", b"", b"\n"])
def test_certificates_must_be_bytes(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be PEM bytes"):
        ConnectionOptions(**{name: value})


@pytest.mark.parametrize("name", ["certificate_chain", "private_key"])
def test_a_client_certificate_needs_both_parts(name: str) -> None:
    half: dict[str, Any] = {name: b"PEM"}
    with pytest.raises(
        ConfigurationError, match="certificate_chain and private_key must be provided together"
    ):
        ConnectionOptions(**half)


@pytest.mark.parametrize(
    "suffix", ["", " a-suffix", "a-suffix ", "line\nbreak", "ümlaut", "ey.J.x\0", "a" * 201, "eyJh.a.token"]
)
def test_a_user_agent_suffix_that_cannot_be_sent_is_refused_and_not_quoted(suffix: str) -> None:
    with pytest.raises(ConfigurationError, match="user_agent_suffix must") as refused:
        ConnectionOptions(user_agent_suffix=suffix)
    assert suffix == "" or suffix not in str(refused.value)


@pytest.mark.parametrize("name", ["allow_plaintext", "tracing", "warn_deprecated"])
@pytest.mark.parametrize("value", ["false", 0, None])
def test_a_flag_must_be_true_or_false(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be True or False, not {type(value).__name__}"):
        ConnectionOptions(**{name: value})
