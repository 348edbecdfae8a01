"""Names from before the first release are removed and have no aliases."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from zitadel_grpc import (
    AsyncClient,
    Client,
    ConnectionOptions,
    bulk,
    credentials,
    errors,
    pagination,
    roles,
    testing,
    validation,
)

# Owner, old name, new name. The new name proves that the owner is the right one.
RENAMED = [
    (AsyncClient, "pages", "paginate"),
    (AsyncClient, "until", "wait_until"),
    (Client, "pages", "paginate"),
    (Client, "until", "wait_until"),
    (pagination, "AsyncPages", "AsyncPager"),
    (pagination, "Pages", "Pager"),
    (pagination, "PagesError", "PaginationError"),
    (errors, "NotSeenError", "WaitTimeoutError"),
    (errors, "Metadatum", "MetadataEntry"),
    (errors.InvalidRequest("service/Rpc"), "faults", "violations"),
    (validation, "Fault", "Violation"),
    (validation, "faults", "violations"),
    (bulk.Outcome, "may_be_done", "may_have_applied"),
    (bulk.Outcome, "sent_before", "previously_sent"),
    (credentials.Credentials, "obtain", "fetch_token"),
    (credentials.JwtProfile, "obtain", "fetch_token"),
    (credentials.ClientCredentials, "prove", "authenticate"),
    (credentials.ApplicationKey, "prove", "authenticate"),
    (credentials, "ClientProof", "ClientAuthentication"),
    (credentials, "Refresh", "RefreshContext"),
    (ConnectionOptions, "traces", "tracing"),
    (testing, "Seeded", "SeedResult"),
    (roles, "roles_giving", "roles_granting"),
]
# Distinctive old names, internal ones too.
UNUSED = {
    *("AsyncPages", "PagesError", "NotSeenError", "Metadatum", "ClientProof", "Seeded", "may_be_done"),
    *(
        "sent_before",
        "manager_roles",
        "roles_giving",
        "tell_of_resend",
        "refuse_faults",
        "as_status",
        "of_view",
        "surely_not_done",
        "_NOT_THE_END",
    ),
}
# Modules that are private now, or have another name.
REMOVED_MODULES = [
    *("base_client", "client", "endpoint", "environment", "file_content", "http_headers", "manager_roles"),
    *("mistaken", "options", "proxies", "stats", "tracing", "transport", "trust", "unfinished", "waiting"),
    *("bulk.aio", "bulk.job", "bulk.outcome", "bulk.resume", "bulk.threads", "cli.emulator", "cli.errors"),
    *("credentials.base", "credentials.cache", "credentials.jwt_profile", "credentials.token_endpoint"),
    *("errors.base", "errors.codes", "errors.frames", "errors.hints", "errors.network", "errors.rpc"),
    *("pagination.listing", "pagination.pages", "pagination.walk", "validation.rules"),
    *("testing.emulator", "testing.faults", "testing.seeding", "testing.services", "testing.state"),
]


@pytest.mark.parametrize(("owner", "old", "new"), RENAMED)
def test_an_old_name_cannot_be_read(owner: object, old: str, new: str) -> None:
    assert hasattr(owner, new)
    assert not hasattr(owner, old)


@pytest.mark.parametrize("name", REMOVED_MODULES)
def test_an_old_module_cannot_be_imported(name: str) -> None:
    try:
        found = importlib.util.find_spec(f"zitadel_grpc.{name}")
    except ModuleNotFoundError:  # a parent is missing too
        return
    # A directory that only has a `__pycache__` left is found as a namespace package.
    assert found is None or found.origin is None


def test_an_old_option_is_refused() -> None:
    with pytest.raises(TypeError, match="traces"):
        ConnectionOptions(traces=False)  # type: ignore[call-arg]


def test_no_file_uses_an_old_name() -> None:
    root = Path(__file__).parents[2]
    folders = ("zitadel_grpc", "docs", "examples", "benchmarks", "scripts", "tests")
    files = [file for folder in folders for file in (root / folder).rglob("*")] + list(root.glob("*.md"))
    excluded = {*(root / "zitadel_grpc" / "api").rglob("*"), Path(__file__)}
    sources = [file for file in files if file.suffix in (".py", ".md") and file not in excluded]
    assert root / "README.md" in sources
    old = re.compile(r"\b(?:" + "|".join(UNUSED) + r")\b|\.prove\(")
    found = {file: old.findall(file.read_text(encoding="utf-8")) for file in sources}
    assert {file: names for file, names in found.items() if names} == {}
