"""What a person looks at when a job is done: one page beside its result."""

from stylecore.report.job import (
    Written,
    finished_request,
    report_of,
    try_report,
    write_report,
)

__all__ = [
    "Listed",
    "Written",
    "finished_request",
    "report_of",
    "try_report",
    "write_index",
    "write_report",
]
