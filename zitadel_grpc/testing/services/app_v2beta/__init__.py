"""`zitadel.app.v2beta.AppService`."""
