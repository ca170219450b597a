"""What a person sees while a job runs: facts, bars, and one last line that says what is true.

On a terminal there are bars; in a pipe there are plain lines, one a stage.
"""

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path

from rich.console import Console

from flows.bars import reporting
from flows.events import Events
from flows.jobs import why_anew
from flows.printing import printable
from flows.stopping import Stop
from flows.way import Choice, Way, prefect_ready, way_of
from stylecore.inspection.transition import TransitionFilm
from stylecore.media import require_utf8
from stylecore.pipeline import OnProgress, finish_job, open_job, space_needed, stylize_image
from stylecore.pipeline import Progress as Step
from stylecore.pipeline.folder import repainted, run_here, scan_inbox
from stylecore.pipeline.inbox import Arrival, Outcome
from stylecore.pipeline.progress import JobProgress, report_beside
from stylecore.settings import FolderSettings, ImageSettings, VideoSettings
from stylecore.store import Published, Request, Workspace


def run_video(
    request: Request,
    *,
    prefect: Choice,
    quiet: bool,
    stop: Stop,
    going_on_with: Workspace | None = None,
    events: Events | None = None,
) -> None:
    """Fulfils a request with bars, or with events in their place.

    Args:
        going_on_with: the job that was asked for by its name, which may not be the request's now.
        events: what is told of it; nothing else is printed then.
    """
    console = _console(quiet or events is not None)
    if events is not None:
        events.start(request)
    job_space, request = open_job(request)
    if going_on_with is not None and (anew := why_anew(going_on_with, job_space)):
        _say(console, anew)
    job, way = job_space.job, way_of(prefect)
    progress = JobProgress(total=job.work_count, resumed=job_space.count_finished())
    _print_facts(console, job_space, request, way)
    is_done = job_space.published(request) is not None
    _print_state(console, job_space, request, progress)
    with (
        stop.saying(partial(_what_is_kept, job_space, request)),
        reporting(console, progress, len(job.shots)) as show,
    ):
        if events is not None:
            events.planned(job_space, request, progress)
        on_progress = partial(_note, progress, show if events is None else events.progress)
        if way.is_flow:
            published = _run_with_prefect(console, way, job_space, request, on_progress)
        else:
            published = finish_job(job_space, request, on_progress=on_progress)
    keeping = _why_kept(job_space, request)
    _print_result(console, published, said=request.notes, keeping=keeping)
    if request.report:
        with stop.saying(partial(_what_is_kept, job_space, request)):
            is_written = way.is_flow or is_done
            _give_report(console, job_space, request, published, is_written=is_written)
    if events is not None:
        events.published(published, report=report_beside(published.output))


def _give_report(
    console: Console,
    job_space: Workspace,
    request: Request,
    published: Published,
    *,
    is_written: bool,
) -> None:
    """Writes the report, unless there is one, and says where it is or why there is none."""
    from stylecore.report import report_of, try_report

    written = report_of(published.output) if is_written else None
    if written is None:
        written, why_not = try_report(job_space, request, published)
        if why_not:
            print(printable(f"stylecore: {why_not}"), file=sys.stderr)
    if written is not None:
        _say(console, f"{written} (report)")


def _note(progress: JobProgress, tell: OnProgress, step: Step) -> None:
    """Counts a step, and then tells of it."""
    progress.note(step)
    tell(step)


def _print_state(
    console: Console, job_space: Workspace, request: Request, progress: JobProgress
) -> None:
    """What is to be known before the first frame: notes, and what is done already."""
    for note in request.notes:
        _say(console, f"note: {note}")
    if job_space.published(request) is not None:
        _say(console, "done before, and in place")
    if progress.resumed:
        _say(console, f"resumed: {progress.resumed} of {progress.total} frames were already done")


def _what_is_kept(job_space: Workspace, request: Request) -> str:
    """What is said after a stop."""
    published = job_space.published(request)
    if published is not None:
        return printable(f"stopped; the result is in place: {published.output}")
    root = [] if request.root is None else ["--workspace", str(request.root)]
    again = shlex.join(["stylecore", "jobs", "resume", job_space.name, *root])
    done, count = job_space.count_finished(), job_space.job.work_count
    return printable(f"stopped; {done} of {count} frames are done and kept.   {again}")


def run_image(
    source: Path,
    style: Path,
    output: Path,
    settings: ImageSettings,
    *,
    overwrite: bool,
    prefect: Choice,
    quiet: bool,
    film: TransitionFilm | None = None,
) -> None:
    """Repaints a still, and says where it is; then writes the film of its way, if there is one."""
    console, way = _console(quiet), way_of(prefect)
    _say(console, f"run     {way.described}")
    on_step = None if film is None else film.show
    if way.is_flow:
        with _prefect(console, way):
            from flows.image import stylize_image as stylize_image_as_flow
            from tasks.still import showing

            with showing(on_step):
                written = stylize_image_as_flow(
                    source, style, output, settings, overwrite=overwrite
                )
    else:
        written = stylize_image(
            source, style, output, settings, overwrite=overwrite, on_step=on_step
        )
    _say(console, str(written))
    if film is not None:
        film.write()
        _say(console, str(film.target))


