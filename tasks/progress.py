"""How far a run is, told to whoever listens: bars in the same process, an artifact in Prefect.

It is told between two frames, which is also the one good moment to stop a chunk whose run has ended
or whose time is up: what was finished is stored, and a thread cannot be stopped from outside.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from stylecore.pipeline import OnProgress, Progress
from stylecore.store import Workspace

ARTIFACT_SECONDS = 5.0
"""Shortest time between two updates of the artifact; each costs the server a write."""

logger = logging.getLogger("stylecore.progress")

# Prefect's threads inherit context variables; other processes see the defaults.
_listener: ContextVar[OnProgress | None] = ContextVar("listener", default=None)
_ending: ContextVar[threading.Event | None] = ContextVar("ending", default=None)


class RunEnded(BaseException):
    """The run that a chunk belongs to is over: no failure, and nothing to try again."""


@contextmanager
def listening(callback: OnProgress) -> Iterator[None]:
    """Tells ``callback`` about every frame of the flows run in this context, from their threads."""
    token = _listener.set(callback)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def ending_with_the_run() -> Iterator[None]:
    """Chunks submitted in this context stop after their frame when the context is left."""
    ending = threading.Event()
    token = _ending.set(ending)
    try:
        yield
    finally:
        ending.set()
        _ending.reset(token)


def begin_progress(workspace: Workspace) -> UUID:
    """Makes the run's progress artifact and shows what earlier runs have done."""
    job = workspace.job
    artifact = create_progress_artifact(
        progress=_percent(workspace),
        description=f"{job.source.path.name}: {job.frame_count} frames, {len(job.shots)} shots",
    )
    return UUID(str(artifact))


def show_progress(artifact: UUID, percent: float) -> None:
    """Updates the artifact; a server that does not answer is no reason to stop painting."""
    try:
        update_progress_artifact(artifact, progress=percent)
    except Exception as error:
        logger.warning("the progress could not be shown: %s", error)


class ChunkMonitor:
    """Is called after every frame of a task.

    Raises:
        RunEnded: the run is over.
        TimeoutError: the task has had its time.
    """

    def __init__(
        self, workspace: Workspace, *, time_limit: float, artifact: UUID | None = None
    ) -> None:
        self._workspace = workspace
        self._artifact = artifact
        self._time_limit = time_limit
        self._begun = self._shown = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if (listener := _listener.get()) is not None:
            listener(progress)
        if (ending := _ending.get()) is not None and ending.is_set():
            raise RunEnded("stopped with its run; all finished frames are kept")
        now = time.monotonic()
        if now - self._begun > self._time_limit:
            raise TimeoutError(f"not done after {self._time_limit / 3600:g} hours")
        if self._artifact is not None and now - self._shown > ARTIFACT_SECONDS:
            self._shown = now
            show_progress(self._artifact, _percent(self._workspace))


def _percent(workspace: Workspace) -> float:
    return 100 * min(1.0, workspace.count_finished() / workspace.job.work_count)
