"""The steps of a job, from files to a published result.

    open_job ─ stylize_chunk * ─ assemble

Each step takes the request and the workspace of its job, finds everything else there, and can be
repeated: what is done already is not done again. ``stylize_video`` runs them one after the other;
the Prefect flow runs the same steps as tasks.
"""

import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from stylecore.arrays.colour import ColourStatistics, colour_statistics, colours_of_all
from stylecore.arrays.images import fitted_size, pixel_checksum, resize, to_float
from stylecore.arrays.shots import ANALYSIS_SIZE, Shot, detect_shots
from stylecore.engines import Engine, FrameInput, create_engine, engine_digest
from stylecore.engines.luminance import LuminanceEngine
from stylecore.engines.masked import MaskedEngine
from stylecore.errors import MediaError, OutputError, OutputExistsError, SettingsError
from stylecore.media import (
    PICTURE_SUFFIXES,
    Excerpt,
    check_output,
    check_picture_name,
    check_source,
    discard,
    estimated_bytes,
    find_ffmpeg,
    fitting_name,
    hidden_beside,
    index_source,
    is_exact,
    is_sequence,
    not_written,
    on_white,
    place_of,
    publish,
    read_frames,
    read_picture,
    read_pixels,
    rehearse,
    rehearsed_as,
    require_free,
    require_utf8,
    restore,
    split_to_disk,
    verify_frames,
    wants_alpha,
    wants_folder,
    write_frames,
    write_picture,
)
from stylecore.pipeline.attempts import can_heal_frames, in_attempts
from stylecore.pipeline.shot_order import in_shot_order
from stylecore.runtime.cleanup import cleaned_up
from stylecore.runtime.prefetch import ahead
from stylecore.sequence.masks import index_masks
from stylecore.sequence.shot import ReadFrames, stylize_missing
from stylecore.sequence.style_plan import StylePlan, grey_like, recoloured
from stylecore.settings import FrameSettings, ImageSettings, VideoSettings
from stylecore.settings.cuts import cut_frames
from stylecore.store import (
    Chunk,
    Colours,
    FileFact,
    Job,
    Published,
    Request,
    Workspace,
    default_root,
    file_fact,
    job_key,
    seen_fact,
    stamp_of,
)
from stylecore.store.versions import differences, made_with


@dataclass(frozen=True)
class Progress:
    """How far one shot is, or the encoding: ``done`` of ``total`` frames."""

    stage: Literal["stylize", "assemble"]
    done: int
    total: int
    shot: int = 0


OnProgress = Callable[[Progress], None]


def check_request(request: Request) -> None:
    """Checks in a moment, before anything heavy is loaded, what can be checked so.

    Raises:
        InputError, OutputError: something given cannot be used.
    """
    settings = request.settings
    check_source(request.source, max_megapixels=settings.max_megapixels)
    for picture in request.styles:
        read_picture(picture, max_megapixels=settings.max_megapixels)
    for mask in request.masks:
        require_utf8(mask)
    if settings.split == "disk":
        find_ffmpeg()
    check_output(request.output, settings.output)
    _require_apart(request.output, request.source, (*request.styles, *request.masks))


def _require_apart(output: Path, source: Path, tools: Sequence[Path]) -> None:
    """Checks that the result does not become a part of what it is made from, or replaces it.

    Raises:
        SettingsError: it would.
    """
    place, origin = _real(place_of(output)), _real(place_of(source))
    if place == origin:
        raise SettingsError("The output is the source itself; choose another name with -o.")
    if place in map(_real, tools):
        raise SettingsError("The output is a style or mask itself; choose another name with -o.")
    is_picture = output.suffix.lower() in PICTURE_SUFFIXES
    if is_sequence(source) and is_picture and place.parent == origin:
        raise SettingsError(
            f"{output.name} would be taken for a frame of the source; choose another folder."
        )
    for given in (source, *tools) if wants_folder(output) else ():
        if _real(given).is_relative_to(place):
            raise SettingsError(
                f"{given} is in {place_of(output)}, which the result would replace; choose another "
                "folder with -o."
            )


def _real(path: Path) -> Path:
    """The path without links; one that leads to itself stays, where ``resolve`` would fail."""
    return Path(os.path.realpath(path))


