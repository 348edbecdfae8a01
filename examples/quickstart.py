"""The first calls as a service user: read its organization, its instance and itself.

    ZITADEL_API_URL=https://my-instance.zitadel.cloud ZITADEL_KEY_PATH=key.json python examples/quickstart.py

You can set `ZITADEL_SERVICE_USER_TOKEN` to a personal access token, with or without the key file.
If the system does not trust the server's certificate, set `ZITADEL_CA_FILE` to a PEM file with its CA.
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


async def all_succeeded(url: str, given: list[Credentials], options: ConnectionOptions) -> bool:
    """Makes each call with each of the credentials and prints one line per call."""
    failed = 0
    print(f"{'credentials':<19}   {'call':<19}   result")
    for credentials in given:
        async with AsyncClient(url, credentials, options=options) as client:
            for name, call in CALLS.items():
                try:
                    text = await call(client)
                except RpcError as error:  # the next call may need another permission
                    text = f"{error.code().name}: {error.hint or error.details()}"
                    failed += 1
                print(f"{type(credentials).__name__:<19}   {name:<19}   {text}")
    return not failed


def main() -> int:
    url, key_path = os.environ.get("ZITADEL_API_URL"), os.environ.get("ZITADEL_KEY_PATH")
    token, ca_file = os.environ.get("ZITADEL_SERVICE_USER_TOKEN"), os.environ.get("ZITADEL_CA_FILE")
    if not url or not (key_path or token):
        print(
            "settings are missing: set ZITADEL_API_URL, and ZITADEL_KEY_PATH or ZITADEL_SERVICE_USER_TOKEN",
            file=sys.stderr,
        )
        return 1
    try:
        options = ConnectionOptions(root_certificates=Path(ca_file).read_bytes() if ca_file else None)
        given: list[Credentials] = []
        if key_path:
            given.append(JwtProfile.from_file(key_path))
        if token:
            given.append(PersonalAccessToken(token))
        return 0 if asyncio.run(all_succeeded(url, given, options)) else 1
    except (OSError, ZitadelError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
