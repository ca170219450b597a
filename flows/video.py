"""One video, from files to a verified result."""

from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

from prefect import flow
from pydantic import Field

from stylecore.pipeline.shot_order import in_shot_order
from stylecore.preview import PreviewRequest, Variant, VariantRow
from stylecore.settings import VideoSettings
from stylecore.store import Published, Request, Workspace
from tasks.approval import require_approval, was_asked
from tasks.policies import with_state_message
from tasks.preview import make_preview, preview_text
from tasks.progress import begin_progress, ending_with_the_run, show_progress
from tasks.report import report_video, result_line
from tasks.video import assemble, first_done, plan, stylize

DEFAULTS = VideoSettings()


@flow(name="stylize-video", flow_run_name="{source.name} in {style.stem}")
@with_state_message(by=result_line)
def stylize_video(
    source: Path,
    style: Path,
    output: Path,
    settings: VideoSettings = DEFAULTS,
    workspace: Path | None = None,
    overwrite: bool = False,
    keep: bool = False,
    approve: bool = False,
    approval_hours: Annotated[float, Field(gt=0)] = 72.0,
    report: bool = True,
) -> Published:
    """Repaints a video in the style of a picture.

    A run that was stopped or killed leaves its finished frames; another run, or a retry of the
    same, goes on from them.

    Args:
        source: the video, an animation, a folder of frames or a pattern for their names.
        style: the style picture.
        output: where the result shall go; its suffix names the container or the animation (.mp4,
            .gif, ...), and a name without one, or a pattern, a folder of frames.
        settings: every other choice.
        workspace: folder of all workspaces; the user's state folder when not given.
        overwrite: replace an existing output.
        keep: keep the stored frames after the result was published.
        approve: show a preview first, and wait until a person resumes the run with a yes.
        approval_hours: how long the run waits for that before it fails.
        report: write a page about the job beside the result.
    """
    request = Request(
        source=source, style=style, output=output, settings=settings, root=workspace,
        overwrite=overwrite, keep=keep, report=report,
    )  # fmt: skip
    with ending_with_the_run():
        folder, request = plan(request)
        if approve and Workspace(folder).published(request) is None:
            _have_approved(folder, request, approval_hours)
        job_space = Workspace(folder)
        artifact = begin_progress(job_space)
        _paint(job_space, request, artifact)
        published = assemble(folder, request)
        show_progress(artifact, 100.0)
        report_video(folder, request, published)
    return published


def _paint(job_space: Workspace, request: Request, artifact: UUID) -> None:
    """Runs every chunk, shots side by side; raises what stopped one once the others are done."""
    finished = list(
        in_shot_order(
            job_space.job.chunks,
            parallel_shots=request.settings.parallel_shots,
            submit=partial(stylize.submit, job_space.folder, request=request, artifact=artifact),
            first_done=first_done,
        )
    )
    for chunk_run in finished:
        chunk_run.result()


def _have_approved(folder: Path, request: Request, hours: float) -> None:
    """Shows a preview and suspends the run; in a run that was resumed, goes on if that was a yes.

    Raises:
        RefusedError: it was a no.
    """
    shown = ""
    if not was_asked():
        variant = Variant(style=request.style, settings=request.settings, output=request.output)
        made = make_preview(
            PreviewRequest(
                source=request.source, root=request.root, sheet=Workspace(folder).sheet_path,
                rows=(VariantRow(label=request.style.name, variants=(variant,)),), overwrite=True,
            )
        )  # fmt: skip
        shown = preview_text(made)
    require_approval(shown, hours)
