"""`zitadel.authorization.v2beta.AuthorizationService`."""

SERVICE = "zitadel.authorization.v2beta.AuthorizationService"
