"""The same with plain grpc.aio, PyJWT and httpx2 or urllib, each imported where it is used."""

# ruff: noqa: E402
import time

started = time.monotonic()

import asyncio
import json
import os

import grpc
import grpc.aio

from zitadel_grpc.api.management.v1 import GetMyOrgRequest, ManagementServiceStub

imported = time.monotonic()

URL, ROOTS = os.environ["URL"], os.environ["CA"]


def token() -> str:
    import ssl

    import jwt

    key, now = json.loads(os.environ["KEY"]), int(time.time())
    claims = {"iss": key["userId"], "sub": key["userId"], "aud": URL, "iat": now, "exp": now + 3600}
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "scope": "openid urn:zitadel:iam:org:project:id:zitadel:aud",
        "assertion": jwt.encode(claims, key["key"], algorithm="RS256", headers={"kid": key["keyId"]}),
    }
    context = ssl.create_default_context(cadata=ROOTS)
    if os.environ["HTTP"] == "httpx2":
        import httpx2

        response = httpx2.post(f"{URL}/oauth/v2/token", data=form, verify=context)
        return str(response.raise_for_status().json()["access_token"])
    import urllib.parse
    import urllib.request

    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(f"{URL}/oauth/v2/token", body, 10, context=context) as response:  # noqa: S310
        return str(json.load(response)["access_token"])


async def main() -> None:
    bearer = token() if os.environ["CREDENTIALS"] == "key" else os.environ["PAT"]
    prepared = time.monotonic()
    target = URL.removeprefix("https://")
    async with grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(ROOTS.encode())) as channel:
        stub = ManagementServiceStub(channel)
        await stub.GetMyOrg(GetMyOrgRequest(), metadata=(("authorization", f"Bearer {bearer}"),), timeout=30)
        responded = time.monotonic()
    print(json.dumps([started, imported, prepared, responded]))


asyncio.run(main())
