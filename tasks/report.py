"""What is left on the run's page when it is done."""

from collections import Counter
from pathlib import Path
from typing import get_args

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from stylecore.pipeline.inbox import Arrival, Outcome, Status
from stylecore.pipeline.progress import report_beside
from stylecore.report import try_report
from stylecore.report.folder import try_index
from stylecore.store import Published, Request, Workspace
from tasks.policies import TASK_OPTIONS


def result_line(published: Published) -> str:
    """``holiday-wave.mp4: 82 frames; verified: timestamps equal, ...``."""
    verified = f"; verified: {', '.join(published.verified)}" if published.verified else ""
    return f"{published.output.name}: {published.frames} frames{verified}"


def result_text(published: Published) -> str:
    """What a person should know about a result, in Markdown, with a link to its report."""
    lines = [f"`{published.output}`", "", *(f"- {text}" for text in published.verified)]
    lines += [f"- note: {note}" for note in published.notes]
    if (report := report_beside(published.output)) is not None:
        lines += ["", f"Report: [{report.name}]({report.absolute().as_uri()}), `{report}`"]
    return "\n".join(lines)


def summary_line(outcomes: list[Outcome]) -> str:
    """``4 done, 1 failed (broken.mp4)``."""
    counts = Counter(outcome.status for outcome in outcomes)
    failed = ", ".join(outcome.name for outcome in outcomes if outcome.status == "failed")
    parts = [f"{counts[status]} {status}" for status in get_args(Status) if counts[status]]
    return (", ".join(parts) + (f" ({failed})" if failed else "")) or "nothing has arrived"


@task(task_run_name="report", **TASK_OPTIONS)
def report_video(workspace: Path, request: Request, published: Published) -> None:
    """Logs the result and what a person should know about it, and writes the page about the job."""
    logger = get_run_logger()
    if request.report:
        page, why_not = try_report(Workspace(workspace), request, published)
        if page is None:
            logger.warning(why_not)
    logger.info(result_line(published))
    for note in published.notes:
        logger.warning(note)
    create_markdown_artifact(result_text(published), description=result_line(published))


@task(task_run_name="report", **TASK_OPTIONS)
def report_folder(outcomes: list[Outcome]) -> None:
    """Logs every failure and leaves a table, one row a file."""
    logger = get_run_logger()
    for outcome in outcomes:
        if outcome.status == "failed":
            logger.error("%s: %s", outcome.name, outcome.sentence)
    rows = [
        {
            "file": outcome.name,
            "outcome": outcome.status,
            "sentence": outcome.sentence,
            "frames": outcome.frames,
            "seconds": None if outcome.seconds is None else round(outcome.seconds, 1),
        }
        for outcome in outcomes
    ]
    create_table_artifact(rows, key="stylize-folder", description=summary_line(outcomes))


@task(task_run_name="index", **TASK_OPTIONS)
def write_pages(outbox: Path, found: list[Arrival], outcomes: list[Outcome]) -> None:
    """Writes the index of the reports of a folder's results."""
    page, why_not = try_index(outbox, found, outcomes)
    if page is None:
        get_run_logger().warning(why_not)
