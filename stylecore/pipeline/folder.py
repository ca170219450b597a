"""Everything that has arrived in a folder, file by file: one bad file does not stop the rest."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stylecore.errors import MediaError, StoreError, StyleError, UnreadableError
from stylecore.media import as_utf8, require_utf8
from stylecore.pipeline.inbox import Arrival, Outcome, Status, arrivals, settled
from stylecore.pipeline.plan import open_job
from stylecore.pipeline.steps import finish_job
from stylecore.pipeline.still import stylize_image
from stylecore.pipeline.styles import read_style
from stylecore.settings import FolderSettings, ImageSettings, VideoSettings
from stylecore.store import Published, Request, Workspace

RunFile = Callable[[Arrival], int]
"""Makes the result of one file and returns how many frames it has; raises what stopped it."""

AfterVideo = Callable[[Workspace, Request, Published], object]


def scan_inbox(inbox: Path, outbox: Path, style: Path, settings: VideoSettings) -> list[Arrival]:
    """Finds what has arrived; a style that is no picture is said once, not for every file.

    Raises:
        InputError, OutputError: the style, the inbox or the outbox cannot be used.
    """
    mixing = settings.mixing
    for picture in (style, *mixing.more_styles):
        read_style(picture)
    tools = (*mixing.more_styles, *mixing.style_masks)
    return arrivals(inbox, outbox, style, settings.output, tools=tools)


def repainted(
    found: Sequence[Arrival], run: RunFile, *, settle_seconds: float
) -> Iterator[Outcome]:
    """What became of each file, as soon as that is known.

    A file is run if it has stopped changing, is not done yet, did not fail before, and is not in
    the hands of another run. A failure is written down beside the results.
    """
    for arrival, is_ready in settled(found, settle_seconds):
        if not is_ready:
            yield _outcome(arrival, "arriving", "it is still changing")
            continue
        try:
            yield _treated(arrival, run)
        except StoreError as error:  # it cannot be kept from other runs
            yield _outcome(arrival, "failed", str(error))


def run_here(
    arrival: Arrival,
    style: Path,
    settings: FolderSettings,
    workspace: Path | None,
    *,
    after: AfterVideo | None = None,
) -> int:
    """Runs one file in this process; returns how many frames its result has.

    Args:
        arrival: the file.
        style, settings, workspace: of all files.
        after: called when the result of a video is in place.

    Raises:
        StyleError: as ``stylize_image`` or ``stylize_video``.
    """
    if arrival.is_still:
        chosen = ImageSettings.of(settings.video)
        stylize_image(
            arrival.source, style, arrival.output, chosen, overwrite=arrival.output.exists()
        )
        return 1
    request = Request(
        source=arrival.source, style=style, output=arrival.output,
        settings=video_settings(arrival, settings), root=workspace,
        overwrite=arrival.has_result(),
    )  # fmt: skip
    job_space, request = open_job(request)
    published = finish_job(job_space, request)
    if after is not None:
        after(job_space, request, published)
    return published.frames


def video_settings(arrival: Arrival, settings: FolderSettings) -> VideoSettings:
    """The settings of one video, which keeps its name where another's result could have it."""
    video = settings.video
    if arrival.spare is not None:
        return video
    encoding = video.output.model_copy(update={"container": "named"})
    return video.model_copy(update={"output": encoding})


def _treated(arrival: Arrival, run: RunFile) -> Outcome:
    with arrival.claimed() as is_mine:
        if not is_mine:
            return _outcome(arrival, "busy", "another run works on it")
        if (reason := arrival.reason_to_skip()) is not None:
            return _outcome(arrival, "skipped", reason)
        begun = time.monotonic()
        try:
            require_utf8(arrival.source)  # or neither a job nor Prefect could keep its name
            frames = run(arrival)
        except Exception as error:
            # Only what is wrong with the file itself is not worth another try.
            is_lasting = isinstance(error, MediaError) and not isinstance(error, UnreadableError)
            known = isinstance(error, StyleError)
            sentence = str(error) if known else f"internal error, {type(error).__name__}: {error}"
            arrival.remember_failure(sentence, lasting=is_lasting)
            return _outcome(arrival, "failed", sentence, begun=begun)
        arrival.forget_failure()
        return _outcome(arrival, "done", frames=frames, begun=begun)


def _outcome(
    arrival: Arrival,
    status: Status,
    sentence: str = "",
    *,
    frames: int | None = None,
    begun: float | None = None,
) -> Outcome:
    seconds = None if begun is None else time.monotonic() - begun
    return Outcome(
        name=as_utf8(arrival.source.name), status=status, sentence=sentence, frames=frames,
        seconds=seconds,
    )  # fmt: skip
