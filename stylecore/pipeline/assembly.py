"""From stored frames to a verified result in its place."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from stylecore.arrays.images import pixel_checksum
from stylecore.media import (
    discard,
    hidden_beside,
    is_exact,
    not_written,
    path_on_disk,
    publish,
    read_frames,
    require_free,
    restore,
    verify_frames,
    wants_alpha,
    write_frames,
)
from stylecore.pipeline.checks import changed
from stylecore.pipeline.progress import OnProgress, Progress
from stylecore.runtime.cleanup import cleaned_up
from stylecore.runtime.prefetch import prefetch
from stylecore.store import Published, Request, Workspace, file_fact


def assemble(
    workspace: Workspace, request: Request, *, on_progress: OnProgress | None = None
) -> Published:
    """Encodes the stored frames, verifies the file, and puts it in place.

    Works from the store and the source alone, so it can be repeated with another codec.

    Args:
        workspace, request: of ``open_job`` or ``request_result``.
        on_progress: called after every frame that is encoded.

    Raises:
        StoreError: frames are missing or damaged, or the assembly cannot be locked.
        MediaError: the source cannot be read, or has changed since the job was planned.
        OutputError: the output exists, cannot be written, or does not pass verification; nothing
            is left in its place.
    """
    job, output = workspace.job, request.output

    def report(done: int) -> None:
        if on_progress is not None:
            on_progress(Progress("assemble", done, job.frame_count))

    temporary = hidden_beside(output, job.key[:8])
    with workspace.lock("assembly"), cleaned_up(partial(discard, temporary)):
        try:
            restore(output)
            published = workspace.published(request)
            if published is None or not (published.placed or published.is_unchanged()):
                require_free(output, overwrite=request.overwrite)
                published = _verified(workspace, request, temporary, report)
                # Written down before, so that the result is known even if this is the last moment.
                workspace.set_published(request, published)
                publish(temporary, output, overwrite=request.overwrite)
        finally:
            discard(temporary)
        workspace.set_published(request, published.model_copy(update={"placed": True}))
        if not request.keep:
            workspace.free_frames_unless_wanted()
    return published


def _verified(
    workspace: Workspace, request: Request, temporary: Path, report: Callable[[int], None]
) -> Published:
    """Encodes the stored frames into ``temporary`` and verifies them; what will be published."""
    job, encoding = workspace.job, request.settings.output
    excerpt = job.excerpt(request.source)
    frames, checksums = _result_frames(workspace, request), list[int]()
    if is_exact(request.output, encoding, job.index):
        frames = _noting_checksums(frames, checksums)
    notes = write_frames(prefetch(frames), temporary, excerpt, encoding, on_frame=report)
    _require_still_there(temporary)
    facts = verify_frames(
        temporary, excerpt, encoding, size=(job.width, job.height), checksums=checksums
    )
    if file_fact(request.source).sha256 != job.source.sha256:
        raise changed(request.source)
    fact = file_fact(temporary)
    return Published(
        output=request.output,
        encoding=encoding,
        size=fact.size,
        sha256=fact.sha256,
        frames=facts.frames,
        verified=facts.statements,
        notes=tuple(
            dict.fromkeys((*job.notes, *job.index.notes, *request.notes, *notes, *facts.notes))
        ),
        stored_bytes=workspace.stored_bytes(),
    )


def _require_still_there(temporary: Path) -> None:
    """Checks that nobody has removed the result's folder while it was written.

    Raises:
        OutputError: somebody has.
    """
    try:
        path_on_disk(temporary).lstat()
    except OSError as error:
        raise not_written(temporary, error) or error from error


def _result_frames(workspace: Workspace, request: Request) -> Iterator[np.ndarray]:
    """The stored frames, with the source's transparency where the result keeps it."""
    job = workspace.job
    size = (job.width, job.height)
    stored = (workspace.load_frame(number) for number in range(job.start, job.stop))
    if not wants_alpha(request.output, request.settings.output, job.index, size):
        yield from stored
        return
    sources = read_frames(job.excerpt(request.source), size=size, alpha=True)
    for frame, source in zip(stored, sources, strict=True):
        yield np.concatenate([frame, source[..., 3:]], axis=2)


def _noting_checksums(frames: Iterator[np.ndarray], checksums: list[int]) -> Iterator[np.ndarray]:
    for frame in frames:
        checksums.append(pixel_checksum(frame))
        yield frame
