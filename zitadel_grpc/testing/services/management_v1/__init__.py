"""`zitadel.management.v1.ManagementService`."""
