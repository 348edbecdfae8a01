"""An async, typed gRPC client for ZITADEL.

    from zitadel_grpc import AsyncClient
    from zitadel_grpc.api.management.v1 import GetMyOrgRequest
    from zitadel_grpc.credentials import JwtProfile

    async with AsyncClient("https://my.zitadel.cloud", JwtProfile.from_file("key.json")) as client:
        response = await client.management.GetMyOrg(GetMyOrgRequest())

Each name below is loaded when it is first used: importing a message does not load the client.
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc._async_client import AsyncClient as AsyncClient
    from zitadel_grpc._client import Client as Client
    from zitadel_grpc._options import ConnectionOptions as ConnectionOptions
    from zitadel_grpc._stats import ClientStats as ClientStats
    from zitadel_grpc._transport.plugin import ZitadelAuthPlugin as ZitadelAuthPlugin
    from zitadel_grpc._transport.secure_channel import secure_channel as secure_channel
    from zitadel_grpc._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "_async_client": ["AsyncClient"],
        "_client": ["Client"],
        "_options": ["ConnectionOptions"],
        "_stats": ["ClientStats"],
        "_transport.plugin": ["ZitadelAuthPlugin"],
        "_transport.secure_channel": ["secure_channel"],
        "_version": ["__version__"],
    },
)
