"""Collects what the client imports by name: stubs and lazily loaded modules."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

# The emulator has its own hook; the others need packages that clients do not need.
_NOT_THE_CLIENT = (
    "zitadel_grpc.testing",
    "zitadel_grpc.cli",
    "zitadel_grpc.bulk.dask",
    "zitadel_grpc._pyinstaller",
)

hiddenimports = [
    *collect_submodules("zitadel_grpc", filter=lambda name: not name.startswith(_NOT_THE_CLIENT)),
    "google.rpc.error_details_pb2",
]
datas = collect_data_files("zitadel_grpc", excludes=["testing/**"])
