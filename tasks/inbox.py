"""Looking into the inbox as a Prefect task."""

from pathlib import Path

from prefect import task

from stylecore.config import VideoSettings
from stylecore.inbox import Arrival, arrivals
from stylecore.media import read_picture
from tasks.conduct import CONDUCT


@task(task_run_name="look into {inbox.name}", **CONDUCT)
def look(inbox: Path, outbox: Path, style: Path, settings: VideoSettings) -> list[Arrival]:
    """Finds what has arrived; a style that is no picture is said once, not for every file."""
    mixing = settings.mixing
    for picture in (style, *mixing.more_styles):
        read_picture(picture)
    tools = (*mixing.more_styles, *mixing.style_masks)
    return arrivals(inbox, outbox, style, settings.output, tools=tools)
