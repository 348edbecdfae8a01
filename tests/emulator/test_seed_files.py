"""Seed files: what they add, and the messages of their errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zitadel_grpc.testing import Emulator, SeedError

SEED = """\
organizations:
  - name: ZITADEL
    service_users:
      - user_name: reporter
        roles: [ORG_OWNER_VIEWER]
        jwt_access_tokens: true
    projects:
      - name: Shop
        roles: [reader, writer]
        user_grants: {reporter: [reader], ann@acme.example: [reader, writer]}
        project_grants: {Acme: [reader]}
        managers: {ann@acme.example: [PROJECT_OWNER]}
        api_applications:
          - name: api
          - name: api-jwt
            private_key_jwt: true
  - name: Acme
    humans:
      - email: ann@acme.example
        first_name: Ann
        roles: [ORG_OWNER]
      - email: bob@acme.example
        user_name: bob
"""
Write = Callable[[str], Path]


@pytest.fixture
def zitadel(shared_zitadel: Emulator) -> Iterator[Emulator]:
    yield shared_zitadel
    shared_zitadel.reset()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "seed.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_adds_organizations_users_projects_and_roles(zitadel: Emulator, write: Write) -> None:
    added = zitadel.seed(write(SEED))
    store = zitadel._zitadel.store
    (acme,) = (each.id for each in store.organizations.values() if each.name == "Acme")
    users = {user.user_name: user for user in store.users.values()}
    assert added.service_users["reporter"].id == users["reporter"].id
    assert users["ann@acme.example"].details.resource_owner == users["bob"].details.resource_owner == acme
    assert [list(member.roles) for member in store.memberships(users["reporter"].id)] == [
        ["ORG_OWNER_VIEWER"]
    ]
    (shop,) = store.projects
    assert [each.resource_id for each in store.memberships(users["ann@acme.example"].id)] == [acme, shop]
    with_secret, with_key = added.api_applications["Shop/api"], added.api_applications["Shop/api-jwt"]
    assert (bool(with_secret.client_secret), with_secret.key_file) == (True, None)
    assert with_key.key_file
    assert with_key.key_file["clientId"] == with_key.client_id
    grants = {store.users[each.user_id].user_name: each.role_keys for each in store.user_grants.values()}
    assert grants == {"reporter": ["reader"], "ann@acme.example": ["reader", "writer"]}
    (grant,) = store.project_grants.values()
    assert (grant.granted_organization_id, grant.role_keys) == (acme, ["reader"])


def test_an_empty_file_adds_nothing(zitadel: Emulator, write: Write) -> None:
    added = zitadel.seed(write(""))
    assert not added.service_users
    assert not added.api_applications


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", ": must be a mapping, such as `name: Acme`"),
        ("orgs: []\n", ": orgs: unknown key; must be one of organizations"),
        ("organisations: []\n", ": organisations: unknown key; did you mean organizations?"),
        ("organizations: {name: A}\n", ": organizations: must be a list: start each entry with `- `"),
        ("organizations: [A]\n", ": organizations[0]: must be a mapping, such as `name: Acme`"),
        ("organizations: [{}]\n", ": organizations[0]: missing key `name`"),
        ("organizations: [{name: 7}]\n", ": organizations[0].name: must be a string: put it in quotes"),
        ("organizations: [{name: [7]}]\n", ": organizations[0].name: must be a string"),
        ("organizations: [{name: }]\n", ": organizations[0].name: must not be empty"),
        (
            "organizations: [{name: A, service_users: [{user_name: a, roles: ORG_OWNER}]}]\n",
            ": organizations[0].service_users[0].roles: must be a list of strings, such as `[reader, ",
        ),
        (
            "organizations: [{name: A, service_users: [{user_name: a, jwt_access_tokens: 1}]}]\n",
            ": organizations[0].service_users[0].jwt_access_tokens: must be true or false",
        ),
        (
            "organizations: [{name: A, service_users: [{user_name: a, roles: [ORG_OWNER, IAM_KING]}]}]\n",
            ": organizations[0].service_users[0]: 'IAM_KING' is not a Manager role; must be one of IAM_",
        ),
        (
            "organizations: [{name: A, service_users: [{user_name: a}, {user_name: a}]}]\n",
            ": organizations[0].service_users[1]: cannot add service user 'a': User already exists",
        ),
        (
            "organizations: [{name: A, projects: [{name: P, user_grants: {ann: [r]}}]}]\n",
            ": organizations[0].projects[0].user_grants.ann: "
            "unknown user 'ann': add it to service_users or humans",
        ),
        (
            "organizations: [{name: A, projects: [{name: P, project_grants: {B: []}}]}]\n",
            ": organizations[0].projects[0].project_grants.B: "
            "unknown organization 'B': add it to organizations",
        ),
        (
            "organizations: [{name: A, projects: [{name: P, user_grants: {first-service-user: [r]}}]}]\n",
            ": organizations[0].projects[0].user_grants.first-service-user: "
            "unknown role 'r' of project P: add it to organizations[0].projects[0].roles",
        ),
        (
            "organizations: [{name: A, projects: [{name: P, user_grants: [ann]}]}]\n",
            ": organizations[0].projects[0].user_grants: must map names to lists, such as `{ann: [reader]}`",
        ),
        ("organizations:\n - name: A\n   name: B\n", ":3:4: invalid YAML: duplicate key name"),
        ("organizations: [\n", ":2:1: invalid YAML: "),
        ("\x00", ": invalid YAML: "),
        ("{[a]: b}\n", ":1:2: invalid YAML: keys must be strings"),
        ("!!map [a]\n", ":1:1: invalid YAML: expected a mapping"),
        (
            "a: 2024-13-45\n",
            ":1:4: invalid YAML: looks like a number or a date, but is not a valid one; put strings in ",
        ),
        ("[" * 5000, ": invalid YAML: nested too deeply"),
        (
            'organizations: [{name: "\\ud800"}]\n',
            ": organizations[0].name: must not contain a lone surrogate",
        ),
    ],
)
def test_an_error_is_one_line_with_the_place_and_the_fix(
    zitadel: Emulator, write: Write, text: str, message: str
) -> None:
    path = write(text)
    with pytest.raises(SeedError) as error:
        zitadel.seed(path)
    assert str(error.value).startswith(f"{path}{message}")
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_named(zitadel: Emulator, tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=r"cannot read .*no\.yaml: No such file"):
        zitadel.seed(tmp_path / "no.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"organizations: [{name: \xe9}]")
    with pytest.raises(SeedError, match=r"cannot read .*latin\.yaml: it is not encoded in UTF-8"):
        zitadel.seed(tmp_path / "latin.yaml")


@pytest.mark.parametrize(
    "line",
    [
        "password: *s3cret",
        "password: !s3cret",
        "password: !s3cret!",
        "password: !!int s3cret",
        "password: {s3cret: x}",
        "password: [s3cret]",
        "password: s3cret: x",
        "password: |s3cret",
        "password: s3cret",
        "password s3cret: x",
        'password: "s3cret',
        r'password: "s3cret\q"',
        "password:\ts3cret:\t",
        "password: `s3cret",
    ],
)
def test_errors_contain_no_password(zitadel: Emulator, write: Write, line: str) -> None:
    path = write(f"organizations:\n- name: A\n  humans:\n  - email: ann@example.com\n    {line}\n")
    with pytest.raises(SeedError) as error:
        zitadel.seed(path)
    assert "s3cret" not in str(error.value)


def test_a_file_with_an_error_adds_nothing(zitadel: Emulator, write: Write) -> None:
    before = zitadel.snapshot()
    with pytest.raises(SeedError):
        zitadel.seed(write(SEED.replace("bob@acme.example", "no address")))
    assert zitadel.snapshot() == before
