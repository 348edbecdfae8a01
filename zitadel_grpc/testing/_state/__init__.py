"""What the emulated ZITADEL knows: plain dataclasses in one store, apart from the services that use it."""
