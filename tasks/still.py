"""One still picture as a Prefect task."""

from pathlib import Path

from prefect import task

from stylecore import pipeline
from stylecore.settings import ImageSettings
from tasks.policies import HOUR, TASK_OPTIONS


@task(task_run_name="stylize {source.name}", timeout_seconds=6 * HOUR, **TASK_OPTIONS)
def stylize_still(
    source: Path, style: Path, output: Path, settings: ImageSettings, *, overwrite: bool
) -> Path:
    """Repaints a still; returns the output."""
    return pipeline.stylize_image(source, style, output, settings, overwrite=overwrite)
