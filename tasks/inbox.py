"""Looking into the inbox as a Prefect task."""

from pathlib import Path

from prefect import task

from stylecore.config import OutputSettings
from stylecore.inbox import Arrival, arrivals
from stylecore.media import read_picture
from tasks.conduct import CONDUCT


@task(task_run_name="look into {inbox.name}", **CONDUCT)
def look(inbox: Path, outbox: Path, style: Path, output: OutputSettings) -> list[Arrival]:
    """Finds what has arrived; a style that is no picture is said once, not for every file."""
    read_picture(style)
    return arrivals(inbox, outbox, style, output)
