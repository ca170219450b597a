"""The frames of one chunk."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from stylecore.engines import FrameRecord
from stylecore.media import read_frames, split_to_disk
from stylecore.pipeline.checks import require_unchanged, unchanged
from stylecore.pipeline.engine_pool import borrowed_engine
from stylecore.pipeline.progress import OnProgress, Progress
from stylecore.sequence import ReadFrames
from stylecore.sequence.masks import MaskedFrames, open_masks
from stylecore.sequence.shot import stylize_missing
from stylecore.sequence.style_plan import StylePlan
from stylecore.store import Chunk, Job, Request, Workspace


def stylize_chunk(
    workspace: Workspace,
    chunk: Chunk,
    request: Request,
    *,
    only: Collection[int] | None = None,
    on_progress: OnProgress | None = None,
) -> int:
    """Makes the frames of one chunk that are missing; returns how many were made.

    The chunks of a shot must be done in the job's order; different shots do not touch each other.
    A shot is worked on by one process at a time: others wait, and then find the frames done.

    Args:
        workspace, request: of ``open_job``.
        chunk: of the job.
        only: numbers of the frames to make; all that they take something from must be stored. All
            of the chunk when None.
        on_progress: called with what is done of the shot, before the first frame and after each;
            what it raises ends the work between two frames.

    Raises:
        MediaError: the source, a style or a mask cannot be read, or holds something else than when
            the job was planned.
        WeightsError: the engine's weights are missing or do not fit.
        StoreError: the shot cannot be locked, or a stored frame that this one needs is damaged; it
            has been set aside, and another attempt makes it again.
        OutputError: no space is left, or the workspace cannot be written.
    """
    job = workspace.job
    tell = on_progress or (lambda progress: None)
    with workspace.lock(f"shot-{chunk.shot}"):
        if workspace.published(request) is not None:
            return 0
        workspace.remove_leftovers(chunk.shot_start, chunk.shot_stop)
        finished = workspace.finished(chunk.start, chunk.stop, pass_number=chunk.pass_number)
        missing = [
            number
            for number in range(chunk.start, chunk.stop)
            if number not in finished and (only is None or number in only)
        ]
        tell(_progress(job, chunk, len(finished)))
        if not missing:
            return 0
        made = _made(workspace, chunk, missing, request, store=workspace)
        for done, (frame, record) in enumerate(made, start=len(finished) + 1):
            tell(_progress(job, chunk, done, frame, record.losses))
    return len(missing)


def _progress(
    job: Job,
    chunk: Chunk,
    chunk_done: int,
    frame: int | None = None,
    losses: Mapping[str, float] | None = None,
) -> Progress:
    """How far the shot of a chunk is, of which ``chunk_done`` frames are done."""
    length = chunk.shot_stop - chunk.shot_start
    ahead = chunk.start - chunk.shot_start
    if chunk.is_backward:
        ahead = chunk.shot_stop - chunk.stop
    done = (chunk.pass_number - 1) * length + ahead + chunk_done
    total = length * job.settings.passes
    return Progress("stylize", done, total, chunk.shot, frame, losses or {}, chunk.pass_number)


def stylize_alone(workspace: Workspace, number: int, request: Request, pass_number: int) -> bool:
    """Makes a frame in one pass as if it were a shot of its own; returns whether it was missing.

    It is stored in ``workspace.samples()``, apart from the job's own frames, with which it is not
    to be mixed up. The passes before must be done.
    """
    store = workspace.samples()
    shot = next(place for place, (start, stop) in enumerate(workspace.job.shots)
                if start <= number < stop)  # fmt: skip
    chunk = Chunk(number=0, shot=shot, shot_start=number, shot_stop=number + 1,
                  start=number, stop=number + 1, pass_number=pass_number)  # fmt: skip
    with store.lock(f"shot-{shot}"):
        is_missing = not store.finished(number, number + 1, pass_number=pass_number)
        if is_missing:
            deque(_made(workspace, chunk, [number], request, store=store), maxlen=0)
    return is_missing


def _made(
    workspace: Workspace, chunk: Chunk, missing: list[int], request: Request, *, store: Workspace
) -> Iterator[tuple[int, FrameRecord]]:
    """Makes frames of a chunk, reads what they take from others and stores them in ``store``."""
    job = workspace.job
    require_unchanged(request, job)
    read = _source_reader(workspace, chunk, request)
    plan = _style_plan(job, request)
    with borrowed_engine(job, chunk.shot, request) as engine:
        yield from stylize_missing(store, chunk, missing, engine, read=read, style_at=plan.at)


def _style_plan(job: Job, request: Request) -> StylePlan:
    frames = MaskedFrames(
        size=(job.width, job.height),
        stop=job.stop,
        max_megapixels=job.settings.max_megapixels,
        source=job.index,
    )
    masks = open_masks(unchanged(request.masks, job.masks), frames, job.mask_indexes)
    return StylePlan(job.settings.mixing, masks)


def _source_reader(workspace: Workspace, chunk: Chunk, request: Request) -> ReadFrames:
    """Reads source frames at the job's size, on demand or from files that ffmpeg split before."""
    job = workspace.job
    if job.settings.split == "demand" or job.index.reader != "container":
        return partial(_decoded_frames, job, request.source)
    reach = max((1, *job.settings.far_references))
    first = max(chunk.start - (0 if chunk.is_backward else reach), chunk.shot_start)
    stop = min(chunk.stop + (reach if chunk.is_backward else 0), chunk.shot_stop)
    anchor = chunk.shot_stop - 1 if chunk.is_backward else chunk.shot_start
    for start, end in ((first, stop), (anchor, anchor + 1)):
        if workspace.missing_source_frames(start, end):
            part = job.excerpt(request.source).part(start, end)
            split_to_disk(part, workspace.source_folder, size=(job.width, job.height))
            require_unchanged(request, job)
    return workspace.read_source_frames


def _decoded_frames(job: Job, source: Path, start: int, stop: int) -> Iterator[np.ndarray]:
    """Source frames at the job's size, decoded anew."""
    return read_frames(job.excerpt(source).part(start, stop), size=(job.width, job.height))
