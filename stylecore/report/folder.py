"""The page that leads to the reports of a folder's results."""

from collections.abc import Sequence
from pathlib import Path

from stylecore.errors import OutputError
from stylecore.pipeline.inbox import Arrival, Outcome
from stylecore.report.job import report_of
from stylecore.report.page import is_free_for, write_page

INDEX = "index.html"


def write_index(folder: Path, found: Sequence[Arrival], outcomes: Sequence[Outcome]) -> Path:
    """Writes ``index.html``, with a line for every file; an earlier one is replaced, nothing else.

    Args:
        folder: of the results.
        found: the files.
        outcomes: what became of them.

    Raises:
        OutputError: it cannot be written, or something else has its name.
    """
    path = folder / INDEX
    if not is_free_for(path, INDEX):
        raise OutputError(f"{path} is there and is no index of reports: move it away.")
    reports = {arrival.source.name: _report_name(arrival) for arrival in found}
    rows = [
        (outcome, reports.get(outcome.name))
        for outcome in sorted(outcomes, key=lambda outcome: outcome.name)
    ]
    write_page(path, "index.html", subject=INDEX, folder=folder.absolute().name, rows=rows)
    return path


def try_index(
    folder: Path, found: Sequence[Arrival], outcomes: Sequence[Outcome]
) -> tuple[Path | None, str]:
    """The index's path, or a sentence why there is none: its failure is not one of the files."""
    try:
        return write_index(folder, found, outcomes), ""
    except Exception as error:
        return None, f"No index of the reports was written: {error}"


def _report_name(arrival: Arrival) -> str | None:
    """Of the page beside a file's result, if there is one."""
    pages = (report_of(output) for output in arrival.results if output.exists())
    return next((page.name for page in pages if page is not None), None)
