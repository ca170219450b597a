"""Programs that a person runs beside the tests: tables, checksums, jobs that are killed."""