def open_job(request: Request) -> tuple[Workspace, Request]:
    """Checks a request and plans its job, or finds the plan that an earlier run left.

    Returns:
        The job's workspace, and the request as it will be fulfilled: with full names, and the
        output under the name of what can hold it.

    Raises:
        InputError: something given cannot be used.
        OutputError: the output exists, or its place or the workspace cannot hold the result.
    """
    request = request.absolute()
    check_request(request)
    request = request.model_copy(update={"stamp": stamp_of(request.source)})
    facts = _facts_of(request)
    workspace = _workspace_of(request, facts)
    if not workspace.is_planned():
        require_free(request.output, overwrite=request.overwrite)
        workspace.create(_planned_job(request, facts))
    return workspace, ask(workspace, request)


def find_job(request: Request) -> Workspace:
    """The workspace, existing or not, of a request's job, by what its files hold now.

    Raises:
        InputError: something given cannot be used.
    """
    request = request.absolute()
    check_request(request)
    return _workspace_of(request, _facts_of(request))


@dataclass(frozen=True)
class _Facts:
    """What a request's files hold."""

    source: FileFact
    styles: tuple[FileFact, ...]
    masks: tuple[FileFact, ...]
    key: str


def _facts_of(request: Request) -> _Facts:
    source = seen_fact(request.source)
    styles, masks = (tuple(map(seen_fact, paths)) for paths in (request.styles, request.masks))
    digest = engine_digest(request.settings)
    return _Facts(source, styles, masks, job_key(source, styles, masks, request.settings, digest))


def _workspace_of(request: Request, facts: _Facts) -> Workspace:
    root = request.root or default_root()
    require_utf8(root)
    return Workspace.locate(root, place_of(request.source), facts.key)


def _planned_job(request: Request, facts: _Facts) -> Job:
    """The job, with its shots and chunks."""
    source, settings = request.source, request.settings
    index = index_source(source, settings.source, max_megapixels=settings.max_megapixels)
    width, height = fitted_size(index.width, index.height, settings.size)
    start, stop = settings.frame_range(index.frame_count)
    mask_indexes, notes = index_masks(
        request.masks, size=(width, height), stop=stop, source=index,
        max_megapixels=settings.max_megapixels,
    )  # fmt: skip
    chunks, colours = _plan_chunks(Excerpt(source, index, start, stop), settings)
    style, *more_styles = facts.styles
    return Job(
        key=facts.key, source=facts.source, style=style, more_styles=tuple(more_styles),
        masks=facts.masks, mask_indexes=mask_indexes, settings=settings, index=index,
        width=width, height=height, start=start, stop=stop, chunks=chunks, colours=colours,
        notes=notes, made_with=made_with(),
    )  # fmt: skip


def ask(workspace: Workspace, request: Request) -> Request:
    """Remembers what is wanted of a job, if it can be had; returns it as it will be fulfilled.

    Raises:
        SettingsError: the codec cannot hold the frames.
        OutputError: the output exists and is not the request's own result, or a disk cannot hold
            the frames or the result.
    """
    job, encoding = workspace.job, request.settings.output
    output, notes = fitting_name(request.output, request.source, job.index, encoding)
    check_output(output, encoding, index=job.index, size=(job.width, job.height))
    request = request.model_copy(update={"output": output, "notes": notes})
    if workspace.count_finished() and (changes := differences(job.made_with, made_with())):
        goes_on = f"Begun with {'; '.join(changes)}: the frames to come may differ a little."
        request = request.model_copy(update={"notes": (*notes, goes_on)})
    published = workspace.published(request)
    is_done = published is not None and published.is_unchanged()
    if not is_done:
        require_free(output, overwrite=request.overwrite)
        check_space(workspace, request)
        request = _rehearsed(workspace, request)
    workspace.ask(request, is_done=is_done)
    return request


def _rehearsed(workspace: Workspace, request: Request) -> Request:
    """The request, after a rehearsal of its result if there was none of the same.

    Raises:
        InputError, OutputError: the result could not be written, or would not pass verification.
    """
    job, encoding = workspace.job, request.settings.output
    wanted = rehearsed_as(request.output, encoding)
    if all(other.rehearsed != wanted for other in workspace.requests()):
        with workspace.rehearsing() as folder:
            size, excerpt = (job.width, job.height), job.excerpt(request.source)
            rehearse(excerpt, request.output, encoding, size=size, folder=folder)
    return request.model_copy(update={"rehearsed": wanted})


def space_needed(workspace: Workspace, request: Request) -> tuple[int, int]:
    """About how many bytes the frames to come and the result will take."""
    job = workspace.job
    result = estimated_bytes(
        request.output,
        request.settings.output,
        job.index,
        (job.width, job.height),
        job.frame_count,
    )
    return workspace.missing_bytes(), result


