"""The state at the start: an instance, an organization, an admin, two service users and a System API user."""

from __future__ import annotations

from zitadel_grpc.testing._state.clock import Clock
from zitadel_grpc.testing._state.members import Level
from zitadel_grpc.testing._state.resources import Details, Domain, Instance, SecurityPolicy
from zitadel_grpc.testing._state.store import Store
from zitadel_grpc.testing._state.users import NEVER, Human, Machine, MachineKey, PersonalAccessToken, User

SYSTEM_USER = "system-user"


def fresh_store(
    clock: Clock, *, public_key: bytes, pat: str, system_public_key: bytes
) -> tuple[Store, MachineKey]:
    """Returns the store and the key of the first service user (IAM_OWNER, ORG_OWNER), whose PAT is `pat`."""
    store = Store(clock)
    instance_id = store.new_id()
    store.instance = _instance(store, instance_id)
    organization = store.add_organization("ZITADEL")
    assert organization is not None
    organization_id = organization.id

    def add_user(user_name: str, kind: Human | Machine, *, iam_role: str) -> User:
        user = store.add_user(user_name, kind, owner=organization_id)
        assert user is not None
        store.set_member(Level.INSTANCE, instance_id, user.id, [iam_role], owner=instance_id)
        return user

    first = add_user("first-service-user", Machine("First service user"), iam_role="IAM_OWNER")
    store.set_member(Level.ORGANIZATION, organization_id, first.id, ["ORG_OWNER"], owner=organization_id)
    admin = Human(
        "ZITADEL",
        "Admin",
        "zitadel-admin@zitadel.localhost",
        email_verified=True,
        preferred_language="en",
        password_changed=clock.datetime(),
    )
    add_user(admin.email, admin, iam_role="IAM_OWNER")
    add_user("login-client", Machine("login client"), iam_role="IAM_LOGIN_CLIENT")

    def new_details() -> Details:
        return store.new_details(organization_id)

    key = MachineKey(store.new_id(), first.id, new_details(), public_key, NEVER)
    store.machine_keys[key.id] = key
    store.personal_access_tokens[pat] = PersonalAccessToken(
        store.new_id(), first.id, new_details(), pat, NEVER
    )
    store.system_users[SYSTEM_USER] = system_public_key
    return store, key


def _instance(store: Store, instance_id: str) -> Instance:
    def domain(name: str, *, generated: bool = False) -> Domain:
        return Domain(store.new_details(instance_id), name, primary=not generated, generated=generated)

    return Instance(
        instance_id,
        store.new_details(instance_id),
        "ZITADEL",
        project_id=store.new_id(),
        domains=[domain("zitadel-emulator.localhost", generated=True), domain("localhost")],
        security=SecurityPolicy(store.new_details(instance_id)),
    )
