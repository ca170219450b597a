"""What a person sees while a job runs: facts, bars, and one last line that says what is true.

On a terminal there are bars; in a pipe there are plain lines, one a stage.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from flows.printing import printable
from stylecore.config import FolderSettings, VideoSettings
from stylecore.media import require_utf8
from stylecore.pipeline import OnProgress, finish_job, open_job, space_needed
from stylecore.pipeline import Progress as Step
from stylecore.store import Job, Published, Request, Workspace


def run_video(request: Request, *, prefect: bool, quiet: bool) -> None:
    """Fulfils a request with bars; a KeyboardInterrupt goes on after saying what is kept."""
    console = Console(quiet=quiet, highlight=False, markup=False, emoji=False)
    job_space, request = open_job(request)
    job = job_space.job
    _print_facts(console, job_space, request)
    for note in request.notes:
        _say(console, f"note: {note}")
    if job_space.published(request) is not None:
        _say(console, "done before, and in place")
    resumed = job_space.count_finished()
    if resumed:
        _say(console, f"resumed: {resumed} of {job.work_count} frames were already done")
    try:
        with _reporting(console, job) as on_progress:
            if prefect:
                published = _run_with_prefect(console, request, on_progress)
            else:
                published = finish_job(job_space, request, on_progress=on_progress)
    except KeyboardInterrupt:
        _say(
            console,
            f"stopped; {job_space.count_finished()} of {job.work_count} frames are done and kept."
            f"   stylecore jobs resume {job_space.name}",
        )
        raise
    keeping = _why_kept(job_space, request)
    _print_result(console, published, said=request.notes, keeping=keeping)


def run_folder(
    inbox: Path, outbox: Path, style: Path, settings: FolderSettings, *, workspace: Path | None
) -> int:
    """Runs the folder flow once; returns 1 when a file failed."""
    from flows.folder import stylize_folder

    for path in (inbox, outbox, style, *([workspace] if workspace else ())):
        require_utf8(path)
    Console().print("starting Prefect ...")
    outcomes = stylize_folder(inbox, outbox, style, settings, workspace=workspace)
    for outcome in outcomes:
        print(printable(f"{outcome.name}: {outcome.status}  {outcome.sentence}"))
    return int(any(outcome.status == "failed" for outcome in outcomes))


def _run_with_prefect(console: Console, request: Request, on_progress: OnProgress) -> Published:
    console.print("starting Prefect ...", style="dim")
    from flows.video import stylize_video
    from tasks.progress import listening

    with listening(on_progress):
        return stylize_video(
            request.source,
            request.style,
            request.output,
            request.settings,
            workspace=request.root,
            overwrite=request.overwrite,
            keep=request.keep,
        )


def _say(console: Console, text: str) -> None:
    """Prints a line; a long name is not broken in two, so that it can be copied."""
    console.print(printable(text), soft_wrap=True)


def _print_facts(console: Console, job_space: Workspace, request: Request) -> None:
    job = job_space.job
    index = job.index
    sound = ", ".join(stream.codec for stream in index.streams if stream.kind == "audio")
    turned = ", turned upright" if index.orientation.changes else ""
    size = f"{job.width}x{job.height}"
    if (job.width, job.height) != (index.width, index.height):
        size = f"{index.width}x{index.height} to {size}"
    rate = float(Fraction(index.average_rate))
    _say(
        console,
        f"{request.source.name}   {size}, {rate:.6g} fps, {job.frame_count} frames, "
        f"{len(job.shots)} shots, {sound or 'no sound'}{turned}",
    )
    engine = job.settings.engine
    detail = {
        "gatys": f"/{job.settings.gatys.features}",
        "fast": f"/{job.settings.fast.model}",
    }
    _say(
        console,
        f"style   {request.style.name}   engine {engine}{detail.get(engine, '')}   "
        f"{_coherence(job.settings)}",
    )
    for note in job.notes:
        _say(console, f"note    {note}")
    if request.rehearsed:
        _say(console, f"result  {request.output.name}   rehearsed: it can be written and verified")
    frames, result = space_needed(job_space, request)
    _say(console, f"disk    about {_size(frames)} for the frames, {_size(result)} for the result")


def _coherence(settings: VideoSettings) -> str:
    """What becomes of the frames' neighbours."""
    if not settings.needs_motion:
        return "frame before as it is" if settings.needs_previous else "every frame by itself"
    return f"coherence {settings.coherence:g}"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _why_kept(job_space: Workspace, request: Request) -> str:
    """What became of the stored frames, as the end of a line."""
    wanted = [other.output.name for other in job_space.open_requests()]
    if wanted:
        return f", kept for {', '.join(wanted)}: stylecore jobs resume {job_space.name}"
    return "" if request.keep else ", freed"


def _print_result(
    console: Console, published: Published, *, said: Sequence[str], keeping: str
) -> None:
    for note in published.notes:
        if note not in said:
            _say(console, f"note: {note}")
    _say(console, f"verified: {', '.join(published.verified)}")
    _say(console, f"workspace: {_size(published.stored_bytes)}{keeping}")
    _say(console, str(published.output))


class _Speed(ProgressColumn):
    """Frames per second of this run; frames that were done before it do not count."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.2f} frames/s" if task.speed else "")


@contextmanager
def _reporting(console: Console, job: Job) -> Iterator[OnProgress]:
    """Shows progress while the context lasts: bars on a terminal, else a line when one is full."""
    if not console.is_terminal:
        yield partial(_print_when_full, console, job)
        return
    with Progress(
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(),
        _Speed(), TimeRemainingColumn(), TextColumn("left"), console=console,
    ) as bars:  # fmt: skip
        yield partial(_move_bar, bars, {}, job)


def _move_bar(bars: Progress, tasks: dict[str, TaskID], job: Job, step: Step) -> None:
    name = _name(step, job)
    if name not in tasks:
        tasks[name] = bars.add_task(name, total=step.total, completed=step.done)
    bars.update(tasks[name], completed=step.done)


def _print_when_full(console: Console, job: Job, step: Step) -> None:
    if step.done == step.total:
        _say(console, f"{_name(step, job)}   {step.done}/{step.total}")


def _name(step: Step, job: Job) -> str:
    return f"shot {step.shot + 1}/{len(job.shots)}" if step.stage == "stylize" else "encoding"
