"""What a person sees while a job runs: facts, bars, and one last line that says what is true.

On a terminal there are bars; in a pipe there are plain lines, one a stage.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from stylecore.config import FolderSettings, VideoSettings
from stylecore.pipeline import (
    OnProgress,
    assemble,
    check_request,
    open_job,
    stylize_chunk,
)
from stylecore.pipeline import Progress as Step
from stylecore.store import Job, Published, Workspace

STOPPED = 130


def run_video(
    source: Path,
    style: Path,
    output: Path,
    settings: VideoSettings,
    *,
    workspace: Path | None,
    overwrite: bool,
    keep: bool,
    prefect: bool,
    quiet: bool,
) -> int:
    """Runs one video's job with bars; returns the exit status."""
    console = Console(quiet=quiet, highlight=False)
    check_request(source, style, output, settings, overwrite=overwrite)
    job_space = open_job(
        source, style, output, settings, root=workspace, overwrite=overwrite, keep=keep
    )
    job = job_space.job
    _print_facts(console, job)
    resumed = job_space.count_finished()
    if resumed:
        console.print(f"resumed: {resumed} of {job.frame_count} frames were already done")
    steps = _run_with_prefect if prefect else _run_directly
    try:
        with _bars(console, job, resumed) as on_progress:
            published = steps(console, job_space, on_progress)
    except KeyboardInterrupt:
        console.print(
            f"stopped; {job_space.count_finished()} of {job.frame_count} frames are done and kept."
            f"   stylecore jobs resume {job_space.name}"
        )
        return STOPPED
    _print_result(console, published)
    return 0


def run_folder(
    inbox: Path, outbox: Path, style: Path, settings: FolderSettings, *, workspace: Path | None
) -> int:
    """Runs the folder flow once; returns 1 when a file failed."""
    from flows.folder import stylize_folder

    Console().print("starting Prefect ...")
    outcomes = stylize_folder(inbox, outbox, style, settings, workspace=workspace)
    for outcome in outcomes:
        print(f"{outcome.name}: {outcome.status}  {outcome.sentence}")
    return int(any(outcome.status == "failed" for outcome in outcomes))


def _run_directly(console: Console, job_space: Workspace, on_progress: OnProgress) -> Published:
    for chunk in job_space.job.chunks:
        stylize_chunk(job_space, chunk, on_progress=on_progress)
    return assemble(job_space, on_progress=on_progress)


def _run_with_prefect(
    console: Console, job_space: Workspace, on_progress: OnProgress
) -> Published:
    console.print("starting Prefect ...", style="dim")
    from flows.video import stylize_video
    from tasks.progress import listening

    job, request = job_space.job, job_space.request
    with listening(on_progress):
        return stylize_video(
            job.source.path,
            job.style.path,
            request.output,
            request.settings,
            workspace=job_space.folder.parent,
            overwrite=request.overwrite,
            keep=request.keep,
        )


def _print_facts(console: Console, job: Job) -> None:
    index = job.index
    sound = ", ".join(stream.codec for stream in index.streams if stream.kind == "audio")
    turned = ", turned upright" if index.rotation or index.mirrored else ""
    size = f"{job.width}x{job.height}"
    if (job.width, job.height) != (index.width, index.height):
        size = f"{index.width}x{index.height} to {size}"
    rate = float_rate(index.average_rate)
    console.print(
        f"{job.source.path.name}   {size}, {rate:.6g} fps, {job.frame_count} frames, "
        f"{job.shot_count} shots, {sound or 'no sound'}{turned}"
    )
    engine = job.settings.engine
    detail = {
        "gatys": f"/{job.settings.gatys.features}",
        "fast": f"/{job.settings.fast.model or 'compact'}",
    }
    console.print(
        f"style   {job.style.path.name}   engine {engine}{detail.get(engine, '')}   "
        f"coherence {job.settings.coherence:g}"
    )
    for note in index.notes:
        console.print(f"note: {note}")


def float_rate(rate: str) -> float:
    """Frames per second of a fraction like "24000/1001"."""
    numerator, _, denominator = rate.partition("/")
    return int(numerator) / int(denominator or 1)


def _print_result(console: Console, published: Published) -> None:
    for note in published.notes:
        console.print(f"note: {note}")
    console.print(f"verified: {', '.join(published.verified)}")
    console.print(str(published.output))


class _FramesPerSecond(TextColumn):
    """Speed of this run; frames that were done before it do not count."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f} frames/s")


@contextmanager
def _bars(console: Console, job: Job, resumed: int) -> Iterator[OnProgress]:
    """Draws a bar for each shot and one for the encoding, while the context lasts."""
    if not console.is_terminal:
        yield _plain_lines(console, job)
        return
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        _FramesPerSecond(), TimeRemainingColumn(), console=console,
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}

    def on_progress(step: Step) -> None:
        name = _description(step, job)
        if name not in tasks:
            total = _total(step, job)
            tasks[name] = progress.add_task(name, total=total)
        progress.update(tasks[name], completed=step.shot_done if step.chunk else step.done)

    with progress:
        yield on_progress


def _plain_lines(console: Console, job: Job) -> OnProgress:
    def on_progress(step: Step) -> None:
        if step.done == step.total:
            console.print(f"{_description(step, job)}   {step.done}/{step.total}")

    return on_progress
