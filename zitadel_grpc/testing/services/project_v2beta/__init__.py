"""`zitadel.project.v2beta.ProjectService`."""
