"""Everything that has arrived in a folder, each file as a run of its own."""

import time
from pathlib import Path
from typing import Any, cast

from prefect import flow
from prefect.states import State

from flows.image import stylize_image
from flows.video import stylize_video
from stylecore.config import FolderSettings, ImageSettings
from stylecore.errors import MediaError
from stylecore.inbox import Arrival, Outcome, settled
from stylecore.media import as_utf8, require_utf8
from tasks.conduct import told
from tasks.inbox import look
from tasks.report import report_folder, summary_line

DEFAULTS = FolderSettings()


@flow(name="stylize-folder", flow_run_name="{inbox.name} in {style.stem}")
@told(by=summary_line)
def stylize_folder(
    inbox: Path,
    outbox: Path,
    style: Path,
    settings: FolderSettings = DEFAULTS,
    workspace: Path | None = None,
) -> list[Outcome]:
    """Repaints every video and still of a folder that is not done yet, into another folder.

    A file that fails is named in the run's message and explained in NAME.error.txt beside the
    results; the others go on, and the run itself succeeds. Runs that overlap share the files.

    Args:
        inbox: folder of videos and stills; its sub-folders are left alone.
        outbox: folder for the results, which are named NAME-STYLE.
        style: the style picture.
        settings: every other choice.
        workspace: folder of all workspaces; the user's state folder when not given.
    """
    found = look(inbox, outbox, style, settings.video)
    outcomes = [
        _treat(arrival, ready, style, settings, workspace)
        for arrival, ready in settled(found, settings.settle_seconds)
    ]
    report_folder(outcomes)
    return outcomes


def _treat(
    arrival: Arrival, ready: bool, style: Path, settings: FolderSettings, workspace: Path | None
) -> Outcome:
    """Runs one file, if it is ready, new, and not in the hands of another run."""
    name = as_utf8(arrival.source.name)
    if not ready:
        return Outcome(name=name, status="arriving", sentence="it is still changing")
    with arrival.claimed() as mine:
        if not mine:
            return Outcome(name=name, status="busy", sentence="another run works on it")
        if (reason := arrival.reason_to_skip()) is not None:
            return Outcome(name=name, status="skipped", sentence=reason)
        try:
            require_utf8(arrival.source)  # or Prefect could not keep a run of it
        except MediaError as error:
            arrival.remember_failure(str(error), lasting=True)
            return Outcome(name=name, status="failed", sentence=str(error))
        begun = time.monotonic()
        state = _run(arrival, style, settings, workspace)
        return _outcome(arrival, state, seconds=time.monotonic() - begun)


def _run(arrival: Arrival, style: Path, settings: FolderSettings, workspace: Path | None) -> State:
    """Runs the flow that fits the file; a result that is older than its source is replaced."""
    if arrival.is_still:
        return stylize_image(
            arrival.source, style, arrival.output, ImageSettings.of(settings.video),
            overwrite=arrival.output.exists(), return_state=True,
        )  # fmt: skip
    video = settings.video
    if arrival.spare is None:
        encoding = video.output.model_copy(update={"container": "named"})
        video = video.model_copy(update={"output": encoding})
    return stylize_video(
        arrival.source, style, arrival.output, video, workspace=workspace,
        overwrite=any(result.exists() for result in arrival.results), return_state=True,
    )  # fmt: skip


def _outcome(arrival: Arrival, state: State, *, seconds: float) -> Outcome:
    """Remembers how the run ended; only the file's own faults are not worth another try."""
    name, result = arrival.source.name, cast(Any, state.result(raise_on_failure=False))
    if state.is_completed():
        arrival.forget_failure()
        frames = 1 if arrival.is_still else result.frames
        return Outcome(name=name, status="done", frames=frames, seconds=seconds)
    sentence = state.message or state.name or "unknown failure"
    arrival.remember_failure(sentence, lasting=isinstance(result, MediaError))
    return Outcome(name=name, status="failed", sentence=sentence, seconds=seconds)
