"""The steps of a job, from files to a published result.

    open_job ─ stylize_chunk * ─ assemble

Each step takes and gives paths and small models, finds everything else in the workspace, and can be
repeated: what is done already is not done again. ``stylize_video`` runs them one after the other;
the Prefect flow runs the same steps as tasks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from stylecore.coherence import ReadFrames, stylize_missing
from stylecore.config import ImageSettings, VideoSettings
from stylecore.engines import Engine, FrameInput, create_engine, engine_digest
from stylecore.errors import MediaError, OutputExistsError, SettingsError
from stylecore.images import fitted_size, resize
from stylecore.media import (
    SourceIndex,
    check_output,
    check_picture_name,
    index_source,
    open_container,
    publish,
    read_frames,
    read_picture,
    split_to_disk,
    verify_video,
    write_picture,
    write_video,
)
from stylecore.shots import ANALYSIS_SIZE, detect_shots
from stylecore.store import (
    Chunk,
    Job,
    Published,
    Request,
    Workspace,
    default_root,
    file_fact,
    job_key,
)


@dataclass(frozen=True)
class Progress:
    """How far one shot is, or the encoding: ``done`` of ``total`` frames."""

    stage: Literal["stylize", "assemble"]
    done: int
    total: int
    shot: int = 0


OnProgress = Callable[[Progress], None]


def check_request(
    source: Path, style: Path, output: Path, settings: VideoSettings, *, overwrite: bool
) -> None:
    """Checks in a moment, before anything heavy is loaded, what can be checked so.

    Raises:
        InputError, OutputError: something given cannot be used.
    """
    with open_container(source):
        pass
    read_picture(style)
    if output.exists():
        if source.samefile(output):
            raise SettingsError("The output is the source itself; choose another name with -o.")
        if not overwrite:
            raise OutputExistsError(output)
    check_output(output, settings.output)


def open_job(
    source: Path,
    style: Path,
    output: Path,
    settings: VideoSettings,
    *,
    root: Path | None = None,
    overwrite: bool = False,
    keep: bool = False,
) -> Workspace:
    """Checks a request and plans it, or finds the plan that an earlier run left.

    Args:
        source: a video.
        style: a picture.
        output: where the result shall go; its suffix names the container.
        root: folder of all workspaces; ``default_root()`` when None.
        overwrite: replace an existing output.
        keep: keep the stored frames after the result was published.

    Raises:
        InputError: something given cannot be used.
        OutputError: the output exists, or its place or the workspace cannot hold the result.
    """
    source, style, output = source.absolute(), style.absolute(), output.absolute()
    check_request(source, style, output, settings, overwrite=overwrite)
    source_fact, style_fact = file_fact(source), file_fact(style)
    key = job_key(source_fact, style_fact, settings, engine_digest(settings))
    workspace = Workspace.locate(root or default_root(), source, key)
    if not workspace.exists():
        index = index_source(source, allow_damaged=settings.allow_damaged)
        width, height = fitted_size(index.width, index.height, settings.size)
        check_output(output, settings.output, index=index, size=(width, height))
        start, stop = settings.frame_range(index.frame_count)
        chunks = _plan_chunks(source, index, start, stop, chunk_frames=settings.chunk_frames)
        workspace.create(
            Job(key=key, source=source_fact, style=style_fact, settings=settings, index=index,
                width=width, height=height, start=start, stop=stop, chunks=tuple(chunks))
        )  # fmt: skip
    job = workspace.job
    workspace.ask(Request(output=output, overwrite=overwrite, keep=keep, settings=settings))
    workspace.check_space(job.frame_count - workspace.count_finished())
    return workspace


def stylize_chunk(
    workspace: Workspace, chunk: Chunk, *, on_progress: OnProgress | None = None
) -> int:
    """Makes the frames of one chunk that are missing; returns how many were made.

    The chunks of a shot must be done in order; different shots do not touch each other. A shot is
    worked on by one process at a time: others wait, and then find the frames done.
    """
    job = workspace.job
    shot_start, shot_stop = job.shots[chunk.shot]

    def report(chunk_done: int) -> None:
        if on_progress is not None:
            done = chunk.start - shot_start + chunk_done
            on_progress(Progress("stylize", done, shot_stop - shot_start, chunk.shot))

    with workspace.lock(f"shot-{chunk.shot}"):
        if workspace.published() is not None:
            return 0
        finished = workspace.finished(chunk.start, chunk.stop)
        missing = [number for number in range(chunk.start, chunk.stop) if number not in finished]
        report(len(finished))
        if not missing:
            return 0
        read = _source_reader(workspace, chunk)
        with _borrowed_engine(job) as engine:
            made = stylize_missing(workspace, chunk, missing, engine, read=read)
            for done, _ in enumerate(made, start=len(finished) + 1):
                report(done)
    return len(missing)


def assemble(
    workspace: Workspace,
    *,
    on_progress: OnProgress | None = None,
) -> Published:
    """Encodes the stored frames, verifies the file, and puts it in place.

    Works from the store and the source alone, so it can be repeated with another codec.

    Raises:
        StoreError: frames are missing.
        OutputError: the output exists, cannot be written, or does not pass verification; nothing
            is left in its place.
    """
    job, request = workspace.job, workspace.request
    output = request.output
    with workspace.lock("assembly"):
        published = workspace.published()
        if published is not None and published.output == output and published.is_in_place():
            return published
        if output.exists() and not request.overwrite:
            raise OutputExistsError(output)
        temporary = output.with_name(f".{output.stem}.{job.key[:8]}.part{output.suffix}")
        notes = write_video(
            _stored_frames(workspace, on_progress),
            temporary,
            source=job.source.path,
            index=job.index,
            start=job.start,
            stop=job.stop,
            output=request.settings.output,
        )
        try:
            facts = verify_video(
                temporary,
                source=job.source.path,
                index=job.index,
                start=job.start,
                stop=job.stop,
                size=(job.width, job.height),
                output=request.settings.output,
            )
            fact = file_fact(temporary)
            publish(temporary, output, overwrite=request.overwrite)
        finally:
            temporary.unlink(missing_ok=True)
        published = Published(
            output=output,
            size=fact.size,
            sha256=fact.sha256,
            frames=facts.frames,
            verified=facts.statements,
            notes=(*job.index.notes, *notes),
        )
        workspace.set_published(published)
        if not request.keep:
            workspace.free_frames()
    return published


def stylize_video(
    source: str | Path,
    style: str | Path,
    output: str | Path,
    settings: VideoSettings | None = None,
    *,
    workspace: str | Path | None = None,
    overwrite: bool = False,
    keep: bool = False,
    on_progress: OnProgress | None = None,
) -> Published:
    """Repaints a video in the style of a picture.

    If it is interrupted, the same call goes on where it stopped and gives the same bytes.

    Args:
        source: the video.
        style: the style picture.
        output: where the result shall go; its suffix names the container (.mp4, .mkv, ...).
        settings: every other choice.
        workspace: folder of all workspaces; the user's state folder when None.
        overwrite: replace an existing output.
        keep: keep the stored frames after the result was published.
        on_progress: called after every frame.

    Raises:
        StyleError: in one sentence; finished frames are kept and no output has been touched.
    """
    job_space = open_job(
        Path(source), Path(style), Path(output), settings or VideoSettings(),
        root=None if workspace is None else Path(workspace), overwrite=overwrite, keep=keep,
    )  # fmt: skip
    return finish_job(job_space, on_progress=on_progress)


def finish_job(workspace: Workspace, *, on_progress: OnProgress | None = None) -> Published:
    """Does everything of a planned job that is not done yet, and publishes it."""
    for chunk in workspace.job.chunks:
        stylize_chunk(workspace, chunk, on_progress=on_progress)
    return assemble(workspace, on_progress=on_progress)


def stylize_image(
    source: str | Path,
    style: str | Path,
    output: str | Path,
    settings: ImageSettings | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Repaints a still picture in the style of another; returns the output's path.

    Args:
        source, style: pictures.
        output: a picture's name; its suffix names the format.
        overwrite: replace an existing output.

    Raises:
        InputError: something given cannot be used.
        OutputError: the output exists or cannot be written.
    """
    source, style, output = Path(source), Path(style), Path(output)
    if output.exists() and not overwrite:
        raise OutputExistsError(output)
    check_picture_name(output)
    settings = settings or ImageSettings()
    content, style_image = read_picture(source), read_picture(style)
    height, width = content.shape[:2]
    content = resize(content, fitted_size(width, height, settings.size))
    engine = create_engine(settings)
    engine.prepare([style_image], shape=content.shape[:2])
    image, _ = engine.render(
        FrameInput(number=0, content=content, previous=None, warped=None, mask=None)
    )
    write_picture(output, image)
    return output


