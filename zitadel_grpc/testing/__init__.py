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

For pytest there are the fixtures of `zitadel_grpc.testing.pytest_plugin`. pytest imports them in every run,
and this package with them, so the names here are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc.testing._emulator import Emulator as Emulator
    from zitadel_grpc.testing._faults import Faults as Faults
    from zitadel_grpc.testing._seeding import ApiApplication as ApiApplication
    from zitadel_grpc.testing._seeding import SeedError as SeedError
    from zitadel_grpc.testing._seeding import SeedResult as SeedResult
    from zitadel_grpc.testing._seeding import ServiceUser as ServiceUser
    from zitadel_grpc.testing._state.snapshots import Snapshot as Snapshot
    from zitadel_grpc.testing._zitadel import RecordedCall as RecordedCall

_OF_THE_EXTRA = ("h2", "h11", "trustme")

_load, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "_emulator": ["Emulator"],
        "_faults": ["Faults"],
        "_seeding": ["ApiApplication", "SeedError", "SeedResult", "ServiceUser"],
        "_state.snapshots": ["Snapshot"],
        "_zitadel": ["RecordedCall"],
    },
)


def __getattr__(name: str) -> object:
    try:
        return _load(name)
    except ModuleNotFoundError as error:
        if error.name not in _OF_THE_EXTRA:
            raise
        raise ModuleNotFoundError(
            f"zitadel_grpc.testing needs {error.name}: pip install 'zitadel-grpc[testing]'", name=error.name
        ) from None
