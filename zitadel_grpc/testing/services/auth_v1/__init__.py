"""`zitadel.auth.v1.AuthService`."""
