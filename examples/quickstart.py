"""The first calls of a service user: its organization, its instance, itself.

    ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json python examples/quickstart.py

`ZITADEL_SERVICE_USER_TOKEN` (a personal access token) works beside the key file or in its place.
`ZITADEL_CA_FILE` names the CA, PEM, of a server whose certificate the system does not trust.
"""

import asyncio
import os
import sys
from pathlib import Path

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.admin.v1 import GetMyInstanceRequest
from zitadel_grpc.api.auth.v1 import GetMyUserRequest
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import Credentials, JwtProfile, PersonalAccessToken
from zitadel_grpc.errors import RpcError, ZitadelError


async def my_org(client: AsyncClient) -> str:
    org = (await client.management.GetMyOrg(GetMyOrgRequest())).org
    return f"organization {org.name}, domain {org.primary_domain}"


async def my_instance(client: AsyncClient) -> str:
    instance = (await client.admin.GetMyInstance(GetMyInstanceRequest())).instance
    return f"instance {instance.name}, version {instance.version}"


async def my_user(client: AsyncClient) -> str:
    user = (await client.auth.GetMyUser(GetMyUserRequest())).user
    return f"user {user.preferred_login_name}, id {user.id}"


CALLS = {"Management GetMyOrg": my_org, "Admin GetMyInstance": my_instance, "Auth GetMyUser": my_user}


async def all_answered(url: str, given: list[Credentials], options: ConnectionOptions) -> bool:
    """Makes each call with each of the credentials, and prints a line for it."""
    refused = 0
    print(f"{'credentials':<19}   {'call':<19}   answer")
    for credentials in given:
        async with AsyncClient(url, credentials, options=options) as client:
            for name, call in CALLS.items():
                try:
                    text = await call(client)
                except RpcError as error:  # the next call may need no such permission
                    text = f"{error.code().name}: {error.hint or error.details()}"
                    refused += 1
                print(f"{type(credentials).__name__:<19}   {name:<19}   {text}")
    return not refused


def main() -> int:
    url, key_path = os.environ.get("ZITADEL_API_URL"), os.environ.get("ZITADEL_KEY_PATH")
    token, ca_file = os.environ.get("ZITADEL_SERVICE_USER_TOKEN"), os.environ.get("ZITADEL_CA_FILE")
    if not url or not (key_path or token):
        print("set ZITADEL_API_URL, and ZITADEL_KEY_PATH or ZITADEL_SERVICE_USER_TOKEN", file=sys.stderr)
        return 1
    try:
        options = ConnectionOptions(root_certificates=Path(ca_file).read_bytes() if ca_file else None)
        given: list[Credentials] = []
        if key_path:
            given.append(JwtProfile.from_file(key_path))
        if token:
            given.append(PersonalAccessToken(token))
        return 0 if asyncio.run(all_answered(url, given, options)) else 1
    except (OSError, ZitadelError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
