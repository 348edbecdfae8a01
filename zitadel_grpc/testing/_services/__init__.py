"""What is implemented of ZITADEL's services: a package for each proto package, a module for each area."""
