"""`zitadel.admin.v1.AdminService`."""
