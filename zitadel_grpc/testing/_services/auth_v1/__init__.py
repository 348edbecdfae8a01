"""`zitadel.auth.v1.AuthService`."""

SERVICE = "zitadel.auth.v1.AuthService"
