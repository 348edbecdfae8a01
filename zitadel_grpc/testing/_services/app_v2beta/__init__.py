"""`zitadel.app.v2beta.AppService`."""

SERVICE = "zitadel.app.v2beta.AppService"
