"""`zitadel.org.v2.OrganizationService`."""

SERVICE = "zitadel.org.v2.OrganizationService"
