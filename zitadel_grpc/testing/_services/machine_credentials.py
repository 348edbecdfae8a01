"""Keys and personal access tokens of service users, for all APIs."""

from __future__ import annotations

import json
from datetime import datetime

from zitadel_grpc.testing._keys import KeyPair, load_public_key, service_user_key_file
from zitadel_grpc.testing._rpc.refusals import invalid_argument
from zitadel_grpc.testing._rpc.services import Call
from zitadel_grpc.testing._state.users import MachineKey, PersonalAccessToken, User
from zitadel_grpc.testing._tokens import opaque_token


def add_key(call: Call, user: User, public_key: bytes, expiration: datetime) -> tuple[MachineKey, bytes]:
    """Adds a key and returns it with its key file, which is empty if the caller provides the public key."""
    pair = None if public_key else KeyPair.generate()
    details = call.store.new_details(user.details.resource_owner)
    key = MachineKey(
        call.store.new_id(), user.id, details, pair.public_pem if pair else public_key, expiration
    )
    call.store.machine_keys[key.id] = key
    return key, json.dumps(service_user_key_file(pair, key)).encode() if pair else b""


def check_public_key(public_key: bytes) -> None:
    """Raises Refusal if a public key is given that is not a valid RSA key."""
    try:
        if public_key:
            load_public_key(public_key)
    except (ValueError, AssertionError):
        raise invalid_argument(
            "Public key is not a valid RSA public key in PKIX format with PEM encoding", "COMMAND-5F3h1"
        ) from None


def add_personal_access_token(call: Call, user: User, expiration: datetime) -> PersonalAccessToken:
    details = call.store.new_details(user.details.resource_owner)
    pat = PersonalAccessToken(call.store.new_id(), user.id, details, opaque_token(), expiration)
    call.store.personal_access_tokens[pat.token] = pat
    return pat
