"""Collects what the emulator imports by name: the implementations of RPCs."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

hiddenimports = collect_submodules(
    "zitadel_grpc.testing", filter=lambda name: name != "zitadel_grpc.testing.pytest_plugin"
)
datas = collect_data_files("zitadel_grpc.testing")
