"""`zitadel.system.v1.SystemService`."""
