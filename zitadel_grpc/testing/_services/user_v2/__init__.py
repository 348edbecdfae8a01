"""`zitadel.user.v2.UserService`."""

SERVICE = "zitadel.user.v2.UserService"
