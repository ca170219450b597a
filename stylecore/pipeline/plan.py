"""From a request to its planned job, and to what will be made of it."""

from dataclasses import dataclass

from stylecore.arrays.images import fitted_size
from stylecore.engines import engine_digest
from stylecore.media import (
    Excerpt,
    check_output,
    fitting_name,
    index_source,
    path_on_disk,
    rehearse,
    rehearsed_as,
    require_free,
    require_utf8,
)
from stylecore.pipeline.checks import check_request, check_space
from stylecore.pipeline.division import divide_into_chunks
from stylecore.pipeline.styles import with_learned_painter
from stylecore.runtime.versions import differences, made_with
from stylecore.sequence.masks import MaskedFrames, index_masks
from stylecore.settings import VideoSettings
from stylecore.store import (
    FileFact,
    Job,
    Request,
    Workspace,
    default_root,
    job_key,
    seen_fact,
    stamp_of,
)


def open_job(request: Request) -> tuple[Workspace, Request]:
    """Checks a request and plans its job, or finds the plan that an earlier run left.

    What is read of the source: all its bytes for their hash, which is remembered while the process
    lives; and for a new plan its packets for the index, its frames for the shots, and its first
    frames for a rehearsal of the result.

    Returns:
        The job's workspace, and the request as it will be fulfilled: with full names, and the
        output under the name of what can hold it. Whoever has them need not open the job again.

    Raises:
        SettingsError: an option does not fit the source, the output or another one.
        MediaError: the source, a style or a mask cannot be read or is not supported.
        WeightsError: the engine's weights are missing or do not fit, where that is told cheaply.
        OutputError: the output exists, a disk cannot hold the frames or the result, or a rehearsal
            could not write or verify it.
        StoreError: the workspace cannot be made, locked or read, or is of another version.
    """
    request, facts = _examined(request)
    workspace = _workspace_of(request, facts)
    if not workspace.is_planned():
        require_free(request.output, overwrite=request.overwrite)
        workspace.create(_planned_job(request, facts))
    return workspace, request_result(workspace, request)


def plan_job(request: Request, *, like: Job | None = None) -> tuple[Workspace, Request]:
    """Plans a job, or finds its plan, without asking for its result.

    Args:
        like: a planned job, of which is taken over what is known of the source already.

    Returns:
        The job's workspace, and the request with full names.

    Raises:
        InputError: something given cannot be used.
        OutputError: the workspace cannot hold the job.
    """
    request, facts = _examined(request)
    workspace = _workspace_of(request, facts)
    if not workspace.is_planned():
        workspace.create(_planned_job(request, facts, like=like))
    return workspace, request


@dataclass(frozen=True)
class _Facts:
    """What a request's files hold."""

    source: FileFact
    styles: tuple[FileFact, ...]
    masks: tuple[FileFact, ...]
    key: str


def _examined(request: Request) -> tuple[Request, _Facts]:
    """The request with full names and its source's stamp, and what its files hold."""
    request = request.absolute()
    settings = with_learned_painter(request.settings, request.style)
    request = request.model_copy(update={"settings": settings})
    check_request(request)
    request = request.model_copy(update={"stamp": stamp_of(request.source)})
    return request, _facts_of(request)


def _facts_of(request: Request) -> _Facts:
    source = seen_fact(request.source)
    styles, masks = (tuple(map(seen_fact, paths)) for paths in (request.styles, request.masks))
    digest = engine_digest(request.settings)
    return _Facts(source, styles, masks, job_key(source, styles, masks, request.settings, digest))


def _workspace_of(request: Request, facts: _Facts) -> Workspace:
    root = request.root or default_root()
    require_utf8(root)
    return Workspace.locate(root, path_on_disk(request.source), facts.key)


def _planned_job(request: Request, facts: _Facts, *, like: Job | None = None) -> Job:
    """The job, with its shots and chunks; as much as can be from one of the same source."""
    source, settings = request.source, request.settings
    if like and (like.source.sha256 != facts.source.sha256 or not _index_alike(like, settings)):
        like = None
    index = like.index if like else index_source(
        source, settings.source, max_megapixels=settings.max_megapixels
    )  # fmt: skip
    width, height = fitted_size(index.width, index.height, settings.size)
    start, stop = settings.frame_range(index.frame_count)
    frames = MaskedFrames(
        size=(width, height), stop=stop, source=index, max_megapixels=settings.max_megapixels
    )
    mask_indexes, notes = index_masks(request.masks, frames)
    if like and _divided_alike(like.settings, settings):
        chunks, colours = like.chunks, like.colours
    else:
        chunks, colours = divide_into_chunks(Excerpt(source, index, start, stop), settings)
    style, *more_styles = facts.styles
    return Job(
        key=facts.key, source=facts.source, style=style, more_styles=tuple(more_styles),
        masks=facts.masks, mask_indexes=mask_indexes, settings=settings, index=index,
        width=width, height=height, start=start, stop=stop, chunks=chunks, colours=colours,
        notes=notes, made_with=made_with(),
    )  # fmt: skip


def _index_alike(job: Job, settings: VideoSettings) -> bool:
    limits = "source", "max_megapixels"
    return all(getattr(job.settings, name) == getattr(settings, name) for name in limits)


def _divided_alike(one: VideoSettings, other: VideoSettings) -> bool:
    """Whether the same source is divided into the same shots and chunks, and the same is kept."""
    names = "frames", "cuts", "chunk_frames", "passes"
    same = all(getattr(one, name) == getattr(other, name) for name in names)
    return same and one.mixing.colours == other.mixing.colours


def request_result(workspace: Workspace, request: Request) -> Request:
    """Remembers what is wanted of a job, if it can be had; returns it as it will be fulfilled.

    Raises:
        SettingsError: the codec cannot hold the frames.
        MediaError: the source cannot be read any more.
        OutputError: the output exists and is not the request's own result, a disk cannot hold the
            frames or the result, or a rehearsal could not write or verify it.
        StoreError: the workspace cannot be locked or read.
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
    workspace.remember(request, is_done=is_done)
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
