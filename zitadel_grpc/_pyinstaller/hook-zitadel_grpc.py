"""What the client imports by name: the stubs, and the modules behind its lazily loaded names."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

# The emulator has a hook of its own; the others need packages that a client does not.
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
