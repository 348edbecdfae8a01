"""An in-process ZITADEL for tests, demos and CI: gRPC and OAuth on one TLS port, with real tokens.

    async with Emulator() as zitadel:
        async with AsyncClient(
            zitadel.url,
            JwtProfile.from_dict(zitadel.key_file),
            options=ConnectionOptions(root_certificates=zitadel.root_certificates),
        ) as client:
            await client.management.GetMyOrg(GetMyOrgRequest())

It responds as a real server does. RPCs that it does not implement return UNIMPLEMENTED. State and keys are in
memory and new at each start. It listens on the loopback interface only.

`zitadel_grpc.testing.pytest_plugin` has fixtures for pytest. pytest imports it, and with it this package, in
every run, so the names here are loaded on first use.
"""

from typing import TYPE_CHECKING

from zitadel_grpc._lazy import lazy_exports

if TYPE_CHECKING:
    from zitadel_grpc.testing._emulator import Emulator as Emulator
    from zitadel_grpc.testing._faults import Faults as Faults
    from zitadel_grpc.testing._faults import TokenEndpointFaults as TokenEndpointFaults
    from zitadel_grpc.testing._seed_types import ApiApplication as ApiApplication
    from zitadel_grpc.testing._seed_types import SeedError as SeedError
    from zitadel_grpc.testing._seed_types import SeedResult as SeedResult
    from zitadel_grpc.testing._seed_types import ServiceUser as ServiceUser
    from zitadel_grpc.testing._state.snapshots import Snapshot as Snapshot
    from zitadel_grpc.testing._zitadel import RecordedCall as RecordedCall

_EXTRA = ("h2", "h11", "trustme")

_load, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "_emulator": ["Emulator"],
        "_faults": ["Faults", "TokenEndpointFaults"],
        "_seed_types": ["ApiApplication", "SeedError", "SeedResult", "ServiceUser"],
        "_state.snapshots": ["Snapshot"],
        "_zitadel": ["RecordedCall"],
    },
)


def __getattr__(name: str) -> object:
    try:
        return _load(name)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise ModuleNotFoundError(
            f"zitadel_grpc.testing requires {error.name}: pip install 'zitadel-grpc[testing]'",
            name=error.name,
        ) from None
