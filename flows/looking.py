"""What a person sees of a preview: its progress, where the sheet lies, what the whole will take."""

import argparse
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flows.options import leaf_fields, read_options
from flows.printing import printable
from flows.sweeps import Sweep, read_sweep, usual_count, usual_sheet, variant_rows
from stylecore.preview import OnPicture, Preview, PreviewRequest, described, make_preview
from stylecore.settings import VideoSettings


def show_preview(arguments: argparse.Namespace) -> None:
    """Makes a preview, and says what came of it."""
    since_start = time.process_time()
    if (arguments.frames or "").isdecimal():
        # A range has a colon; a number alone is how many are shown.
        arguments.samples, arguments.frames = arguments.samples or int(arguments.frames), None
    sweeps = [read_sweep(text) for text in arguments.sweep]
    settings = read_options(arguments, VideoSettings)
    rows, columns = variant_rows(arguments.source, arguments.style, settings, sweeps)
    request = PreviewRequest(
        source=arguments.source, rows=rows, columns=columns, root=arguments.workspace,
        sheet=arguments.output or usual_sheet(arguments.source),
        count=usual_count(sweeps) if arguments.samples is None else arguments.samples,
        overwrite=arguments.overwrite,
    )  # fmt: skip
    console = Console(quiet=arguments.quiet, highlight=False, markup=False, emoji=False)
    kept = "stopped; pictures that are finished are kept. The same command goes on:   "
    with arguments.stop.saying(lambda: f"{kept}{arguments.again}"), _bar(console) as on_picture:
        preview = make_preview(request, since_start=since_start, on_picture=on_picture)
    for line in _lines(preview, arguments, sweeps):
        console.print(printable(line), soft_wrap=True)


def _lines(preview: Preview, arguments: argparse.Namespace, sweeps: list[Sweep]) -> Iterator[str]:
    shown = ", ".join(map(str, preview.frames))
    yield f"frames  {shown}"
    if preview.kept:
        yield f"kept    {_count(preview.kept, 'frame')} that a job need not paint again"
    said = f"{arguments.style[0].name}{''.join(f', {one.name} {one.values[0]}' for one in sweeps)}"
    if preview.estimate is None:
        yield f"job     {said}: all its frames are there; what it takes could not be measured"
    else:
        yield f"job     {said}: {'; '.join(described(preview.estimate))}"
    yield f"next    {_next_command(arguments, sweeps)}"
    yield str(preview.sheet)


def _next_command(arguments: argparse.Namespace, sweeps: list[Sweep]) -> str:
    """The job of the first row."""
    first = {sweep.name: sweep.values[0] for sweep in sweeps}
    words = ["stylecore", "video", str(arguments.source), "--style", str(arguments.style[0])]
    for name in leaf_fields(VideoSettings):
        value = first.get(name, getattr(arguments, name))
        if value is not None:
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    if arguments.workspace:
        words += ["--workspace", str(arguments.workspace)]
    return shlex.join(words)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@contextmanager
def _bar(console: Console) -> Iterator[OnPicture]:
    """Shows how many pictures are painted, on a terminal."""
    columns = (TextColumn("pictures"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("pictures", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