def check_space(workspace: Workspace, request: Request) -> None:
    """Checks that the frames to come and the result fit on their disks.

    Raises:
        OutputError: they do not.
    """
    frames, result = space_needed(workspace, request)
    places = [
        ("the frames", workspace.folder, frames, "--workspace"),
        ("the result", place_of(request.output).parent, result, "-o"),
    ]
    needs: dict[int, int] = {}
    for what, folder, needed, option in places:
        disk = folder.stat().st_dev
        needs[disk] = needs.get(disk, 0) + needed
        free = shutil.disk_usage(folder).free
        if free < needs[disk]:
            raise OutputError(
                f"Not enough space for {what}: about {needs[disk] / 1e6:.0f} MB are needed and "
                f"{folder} has {free / 1e6:.0f} MB; free some or choose another disk with {option}."
            )


def stylize_chunk(
    workspace: Workspace, chunk: Chunk, request: Request, *, on_progress: OnProgress | None = None
) -> int:
    """Makes the frames of one chunk that are missing; returns how many were made.

    The chunks of a shot must be done in the job's order; different shots do not touch each other.
    A shot is worked on by one process at a time: others wait, and then find the frames done.
    """
    job = workspace.job
    shot_start, shot_stop = chunk.shot_start, chunk.shot_stop

    def report(chunk_done: int) -> None:
        if on_progress is not None:
            ahead = shot_stop - chunk.stop if chunk.is_backward else chunk.start - shot_start
            length = shot_stop - shot_start
            done = (chunk.sweep - 1) * length + ahead + chunk_done
            on_progress(Progress("stylize", done, length * job.settings.passes, chunk.shot))

    with workspace.lock(f"shot-{chunk.shot}"):
        if workspace.published(request) is not None:
            return 0
        workspace.sweep(shot_start, shot_stop)
        finished = workspace.finished(chunk.start, chunk.stop, sweep=chunk.sweep)
        missing = [number for number in range(chunk.start, chunk.stop) if number not in finished]
        report(len(finished))
        if not missing:
            return 0
        _require_unchanged(request, job)
        read = _source_reader(workspace, chunk, request)
        plan = StylePlan(
            job.settings.mixing,
            _unchanged(request.masks, job.masks),
            size=(job.width, job.height),
            stop=job.stop,
            indexes=job.mask_indexes,
            source=job.index,
            max_megapixels=job.settings.max_megapixels,
        )
        with _borrowed_engine(job, chunk.shot, request) as engine:
            made = stylize_missing(workspace, chunk, missing, engine, read=read, guide=plan.at)
            for done, _ in enumerate(made, start=len(finished) + 1):
                report(done)
    return len(missing)


def assemble(
    workspace: Workspace, request: Request, *, on_progress: OnProgress | None = None
) -> Published:
    """Encodes the stored frames, verifies the file, and puts it in place.

    Works from the store and the source alone, so it can be repeated with another codec.

    Raises:
        StoreError: frames are missing.
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
    notes = write_frames(ahead(frames), temporary, excerpt, encoding, on_frame=report)
    _require_still_there(temporary)
    facts = verify_frames(
        temporary, excerpt, encoding, size=(job.width, job.height), checksums=checksums
    )
    if file_fact(request.source).sha256 != job.source.sha256:
        raise _changed(request.source)
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
        place_of(temporary).lstat()
    except OSError as error:
        raise not_written(temporary, error) or error from error


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
        source: the video, an animation, a folder of frames or a pattern for their names.
        style: the style picture.
        output: where the result shall go; its suffix names the container or the animation (.mp4,
            .gif, ...), and a name without one, or a pattern, a folder of frames.
        settings: every other choice.
        workspace: folder of all workspaces; the user's state folder when None.
        overwrite: replace an existing output.
        keep: keep the stored frames after the result was published.
        on_progress: called after every frame.

    Raises:
        StyleError: in one sentence; finished frames are kept and no output has been touched.
    """
    root = None if workspace is None else Path(workspace)
    request = Request(
        source=Path(source), style=Path(style), output=Path(output),
        settings=settings or VideoSettings(), root=root, overwrite=overwrite, keep=keep,
    )  # fmt: skip
    return finish_job(*open_job(request), on_progress=on_progress)


