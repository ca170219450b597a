"""One still picture as a Prefect task."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from prefect import task

from stylecore import pipeline
from stylecore.engines import OnStep
from stylecore.settings import ImageSettings
from tasks.policies import HOUR, TASK_OPTIONS

# Prefect's threads inherit context variables; other processes see the default.
_on_step: ContextVar[OnStep | None] = ContextVar("on_step", default=None)


@contextmanager
def showing(on_step: OnStep | None) -> Iterator[None]:
    """Flows run in this context, in this process, show ``on_step`` a picture's way."""
    token = _on_step.set(on_step)
    try:
        yield
    finally:
        _on_step.reset(token)


@task(task_run_name="stylize {source.name}", timeout_seconds=6 * HOUR, **TASK_OPTIONS)
def stylize_still(
    source: Path, style: Path, output: Path, settings: ImageSettings, *, overwrite: bool
) -> Path:
    """Repaints a still; returns the output."""
    return pipeline.stylize_image(
        source, style, output, settings, overwrite=overwrite, on_step=_on_step.get()
    )
