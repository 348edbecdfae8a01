"""Reads a client's settings from the environment.

| variable | |
|---|---|
| `ZITADEL_API_URL` | the URL |
| `ZITADEL_KEY_PATH`, `ZITADEL_KEY_JSON` | the path of a service user's key file, or its content |
| `ZITADEL_SERVICE_USER_TOKEN`, `ZITADEL_SERVICE_USER_TOKEN_FILE` | a personal access token, or its file |
| `ZITADEL_CLIENT_ID` and `ZITADEL_CLIENT_SECRET` | client credentials |
| `ZITADEL_ORG_ID` | the organization to act in (optional) |
| `ZITADEL_CA_FILE` | the path of a PEM file with the trusted CAs (optional) |

Exactly one kind of credentials must be set. Whitespace, byte order marks and quotes around a value are
removed. References that were not expanded (`${NAME}`, `$(NAME)`, `$NAME`) are errors. An empty variable
counts as not set.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from zitadel_grpc import _trust
from zitadel_grpc import credentials as kinds
from zitadel_grpc._errors.frames import without_locals
from zitadel_grpc._misplaced import trimmed, unquoted
from zitadel_grpc._options import ConnectionOptions
from zitadel_grpc.credentials import Credentials
from zitadel_grpc.errors import ConfigurationError, CredentialsError

_KINDS = (
    ("ZITADEL_KEY_PATH",),
    ("ZITADEL_KEY_JSON",),
    ("ZITADEL_SERVICE_USER_TOKEN",),
    ("ZITADEL_SERVICE_USER_TOKEN_FILE",),
    ("ZITADEL_CLIENT_ID", "ZITADEL_CLIENT_SECRET"),
)
# No other variable is read: the server's own, such as ZITADEL_MASTERKEY, may be set too.
_NAMES = (
    "ZITADEL_API_URL",
    "ZITADEL_ORG_ID",
    "ZITADEL_CA_FILE",
    *(name for kind in _KINDS for name in kind),
)
# The syntaxes of Compose, shells and Kubernetes.
_REFERENCE = re.compile(r"\$\{[^}]*\}|\$\([A-Za-z_]\w*\)|^\$[A-Za-z_]\w*$")


@dataclass(frozen=True, slots=True)
class Settings:
    """A client's settings."""

    url: str
    credentials: Credentials
    org_id: str | None
    options: ConnectionOptions


@without_locals
def read(options: ConnectionOptions | None = None) -> Settings:
    """Reads the environment, which overrides `options`. Raises ConfigurationError, which names the variables,
    or CredentialsError."""
    values = {name: value for name in _NAMES if (value := _value(name))}
    if "ZITADEL_API_URL" not in values:
        raise ConfigurationError("ZITADEL_API_URL is not set; set it to the URL of your ZITADEL instance")
    options = ConnectionOptions() if options is None else options
    if not isinstance(options, ConnectionOptions):
        raise ConfigurationError(f"options must be ConnectionOptions, not {type(options).__name__}")
    if "ZITADEL_CA_FILE" in values:
        roots = _trust.read_file(values["ZITADEL_CA_FILE"], "ZITADEL_CA_FILE")
        options = replace(options, root_certificates=roots)
    return Settings(
        values["ZITADEL_API_URL"],
        _credentials(values),
        values.get("ZITADEL_ORG_ID"),
        options,
    )


def _value(name: str) -> str:
    """The value without surrounding whitespace, byte order mark and quotes (docker's `--env-file` keeps
    quotes)."""
    value = trimmed(os.environ.get(name, ""))
    while (inner := unquoted(value)) is not None:
        value = trimmed(inner)
    if _REFERENCE.search(value):
        raise ConfigurationError(
            f"{name} contains a variable reference that was not expanded; set it to the value"
        )
    return value


def _credentials(values: dict[str, str]) -> Credentials:
    kinds = [kind for kind in _KINDS if any(name in values for name in kind)]
    if not kinds:
        known = ", ".join(" with ".join(kind) for kind in _KINDS)
        raise ConfigurationError(f"no credentials in the environment; set one of {known}")
    if len(kinds) > 1:
        found = " and ".join(name for kind in kinds for name in kind if name in values)
        raise ConfigurationError(
            f"{found} are set, but only one kind of credentials is allowed; unset the others"
        )
    (kind,) = kinds
    if missing := [name for name in kind if name not in values]:
        raise ConfigurationError(f"{' and '.join(kind)} must be set together; {missing[0]} is not set")
    try:
        return _create(kind[0], values)
    except CredentialsError as error:
        failure = type(error)(f"{kind[0]}: {error}")
    raise failure


def _create(kind: str, values: dict[str, str]) -> Credentials:
    match kind:
        case "ZITADEL_KEY_PATH":
            return kinds.JwtProfile.from_file(values[kind])
        case "ZITADEL_KEY_JSON":
            return kinds.JwtProfile.from_json(values[kind])
        case "ZITADEL_SERVICE_USER_TOKEN":
            return kinds.PersonalAccessToken(values[kind])
        case "ZITADEL_SERVICE_USER_TOKEN_FILE":
            return kinds.PersonalAccessToken.from_file(values[kind])
    return kinds.ClientCredentials(values["ZITADEL_CLIENT_ID"], values["ZITADEL_CLIENT_SECRET"])
