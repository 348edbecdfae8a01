"""`zitadel.management.v1.ManagementService`."""

SERVICE = "zitadel.management.v1.ManagementService"
