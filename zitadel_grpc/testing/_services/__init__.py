"""Implementations of ZITADEL's services: a package per proto package, a module per area."""
