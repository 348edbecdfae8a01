"""The programs of `cold_start`: GetMyOrg until the first response, with this package and hand-written."""
