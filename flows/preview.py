"""A preview, from a video and styles to one sheet and an estimate."""

from pathlib import Path

from prefect import flow

from flows.sweeps import read_sweep, usual_count, usual_sheet, variant_rows
from stylecore.preview import Preview, PreviewRequest
from stylecore.settings import VideoSettings
from tasks.policies import with_state_message
from tasks.preview import make_preview, result_line

DEFAULTS = VideoSettings()


@flow(name="preview", flow_run_name="preview {source.name}")
@with_state_message(by=result_line)
def preview(
    source: Path,
    styles: list[Path],
    output: Path | None = None,
    settings: VideoSettings = DEFAULTS,
    sweep: list[str] | None = None,
    samples: int | None = None,
    workspace: Path | None = None,
    overwrite: bool = True,
) -> Preview:
    """Paints a few frames in one or several choices on a sheet, and estimates the whole job.

    The sheet and the estimate are among the run's artifacts. Frames that are just as the job
    would paint them are kept for it.

    Args:
        source: the video, as for stylize-video.
        styles: pictures, each for a job of its own.
        output: the sheet, a picture; beside the source when not given.
        settings: every other choice.
        sweep: up to two settings with values to compare, like style_weight=5,20,80.
        samples: frames to show; 4, or 1 with two sweeps, when not given.
        workspace: folder of all workspaces; the user's state folder when not given.
        overwrite: replace an existing sheet.
    """
    sweeps = [read_sweep(text) for text in sweep or ()]
    rows, columns = variant_rows(source, styles, settings, sweeps)
    return make_preview(
        PreviewRequest(
            source=source, rows=rows, columns=columns, sheet=output or usual_sheet(source),
            count=samples or usual_count(sweeps), root=workspace, overwrite=overwrite,
        )
    )  # fmt: skip
