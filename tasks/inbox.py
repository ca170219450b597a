"""Looking into the inbox as a Prefect task."""

from pathlib import Path

from prefect import task

from stylecore.pipeline import folder
from stylecore.pipeline.inbox import Arrival
from stylecore.settings import VideoSettings
from tasks.policies import TASK_OPTIONS


@task(task_run_name="look into {inbox.name}", **TASK_OPTIONS)
def scan_inbox(inbox: Path, outbox: Path, style: Path, settings: VideoSettings) -> list[Arrival]:
    """Finds what has arrived."""
    return folder.scan_inbox(inbox, outbox, style, settings)