def run_folder(
    inbox: Path,
    outbox: Path,
    style: Path,
    settings: FolderSettings,
    *,
    workspace: Path | None,
    prefect: Choice,
    quiet: bool,
    stop: Stop,
    again: str,
    report: bool = True,
) -> int:
    """Repaints what has arrived once; returns 1 when a file failed.

    Args:
        again: how to go on after a stop.
        report: whether to write a page about every job and an index of them.
    """
    for path in (inbox, outbox, style, *([workspace] if workspace else ())):
        require_utf8(path)
    console, way = _console(quiet), way_of(prefect)
    _say(console, f"run     {way.described}")
    outcomes: list[Outcome] = []
    found: Iterable[Outcome]
    kept = "files are done, and of the one in work every finished frame is kept."
    with stop.saying(
        lambda: f"stopped; {sum(one.status == 'done' for one in outcomes)} {kept} {again}"
    ):
        if way.is_flow:
            found = _folder_with_prefect(
                console, way, inbox, outbox, style, settings, workspace, report
            )
        else:
            arrived = scan_inbox(inbox, outbox, style, settings.video)
            after = partial(_give_report, console, is_written=False) if report else None
            found = repainted(
                arrived,
                partial(run_here, style=style, settings=settings, workspace=workspace, after=after),
                settle_seconds=settings.settle_seconds,
            )
        for outcome in found:
            outcomes.append(outcome)
            _print_outcome(console, outcome)
    if report and not way.is_flow:
        _give_index(console, outbox, arrived, outcomes)
    return int(any(outcome.status == "failed" for outcome in outcomes))


def _give_index(
    console: Console, outbox: Path, found: Sequence[Arrival], outcomes: Sequence[Outcome]
) -> None:
    """Writes the index of the results' reports, and says where it is or why not."""
    from stylecore.report.folder import try_index

    page, why_not = try_index(outbox, found, outcomes)
    if page is None:
        print(printable(f"stylecore: {why_not}"), file=sys.stderr)
    else:
        _say(console, f"{page} (reports)")


def _print_outcome(console: Console, outcome: Outcome) -> None:
    text = f"{outcome.name}: {outcome.status}  {outcome.sentence}".rstrip()
    if outcome.status == "failed":
        print(printable(text), file=sys.stderr)
    else:
        _say(console, text)


def _run_with_prefect(
    console: Console, way: Way, job_space: Workspace, request: Request, on_progress: OnProgress
) -> Published:
    with _prefect(console, way):
        from flows.video import stylize_video
        from tasks.progress import listening
        from tasks.video import handing_on

        with listening(on_progress), handing_on(job_space, request):
            return stylize_video(
                request.source,
                request.style,
                request.output,
                request.settings,
                workspace=request.root,
                overwrite=request.overwrite,
                keep=request.keep,
                report=request.report,
            )


def _folder_with_prefect(
    console: Console,
    way: Way,
    inbox: Path,
    outbox: Path,
    style: Path,
    settings: FolderSettings,
    workspace: Path | None,
    report: bool,
) -> list[Outcome]:
    with _prefect(console, way):
        from flows.folder import stylize_folder

        return stylize_folder(inbox, outbox, style, settings, workspace=workspace, report=report)


@contextmanager
def _prefect(console: Console, way: Way) -> Iterator[None]:
    console.print("starting Prefect ...", style="dim")
    with prefect_ready(way):
        yield


def _console(quiet: bool) -> Console:
    return Console(quiet=quiet, highlight=False, markup=False, emoji=False)


def _say(console: Console, text: str) -> None:
    """Prints a line; a long name is not broken in two, so that it can be copied."""
    console.print(printable(text), soft_wrap=True)


def _print_facts(console: Console, job_space: Workspace, request: Request, way: Way) -> None:
    job = job_space.job
    index = job.index
    sound = ", ".join(stream.codec for stream in index.streams if stream.kind == "audio")
    turned = ", turned upright" if index.orientation.changes else ""
    size = f"{job.width}x{job.height}"
    if (job.width, job.height) != (index.width, index.height):
        size = f"{index.width}x{index.height} to {size}"
    rate = float(Fraction(index.average_rate))
    shots = "1 shot" if len(job.shots) == 1 else f"{len(job.shots)} shots"
    _say(
        console,
        f"{request.source.name}   {size}, {rate:.6g} fps, {job.frame_count} frames, "
        f"{shots}, {sound or 'no sound'}{turned}",
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
    _say(console, f"run     {way.described}")
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
