"""Converts rows of the store to ZITADEL's messages."""
