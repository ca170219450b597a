"""Everything that has arrived in a folder, each file as a run of its own."""

from functools import partial
from pathlib import Path
from typing import cast

from prefect import flow

from flows.image import stylize_image
from flows.video import stylize_video
from stylecore.pipeline.folder import repainted, video_settings
from stylecore.pipeline.inbox import Arrival, Outcome
from stylecore.settings import FolderSettings, ImageSettings
from stylecore.store import Published
from tasks.inbox import scan_inbox
from tasks.policies import with_state_message
from tasks.report import report_folder, summary_line, write_pages

DEFAULTS = FolderSettings()


@flow(name="stylize-folder", flow_run_name="{inbox.name} in {style.stem}")
@with_state_message(by=summary_line)
def stylize_folder(
    inbox: Path,
    outbox: Path,
    style: Path,
    settings: FolderSettings = DEFAULTS,
    workspace: Path | None = None,
    report: bool = True,
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
        report: write a page about every job beside its result, and index.html for all.
    """
    found = scan_inbox(inbox, outbox, style, settings.video)
    run = partial(_run, style=style, settings=settings, workspace=workspace, report=report)
    outcomes = list(repainted(found, run, settle_seconds=settings.settle_seconds))
    report_folder(outcomes)
    if report:
        write_pages(outbox, found, outcomes)
    return outcomes


def _run(
    arrival: Arrival, *, style: Path, settings: FolderSettings, workspace: Path | None, report: bool
) -> int:
    """Runs the flow that fits the file; a result that is older than its source is replaced."""
    if arrival.is_still:
        still = stylize_image(
            arrival.source, style, arrival.output, ImageSettings.of(settings.video),
            overwrite=arrival.output.exists(), return_state=True,
        )  # fmt: skip
        still.result()  # raises what stopped it, as itself
        return 1
    video = stylize_video(
        arrival.source, style, arrival.output, video_settings(arrival, settings),
        workspace=workspace, overwrite=arrival.has_result(), report=report, return_state=True,
    )  # fmt: skip
    return cast(Published, video.result()).frames
