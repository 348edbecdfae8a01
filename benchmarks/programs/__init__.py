"""What `cold_start` starts: one job, first answer of GetMyOrg, as written with this package and by hand."""
