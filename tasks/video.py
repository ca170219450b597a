"""The steps of one video as Prefect tasks; only paths and small models cross their borders."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from uuid import UUID

from prefect import get_run_logger, task
from prefect.futures import PrefectFuture, as_completed

from stylecore import pipeline
from stylecore.store import Chunk, Published, Request, Workspace
from tasks.policies import CHUNK_TASK_OPTIONS, HOUR, TASK_OPTIONS
from tasks.progress import ChunkMonitor

CHUNK_TIME = 12 * HOUR
"""Far above the minutes a chunk is meant to take; what is done by then is kept and gone on from."""

_opened: ContextVar[tuple[Workspace, Request] | None] = ContextVar("opened", default=None)


@contextmanager
def handing_on(workspace: Workspace, request: Request) -> Iterator[None]:
    """The flow run in this context takes a job as ``open_job`` gave it and opens it no more."""
    token = _opened.set((workspace, request))
    try:
        yield
    finally:
        _opened.reset(token)


@task(task_run_name="plan {request.source.name}", timeout_seconds=3 * HOUR, **TASK_OPTIONS)
def plan(request: Request) -> tuple[Path, Request]:
    """Checks and plans the job, or finds it; its workspace, and the request to fulfil."""
    workspace, request = _opened.get() or pipeline.open_job(request)
    job, done = workspace.job, workspace.count_finished()
    logger = get_run_logger()
    logger.info("%d frames, %d shots: %s", job.frame_count, len(job.shots), workspace.folder)
    if done:
        logger.info("resumed: %d of %d frames were already done", done, job.work_count)
    return workspace.folder, request


@task(
    task_run_name="frames {chunk.start}:{chunk.stop}, pass {chunk.pass_number}",
    **CHUNK_TASK_OPTIONS,
)
def stylize(workspace: Path, chunk: Chunk, request: Request, artifact: UUID) -> int:
    """Makes the chunk's missing frames; returns how many were made."""
    job_space = Workspace(workspace)
    monitor = ChunkMonitor(job_space, artifact=artifact, time_limit=CHUNK_TIME)
    return pipeline.stylize_chunk(job_space, chunk, request, on_progress=monitor)


def first_done(running: list[PrefectFuture[int]]) -> tuple[PrefectFuture[int], bool]:
    """The first of some chunks to be done, and whether it succeeded."""
    done = next(as_completed(running))
    done.wait()  # takes the final state from the run itself; the server hears of it later
    return done, done.state.is_completed()


@task(task_run_name="assemble", timeout_seconds=12 * HOUR, **TASK_OPTIONS)
def assemble(workspace: Path, request: Request) -> Published:
    """Encodes, verifies and publishes."""
    job_space = Workspace(workspace)
    monitor = ChunkMonitor(job_space, time_limit=12 * HOUR)
    return pipeline.assemble(job_space, request, on_progress=monitor)
