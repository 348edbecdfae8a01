"""`zitadel.admin.v1.AdminService`."""

SERVICE = "zitadel.admin.v1.AdminService"
