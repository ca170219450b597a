"""How far a run is, told to whoever listens: bars in the same process, an artifact in Prefect.

It is told between two frames, which is also the one good moment to stop a chunk whose run has ended
or whose time is up: what was finished is stored, and a thread cannot be stopped from outside.
"""

import base64
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from prefect.artifacts import (
    create_image_artifact,
    create_progress_artifact,
    update_progress_artifact,
)

from stylecore.pipeline import OnProgress, Progress
from stylecore.pipeline.thumbnail import thumbnail
from stylecore.store import Workspace

ARTIFACT_SECONDS = 5.0
"""Shortest time between two updates of the artifact; each costs the server a write."""
THUMBNAIL_SECONDS = 180.0
"""Time between two pictures of the newest frame; each costs the server about 20 kB."""

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


def show_thumbnail(workspace: Workspace, progress: Progress) -> None:
    """Makes an artifact of the newest frame; as ``show_progress`` where the server is silent."""
    if progress.frame is None:
        return
    try:
        picture = base64.b64encode(
            thumbnail(workspace, progress.frame, progress.pass_number)
        ).decode()
        create_image_artifact(
            image_url=f"data:image/jpeg;base64,{picture}",
            description=f"frame {progress.frame}, {progress.done} of {progress.total} of shot "
            f"{progress.shot + 1}",
        )
    except Exception as error:
        logger.warning("the newest frame could not be shown: %s", error)


class _Intervals:
    """When something was last told of a run, by whatever chunk of it in this process."""

    def __init__(self) -> None:
        self._last: dict[tuple[UUID, str], float] = {}
        self._lock = threading.Lock()

    def is_due(self, artifact: UUID, what: str, seconds: float) -> bool:
        """Whether so long has passed; then it begins anew."""
        now, key = time.monotonic(), (artifact, what)
        with self._lock:
            if now - self._last.setdefault(key, now) < seconds:
                return False
            self._last[key] = now
            return True


_intervals = _Intervals()


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
        self._begun = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if (listener := _listener.get()) is not None:
            listener(progress)
        if (ending := _ending.get()) is not None and ending.is_set():
            raise RunEnded("stopped with its run; all finished frames are kept")
        if time.monotonic() - self._begun > self._time_limit:
            raise TimeoutError(f"not done after {self._time_limit / 3600:g} hours")
        if self._artifact is None:
            return
        if _intervals.is_due(self._artifact, "progress", ARTIFACT_SECONDS):
            show_progress(self._artifact, _percent(self._workspace))
        if _intervals.is_due(self._artifact, "thumbnail", THUMBNAIL_SECONDS):
            show_thumbnail(self._workspace, progress)


def _percent(workspace: Workspace) -> float:
    return 100 * min(1.0, workspace.count_finished() / workspace.job.work_count)
