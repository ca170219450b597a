"""Bars of a job on a terminal: the whole film, and the shots in work; in a pipe, a line a shot."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Column

from flows.printing import printable
from stylecore.pipeline.progress import JobProgress, OnProgress
from stylecore.pipeline.progress import Progress as Step

WIDTH = 20
"""Of a bar in letters, so that all fits into 80."""


@contextmanager
def reporting(console: Console, job: JobProgress, shots: int) -> Iterator[OnProgress]:
    """Shows progress while the context lasts.

    Args:
        job: of the whole; is told of every step before.
        shots: how many there are.
    """
    if not console.is_terminal:
        yield partial(_print_when_full, console, job, shots)
        return
    with Progress(
        TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=12)),
        BarColumn(WIDTH),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[told]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console,
    ) as bars:
        yield _Bars(bars, job, shots).move


class _Bars:
    """The bar of the film, and below it those of the shots that are not done."""

    def __init__(self, bars: Progress, job: JobProgress, shots: int) -> None:
        self._bars, self._job, self._shots = bars, job, shots
        self._tasks: dict[str, TaskID] = {}
        told = f"{job.resumed} done before" if job.resumed else ""
        self._film = bars.add_task("film", total=job.total, completed=job.done, told=told)

    def move(self, step: Step) -> None:
        name = name_of(step, self._shots)
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=step.total, told="")
        is_shot = step.stage == "stylize"
        is_over = is_shot and step.done == step.total and self._shots > 1
        self._bars.update(self._tasks[name], completed=step.done, visible=not is_over)
        self._tell(self._tasks[name], losses_line(step.losses))
        if is_shot:
            self._bars.update(self._film, completed=self._job.done)
            self._tell(self._film, speed_line(self._job))

    def _tell(self, task: TaskID, text: str) -> None:
        if text:
            self._bars.update(task, told=text)


def _print_when_full(console: Console, job: JobProgress, shots: int, step: Step) -> None:
    if step.done == step.total:
        told = speed_line(job) if step.stage == "stylize" else ""
        line = f"{name_of(step, shots)}   {step.done}/{step.total}   {told}".rstrip()
        console.print(printable(line), soft_wrap=True)


def name_of(step: Step, shots: int) -> str:
    """``shot 2/7`` or ``encoding``."""
    return f"shot {step.shot + 1}/{shots}" if step.stage == "stylize" else "encoding"


def speed_line(job: JobProgress) -> str:
    """``9.80 frames/s   1:12 left``, of the whole job; empty before the first frame."""
    speed, left = job.frames_a_second, job.seconds_left
    if speed is None or left is None:
        return ""
    shown = f"{speed:.2f} frames/s" if speed >= 0.1 else f"{1 / speed:.0f} s a frame"
    return f"{shown}   {time_span(left)} left" if job.done < job.total else shown


def time_span(seconds: float) -> str:
    """``1:12`` minutes, or ``2:01:12`` hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def losses_line(losses: Mapping[str, float]) -> str:
    """``style 0.0123  content 0.45``; the total of them says little beside."""
    return "  ".join(f"{name} {loss:.3g}" for name, loss in losses.items() if name != "total")
