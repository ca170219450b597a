"""The steps of one video as Prefect tasks; only paths and small models cross their borders."""

from pathlib import Path
from uuid import UUID

from prefect import get_run_logger, task

from stylecore import pipeline
from stylecore.config import VideoSettings
from stylecore.store import Chunk, Published, Workspace
from tasks.conduct import CHUNK_CONDUCT, CONDUCT, HOUR
from tasks.progress import Watch

CHUNK_TIME = 12 * HOUR
"""Far above the minutes a chunk is meant to take; what is done by then is kept and gone on from."""


@task(task_run_name="plan {source.name}", timeout_seconds=3 * HOUR, **CONDUCT)
def plan(
    source: Path,
    style: Path,
    output: Path,
    settings: VideoSettings,
    *,
    root: Path | None,
    overwrite: bool,
    keep: bool,
) -> Path:
    """Checks and plans the job, or finds it; returns its workspace."""
    workspace = pipeline.open_job(
        source, style, output, settings, root=root, overwrite=overwrite, keep=keep
    )
    job, done = workspace.job, workspace.count_finished()
    logger = get_run_logger()
    logger.info("%d frames, %d shots: %s", job.frame_count, len(job.shots), workspace.folder)
    if done:
        logger.info("resumed: %d of %d frames were already done", done, job.work_count)
    return workspace.folder


@task(task_run_name="frames {chunk.start}:{chunk.stop}, pass {chunk.sweep}", **CHUNK_CONDUCT)
def stylize(workspace: Path, chunk: Chunk, artifact: UUID) -> int:
    """Makes the chunk's missing frames; returns how many were made."""
    watch = Watch(workspace=workspace, artifact=artifact, time_limit=CHUNK_TIME)
    return pipeline.stylize_chunk(Workspace(workspace), chunk, on_progress=watch)


@task(task_run_name="assemble", timeout_seconds=12 * HOUR, **CONDUCT)
def assemble(workspace: Path) -> Published:
    """Encodes, verifies and publishes."""
    watch = Watch(workspace=workspace, time_limit=12 * HOUR)
    return pipeline.assemble(Workspace(workspace), on_progress=watch)