def _plan_chunks(
    source: Path, index: SourceIndex, start: int, stop: int, *, chunk_frames: int
) -> Iterator[Chunk]:
    """Cuts [start, stop) at its shots, and these into chunks of at most ``chunk_frames``."""
    size = fitted_size(index.width, index.height, ANALYSIS_SIZE)
    number = 0
    frames = read_frames(source, index, start, stop, size=size)
    for shot_number, shot in enumerate(detect_shots(_to_8_bit(frames))):
        first, last = start + shot.start, start + shot.stop
        for chunk_start in range(first, last, chunk_frames):
            yield Chunk(number=number, shot=shot_number, shot_start=first, start=chunk_start,
                        stop=min(chunk_start + chunk_frames, last))  # fmt: skip
            number += 1


def _source_reader(workspace: Workspace, chunk: Chunk) -> ReadFrames:
    """Reads source frames at the job's size, on demand or from files that ffmpeg split before."""
    job = workspace.job
    size = (job.width, job.height)
    if job.settings.split == "demand":
        return partial(read_frames, job.source.path, job.index, size=size)
    first = max(chunk.start - 1, chunk.shot_start)
    if workspace.missing_source_frames(first, chunk.stop):
        split_to_disk(job.source.path, job.index, workspace.source_folder, first, chunk.stop)
    return workspace.read_source_frames


_idle_engines: list[tuple[str, Engine]] = []
"""Prepared engines with their job keys; each takes seconds to prepare and serves one thread."""


@contextmanager
def _borrowed_engine(job: Job) -> Iterator[Engine]:
    """An engine that is prepared for the job and that nobody else uses meanwhile."""
    try:
        key, engine = _idle_engines.pop()
    except IndexError:
        key = ""
    if key != job.key:
        if file_fact(job.style.path).sha256 != job.style.sha256:
            raise MediaError(
                f"{job.style.path} has changed since the job was planned; run the command again "
                "to begin a job with the new picture."
            )
        engine = create_engine(job.settings)
        engine.prepare([read_picture(job.style.path)], shape=(job.height, job.width))
    try:
        yield engine
    finally:
        _idle_engines.append((job.key, engine))


def _to_8_bit(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    for frame in frames:
        yield frame if frame.dtype == np.uint8 else (frame >> 8).astype(np.uint8)


def _stored_frames(workspace: Workspace, on_progress: OnProgress | None) -> Iterator[np.ndarray]:
    job = workspace.job
    for number in range(job.start, job.stop):
        yield workspace.load_frame(number)
        if on_progress is not None:
            on_progress(Progress("assemble", number + 1 - job.start, job.frame_count))
