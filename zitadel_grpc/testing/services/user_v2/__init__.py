"""`zitadel.user.v2.UserService`."""