def finish_job(
    workspace: Workspace, request: Request, *, on_progress: OnProgress | None = None
) -> Published:
    """Does everything of a request that is not done yet, and publishes its result.

    Shots are worked on side by side as the settings say. One that fails does not stop the others;
    what may pass by itself is tried again.

    Args:
        workspace, request: of ``open_job``.
    """
    ending = threading.Event()

    def tell(progress: Progress) -> None:
        if ending.is_set():
            raise CancelledError
        if on_progress is not None:
            on_progress(progress)

    def stylize(chunk: Chunk) -> int:
        return in_attempts(
            partial(stylize_chunk, workspace, chunk, request, on_progress=tell),
            f"frames {chunk.start}:{chunk.stop}",
            can_heal=can_heal_frames,
            ending=ending,
        )

    parallel_shots = request.settings.parallel_shots
    with ThreadPoolExecutor(parallel_shots) as workers:
        try:
            finished = list(
                in_shot_order(
                    workspace.job.chunks,
                    parallel_shots=parallel_shots,
                    submit=lambda chunk: workers.submit(stylize, chunk),
                    first_done=_first_done,
                )
            )
        finally:
            ending.set()  # a thread cannot be stopped from outside, but it ends with its frame
    for chunk_done in finished:
        chunk_done.result()
    return in_attempts(
        partial(assemble, workspace, request, on_progress=on_progress), "the assembly"
    )


def _first_done(running: list[Future[int]]) -> tuple[Future[int], bool]:
    """The first of some chunks to be done, and whether it succeeded; a stop is raised at once."""
    done = wait(running, return_when=FIRST_COMPLETED).done.pop()
    error = done.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return done, error is None


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
    settings = settings or ImageSettings()
    check_picture_name(output)
    given = (source, style, *settings.mixing.more_styles, *settings.mixing.style_masks)
    if os.path.lexists(output) and any(_real(path) == _real(output) for path in given):
        raise SettingsError(
            f"{output} is one of the pictures that the result is made from; choose another name "
            "with -o."
        )
    if os.path.lexists(output) and not overwrite:
        raise OutputExistsError(output)
    pixels = read_pixels(source, max_megapixels=settings.max_megapixels)
    width, height = fitted_size(pixels.shape[1], pixels.shape[0], settings.size)
    pixels = resize(pixels, (width, height))
    content = on_white(pixels)
    engine = _prepared(
        settings, (style, *settings.mixing.more_styles), (height, width), colour_statistics(content)
    )
    plan = StylePlan(
        settings.mixing, settings.mixing.style_masks, size=(width, height), stop=1,
        max_megapixels=settings.max_megapixels,
    )  # fmt: skip
    weights, masks = plan.at(0)
    image, _ = engine.render(
        FrameInput(number=0, content=content, style_weights=weights, style_masks=masks)
    )
    write_picture(
        output,
        image,
        opacity=to_float(pixels[..., 3:]) if pixels.shape[2] == 4 else None,
        bit_depth=8 * pixels.itemsize,
    )
    return output


def find_shots(excerpt: Excerpt) -> list[Shot]:
    """The shots of an excerpt, numbered as in the source.

    Raises:
        MediaError: the source has changed since it was indexed.
    """
    return _detected_shots(_analysis_frames(excerpt), excerpt)


def _plan_chunks(
    excerpt: Excerpt, settings: VideoSettings
) -> tuple[tuple[Chunk, ...], tuple[Colours, ...]]:
    """Cuts an excerpt at its shots, and these into chunks; colours of the shots if kept."""
    colours: list[ColourStatistics] = []
    frames = _analysis_frames(excerpt)
    if settings.mixing.colours != "style":
        frames = _noting(frames, colours)
    if settings.cuts is None:
        shots = _detected_shots(frames, excerpt)
    else:
        shots = _given_shots(settings.cuts, excerpt)
        if settings.mixing.colours != "style":
            deque(frames, maxlen=0)
    kept = [
        colours_of_all(colours[shot.start - excerpt.start : shot.stop - excerpt.start])
        for shot in shots
        if colours
    ]
    chunks = _chunks([(shot.start, shot.stop) for shot in shots], settings)
    return tuple(chunks), tuple(Colours.of(statistics) for statistics in kept)


def _analysis_frames(excerpt: Excerpt) -> Iterator[np.ndarray]:
    """Small frames of 8 bits, of which cuts and colours are seen."""
    size = fitted_size(excerpt.index.width, excerpt.index.height, ANALYSIS_SIZE)
    return _to_8_bit(read_frames(excerpt, size=size))


def _detected_shots(frames: Iterator[np.ndarray], excerpt: Excerpt) -> list[Shot]:
    times = [float(time) for time in excerpt.boundaries()]
    return [
        Shot(excerpt.start + shot.start, excerpt.start + shot.stop)
        for shot in detect_shots(frames, times)
    ]


