"""The implemented services, and how implementations are found."""

from __future__ import annotations

import pkgutil

import pytest

from zitadel_grpc import catalog
from zitadel_grpc.testing import _services as packages
from zitadel_grpc.testing._rpc import services

PACKAGES = {rpc.full_name.rpartition(".")[0] for rpc in catalog.rpcs()}
BY_MODULE = {package.removeprefix("zitadel.").replace(".", "_"): package for package in PACKAGES}
IMPLEMENTED = [found.name for found in pkgutil.iter_modules(packages.__path__) if found.name in BY_MODULE]


def test_there_are_services() -> None:
    assert {"management_v1", "user_v2", "project_v2beta"} <= {*IMPLEMENTED}


@pytest.mark.parametrize("module", IMPLEMENTED)
def test_each_implementation_has_the_name_of_an_rpc(module: str) -> None:
    """An implementation with another name would never be called."""
    package = BY_MODULE[module]
    names = {rpc.full_name.rpartition("/")[2] for rpc in catalog.rpcs() if _is_of(rpc, package)}
    implemented = services.implementations(package)
    assert implemented
    assert not implemented.keys() - names


def _is_of(rpc: catalog.Rpc, package: str) -> bool:
    return rpc.full_name.rpartition(".")[0] == package


def test_another_service_of_the_same_package_has_no_implementations() -> None:
    assert services.find("zitadel.management.v1.ManagementService", "GetMyOrg") is not None
    assert services.find("zitadel.management.v1.OtherService", "GetMyOrg") is None
