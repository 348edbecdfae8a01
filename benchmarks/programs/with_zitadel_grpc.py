"""GetMyOrg until the first response, with this package."""

# ruff: noqa: E402
import time

started = time.monotonic()

import asyncio
import json
import os

from zitadel_grpc import AsyncClient, ConnectionOptions
from zitadel_grpc.api.management.v1 import GetMyOrgRequest
from zitadel_grpc.credentials import Credentials, JwtProfile, PersonalAccessToken

imported = time.monotonic()


async def main() -> None:
    credentials: Credentials
    if os.environ["CREDENTIALS"] == "key":
        credentials = JwtProfile.from_json(os.environ["KEY"])
    else:
        credentials = PersonalAccessToken(os.environ["PAT"])
    options = ConnectionOptions(root_certificates=os.environ["CA"].encode())
    async with AsyncClient(os.environ["URL"], credentials, options=options) as client:
        prepared = time.monotonic()
        await client.management.GetMyOrg(GetMyOrgRequest())
        responded = time.monotonic()
    print(json.dumps([started, imported, prepared, responded]))


asyncio.run(main())
