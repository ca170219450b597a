"""Looking into the inbox as a Prefect task."""

from pathlib import Path

from prefect import task

from stylecore.pipeline import folder
from stylecore.pipeline.inbox import Arrival
from stylecore.settings import VideoSettings
from tasks.conduct import CONDUCT


@task(task_run_name="look into {inbox.name}", **CONDUCT)
def look(inbox: Path, outbox: Path, style: Path, settings: VideoSettings) -> list[Arrival]:
    """Finds what has arrived."""
    return folder.look(inbox, outbox, style, settings)
