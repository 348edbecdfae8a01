"""`zitadel.project.v2beta.ProjectService`."""

SERVICE = "zitadel.project.v2beta.ProjectService"
