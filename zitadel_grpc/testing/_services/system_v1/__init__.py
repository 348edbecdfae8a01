"""`zitadel.system.v1.SystemService`."""

SERVICE = "zitadel.system.v1.SystemService"
