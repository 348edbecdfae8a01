"""`zitadel.org.v2.OrganizationService`."""