def _given_shots(cuts: Sequence[str], excerpt: Excerpt) -> list[Shot]:
    """The shots of an excerpt by a list of cuts of the whole source."""
    whole = excerpt.part(0, excerpt.index.frame_count)
    inside = [cut for cut in cut_frames(cuts, whole.boundaries())
              if excerpt.start < cut < excerpt.stop]  # fmt: skip
    return [Shot(*ends) for ends in pairwise((excerpt.start, *inside, excerpt.stop))]


def _noting(frames: Iterator[np.ndarray], colours: list[ColourStatistics]) -> Iterator[np.ndarray]:
    for frame in frames:
        colours.append(colour_statistics(to_float(frame)))
        yield frame


def _noting_checksums(frames: Iterator[np.ndarray], checksums: list[int]) -> Iterator[np.ndarray]:
    for frame in frames:
        checksums.append(pixel_checksum(frame))
        yield frame


def _chunks(shots: list[tuple[int, int]], settings: VideoSettings) -> Iterator[Chunk]:
    """Pieces of every shot for every pass, in the order in which they must be made."""
    number = 0
    for shot_number, (first, last) in enumerate(shots):
        starts = range(first, last, settings.chunk_frames)
        for sweep in range(1, settings.passes + 1):
            for chunk_start in starts if sweep % 2 else reversed(starts):
                chunk_stop = min(chunk_start + settings.chunk_frames, last)
                yield Chunk(number=number, shot=shot_number, shot_start=first, shot_stop=last,
                            start=chunk_start, stop=chunk_stop, sweep=sweep)  # fmt: skip
                number += 1


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
            _require_unchanged(request, job)
    return workspace.read_source_frames


def _decoded_frames(job: Job, source: Path, start: int, stop: int) -> Iterator[np.ndarray]:
    """Source frames at the job's size, decoded anew."""
    return read_frames(job.excerpt(source).part(start, stop), size=(job.width, job.height))


_idle_engines: list[tuple[tuple[str, int], Engine]] = []
"""Prepared engines with what they are for; each takes seconds to prepare and serves one thread."""


@contextmanager
def _borrowed_engine(job: Job, shot: int, request: Request) -> Iterator[Engine]:
    """An engine that is prepared for the job, or the shot, and that nobody else uses meanwhile."""
    purpose = (job.key, shot if job.colours else 0)
    try:
        prepared_for, engine = _idle_engines.pop()
    except IndexError:
        prepared_for = ("", 0)
    if prepared_for != purpose:
        styles = _unchanged(request.styles, (job.style, *job.more_styles))
        colours = job.colours[shot].statistics if job.colours else None
        engine = _prepared(request.settings, styles, (job.height, job.width), colours)
    try:
        yield engine
    finally:
        _idle_engines.append((purpose, engine))


def _prepared(
    settings: FrameSettings,
    styles: Sequence[Path],
    shape: tuple[int, int],
    colours: ColourStatistics | None,
) -> Engine:
    """The engine of the settings with its styles, in the colours that shall be kept."""
    engine = create_engine(settings)
    pictures = [read_picture(style, max_megapixels=settings.max_megapixels) for style in styles]
    kept = settings.mixing.colours
    if kept == "covariance" and colours is not None:
        pictures = [recoloured(picture, colours) for picture in pictures]
    if kept == "luminance" and colours is not None:
        pictures = [grey_like(picture, colours) for picture in pictures]
        engine = LuminanceEngine(engine)
    if settings.mixing.style_masks:
        engine = MaskedEngine(engine)
    engine.prepare(pictures, shape=shape)
    return engine


def _require_unchanged(request: Request, job: Job) -> None:
    """Checks that the source is the planned one, by its size and time, or else by its content.

    Raises:
        MediaError: it is another one now.
    """
    if request.stamp != stamp_of(request.source):
        _unchanged((request.source,), (job.source,))


def _unchanged(paths: Sequence[Path], facts: Sequence[FileFact]) -> Sequence[Path]:
    """The paths, whose files hold what they held when the job was planned.

    Raises:
        MediaError: one is another file now.
    """
    for path, fact in zip(paths, facts, strict=True):
        if seen_fact(path).sha256 != fact.sha256:
            raise _changed(path)
    return paths


def _changed(path: Path) -> MediaError:
    return MediaError(
        f"{path} has changed since the job was planned, and nothing is made of two different "
        "files: put the first one back to go on, or run the command again to begin a job with the "
        "new one."
    )


def _to_8_bit(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    for frame in frames:
        yield frame if frame.dtype == np.uint8 else (frame >> 8).astype(np.uint8)


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
