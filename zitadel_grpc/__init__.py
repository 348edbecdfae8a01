"""An async gRPC client for ZITADEL, generated from its protobufs.

    from zitadel_grpc import AsyncClient
    from zitadel_grpc.api.management.v1 import GetMyOrgRequest
    from zitadel_grpc.credentials import JwtProfile

    async with AsyncClient("https://my.zitadel.cloud", JwtProfile.from_file("key.json")) as client:
        answer = await client.management.GetMyOrg(GetMyOrgRequest())

The names here are loaded when they are first used, so that importing a message costs the message only.
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc._client import AsyncClient as AsyncClient
    from zitadel_grpc._client import Client as Client
    from zitadel_grpc._options import ConnectionOptions as ConnectionOptions
    from zitadel_grpc._transport.plugin import ZitadelAuthPlugin as ZitadelAuthPlugin
    from zitadel_grpc._transport.secure_channel import secure_channel as secure_channel

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "_client": ["AsyncClient", "Client"],
        "_options": ["ConnectionOptions"],
        "_transport.plugin": ["ZitadelAuthPlugin"],
        "_transport.secure_channel": ["secure_channel"],
    },
)
