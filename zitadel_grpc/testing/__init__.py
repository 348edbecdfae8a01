"""An in-process ZITADEL for tests, demos and CI: TLS, gRPC and OAuth on one port, real tokens.

    async with Emulator() as zitadel:
        async with AsyncClient(
            zitadel.url,
            JwtProfile.from_dict(zitadel.key_file),
            options=ConnectionOptions(root_certificates=zitadel.root_certificates),
        ) as client:
            await client.management.GetMyOrg(GetMyOrgRequest())

It answers as a real server was seen to answer. What it does not implement answers UNIMPLEMENTED:
it never pretends. State and keys are in memory only, made anew at each start; it listens on loopback only.
"""

try:
    import h2
    import h11
    import trustme
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"zitadel_grpc.testing needs {error.name}: pip install 'zitadel-grpc[testing]'", name=error.name
    ) from None

from zitadel_grpc.testing.emulator import Emulator
from zitadel_grpc.testing.faults import Faults
from zitadel_grpc.testing.zitadel import RecordedCall

del h2, h11, trustme

__all__ = ["Emulator", "Faults", "RecordedCall"]
