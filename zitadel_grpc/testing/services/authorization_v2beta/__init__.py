"""`zitadel.authorization.v2beta.AuthorizationService`."""
