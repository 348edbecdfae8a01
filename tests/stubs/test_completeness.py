"""The stubs contain everything that the pin defines, and every package can be imported."""

import importlib
import pkgutil
from types import ModuleType

import pytest
from google.protobuf.descriptor import ServiceDescriptor

import zitadel_grpc.api
from zitadel_grpc import catalog
from zitadel_grpc.api import PROTO_SOURCE
from zitadel_grpc.api._services import SERVICES

RPCS = {
    "zitadel.action.v2beta.ActionService": 10,
    "zitadel.admin.v1.AdminService": 204,
    "zitadel.analytics.v2beta.TelemetryService": 2,
    "zitadel.app.v2beta.AppService": 12,
    "zitadel.auth.v1.AuthService": 53,
    "zitadel.authorization.v2beta.AuthorizationService": 6,
    "zitadel.feature.v2.FeatureService": 12,
    "zitadel.feature.v2beta.FeatureService": 12,
    "zitadel.idp.v2.IdentityProviderService": 1,
    "zitadel.instance.v2beta.InstanceService": 10,
    "zitadel.internal_permission.v2beta.InternalPermissionService": 4,
    "zitadel.management.v1.ManagementService": 296,
    "zitadel.oidc.v2.OIDCService": 4,
    "zitadel.oidc.v2beta.OIDCService": 2,
    "zitadel.org.v2.OrganizationService": 2,
    "zitadel.org.v2beta.OrganizationService": 14,
    "zitadel.project.v2beta.ProjectService": 17,
    "zitadel.resources.debug_events.v3alpha.ZITADELDebugEvents": 3,
    "zitadel.resources.user.v3alpha.ZITADELUsers": 36,
    "zitadel.resources.userschema.v3alpha.ZITADELUserSchemas": 7,
    "zitadel.saml.v2.SAMLService": 2,
    "zitadel.session.v2.SessionService": 5,
    "zitadel.session.v2beta.SessionService": 5,
    "zitadel.settings.v2.SettingsService": 13,
    "zitadel.settings.v2beta.SettingsService": 11,
    "zitadel.system.v1.SystemService": 24,
    "zitadel.user.v2.UserService": 58,
    "zitadel.user.v2beta.UserService": 34,
    "zitadel.webkey.v2.WebKeyService": 4,
    "zitadel.webkey.v2beta.WebKeyService": 4,
}
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(zitadel_grpc.api.__path__, f"{zitadel_grpc.api.__name__}.")
)
PACKAGES = [name for name in MODULES if hasattr(importlib.import_module(name), "__all__")]


def services() -> dict[str, ServiceDescriptor]:
    """The services that the generated modules define."""
    files = [importlib.import_module(name).DESCRIPTOR for name in MODULES if name.endswith("_pb2")]
    return {service.full_name: service for file in files for service in file.services_by_name.values()}


@pytest.mark.pin
def test_the_pin_is_the_source() -> None:
    assert PROTO_SOURCE.name == "@zitadel/proto"
    assert PROTO_SOURCE.version == "1.3.1"
    assert PROTO_SOURCE.integrity.startswith("sha512-")
    assert (PROTO_SOURCE.services, PROTO_SOURCE.rpcs) == (30, 867)


@pytest.mark.pin
def test_every_service_has_all_its_rpcs() -> None:
    assert {name: len(service.methods) for name, service in services().items()} == RPCS
    assert sum(RPCS.values()) == PROTO_SOURCE.rpcs


@pytest.mark.pin
def test_every_service_is_an_attribute_of_the_clients() -> None:
    stubs = {
        package.replace("zitadel_grpc.api", "zitadel") + f".{stub}" for package, stub in SERVICES.values()
    }
    assert stubs == {f"{name}Stub" for name in RPCS}
    assert {"management", "admin", "auth", "system", "user_v2", "org_v2", "project_v2beta"} <= SERVICES.keys()


def test_the_catalog_contains_the_same_rpcs() -> None:
    defined = {f"{name}/{method.name}" for name, service in services().items() for method in service.methods}
    assert {rpc.full_name for rpc in catalog.rpcs()} == defined


@pytest.mark.pin
def test_every_file_of_zitadel_has_a_module() -> None:
    # The pin's 148 files less those that only declare options, and those that protobuf brings itself.
    assert len([name for name in MODULES if name.endswith("_pb2")]) == 135
    assert len(PACKAGES) == 59


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_that_a_package_lists_can_be_imported(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__all__
    assert all(getattr(package, exported) is not None for exported in package.__all__)
    assert set(package.__all__) <= set(dir(package))
    assert set(package.__all__) == top_level_names(package)


def top_level_names(package: ModuleType) -> set[str]:
    """The names that the modules of a package define, read from their descriptors."""
    names: set[str] = set()
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.endswith("_pb2"):
            file = importlib.import_module(module.name).DESCRIPTOR
            names |= {*file.message_types_by_name, *file.enum_types_by_name}
            names |= {value for enum in file.enum_types_by_name.values() for value in enum.values_by_name}
            for service in file.services_by_name:
                names |= {f"{service}Stub", f"{service}Servicer", f"add_{service}Servicer_to_server"}
    return names
