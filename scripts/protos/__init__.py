"""Builds zitadel_grpc/api from ZITADEL's protobuf descriptors: `python -m scripts.protos --help`."""
