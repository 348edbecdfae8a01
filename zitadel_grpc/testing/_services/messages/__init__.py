"""How what is in the store looks as messages of ZITADEL."""
