"""What is known of a job when it is done, in the words of its report."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version

from stylecore.evaluation import FrameFigures, Subject
from stylecore.evaluation.summary import means
from stylecore.evaluation.table import clock
from stylecore.media import SourceIndex
from stylecore.report.repeat import chosen_settings, repeating_command
from stylecore.report.sampling import SOURCE_ERROR, Look, excess
from stylecore.report.timing import Timing
from stylecore.store import Job, Published, Request, Workspace

Row = tuple[str, str]
NOTABLE = 0.05
"""Less than this part of the source's own error beyond it is not worth a look."""
NO_LANGUAGE = ("", "und")
SHORT_RATIO, LONG_RATIO = "short_dis_strict_ratio", "long_dis_strict_ratio"


@dataclass(frozen=True)
class ShotRow:
    """A shot as a line of the table."""

    number: int
    start: int
    stop: int
    begins: str
    begins_seconds: float
    ends_seconds: float
    chunks: tuple[int, ...]
    """First frames of its chunks but the first."""
    seconds: str
    """A frame, of painting."""
    short: str
    long: str


@dataclass(frozen=True)
class Worst:
    """A frame to look at."""

    frame: int
    shot: int
    time: str
    seconds: float
    ratio: str
    still: bytes


@dataclass(frozen=True)
class Facts:
    """Everything a report says beside its curves and its video."""

    source: str
    result: str
    styles: tuple[str, ...]
    frames: int
    summary: tuple[Row, ...]
    verified: tuple[str, ...]
    notes: tuple[str, ...]
    tracks: tuple[tuple[str, str, str], ...]
    settings: tuple[Row, ...]
    made_with: tuple[Row, ...]
    command: str
    shots: tuple[ShotRow, ...]
    resumed: tuple[tuple[int, int], ...]
    """Ranges [start, stop) of frames that were there when the last run began."""
    worst: tuple[Worst, ...]
    first: int
    """Number of the first frame in the source."""


@dataclass(frozen=True)
class Finished:
    """A job whose result is in place."""

    workspace: Workspace
    request: Request
    published: Published

    @property
    def job(self) -> Job:
        return self.workspace.job


def gathered(finished: Finished, subject: Subject, look: Look, timing: Timing) -> Facts:
    """The facts of a finished job.

    Args:
        finished: the job.
        subject, look: what was seen of source and result.
        timing: when the frames were made.
    """
    job, request, published = finished.job, finished.request, finished.published
    return Facts(
        source=request.source.name,
        result=published.output.name,
        styles=tuple(path.name for path in request.styles),
        frames=job.frame_count,
        summary=tuple(_summary(job, subject, look, timing)),
        verified=published.verified,
        notes=published.notes,
        tracks=tuple(_tracks(job.index, subject.made.index if subject.made else None)),
        settings=tuple(_settings(request)),
        made_with=tuple(_made_with(job)),
        command=repeating_command(request),
        shots=tuple(_shot_rows(job, subject, look, timing.pace)),
        resumed=timing.resumed,
        worst=tuple(_worst(look)),
        first=job.start,
    )


def _summary(job: Job, subject: Subject, look: Look, timing: Timing) -> Iterable[Row]:
    shots = "1 shot" if len(job.shots) == 1 else f"{len(job.shots)} shots"
    length = clock(float(subject.excerpt.boundaries()[-1] - subject.excerpt.boundaries()[0]))
    yield "length", f"{job.frame_count} frames, {length}, {shots}"
    yield "size", f"{job.width}x{job.height}"
    if timing.pace:
        usual = statistics.median(timing.pace.values())
        yield "painting", f"{duration(sum(timing.pace.values()))}; median frame {usual:.2g} s"
    if timing.resumed:
        count = timing.resumed_count
        yield "resumed", f"{count} of {job.frame_count} frames were there when the last run began"
    if timing.made_again:
        yield "made again", f"{timing.made_again} files were found damaged"
    figures = means(one.figures for one in look.figures)
    for name, title in ((SHORT_RATIO, "short"), (LONG_RATIO, "long")):
        if name in figures:
            yield f"steadiness, {title}", f"{figures[name]:.2f} times the source's own change"
    if "sharpness" in figures:
        share = figures["sharpness"] / max(figures["sharpness_source"], 1e-9)
        yield "sharpness", f"{share:.2f} times the source's"


def _settings(request: Request) -> Iterable[Row]:
    settings = request.settings
    yield "engine", settings.engine
    for name, value in chosen_settings(settings).items():
        if name != "engine":
            yield name.replace("_", " "), value


def _made_with(job: Job) -> Iterable[Row]:
    yield "stylecore", version("stylecore")
    networks = {"gatys": job.settings.gatys.features, "fast": job.settings.fast.model}
    if job.settings.engine in networks:
        yield "network", networks[job.settings.engine]
    for fact, name in ((job.source, "source"), (job.style, "style")):
        yield f"sha256 of the {name}", fact.sha256[:16]
    yield "job", job.key[:12]
    yield from sorted(job.made_with.items())


def _tracks(source: SourceIndex, result: SourceIndex | None) -> Iterable[tuple[str, str, str]]:
    """(kind, in the source, in the result) of every track."""
    yield "picture", _picture(source), _picture(result) if result else "frames"
    kinds = dict.fromkeys(stream.kind for stream in source.streams)
    for kind in kinds:
        theirs = _streams(source, kind)
        ours = _streams(result, kind) if result else []
        for place, track in enumerate(theirs):
            yield kind, track, ours[place] if place < len(ours) else "left out"
    yield "container", _spaced(source), _spaced(result) if result else "a folder of frames"


def _spaced(index: SourceIndex) -> str:
    """Names of a family of containers, which may be broken into lines."""
    return ", ".join(index.container.split(","))


def _picture(index: SourceIndex) -> str:
    rate = float(Fraction(index.average_rate))
    return (
        f"{index.width}x{index.height}, {index.frame_count} frames, {rate:.6g} a second, "
        f"{index.pixel_format}"
    )


def _streams(index: SourceIndex, kind: str) -> list[str]:
    return [
        f"{stream.codec}{f' ({stream.language})' if stream.language not in NO_LANGUAGE else ''}"
        for stream in index.streams
        if stream.kind == kind
    ]


def _shot_rows(
    job: Job, subject: Subject, look: Look, pace: Mapping[int, float]
) -> Iterable[ShotRow]:
    ends = subject.excerpt.boundaries()
    for number, (start, stop) in enumerate(job.shots, start=1):
        spent = [pace[frame] for frame in range(start, stop) if frame in pace]
        figures = means(one.figures for one in look.figures if one.shot == number)
        starts = {chunk.start for chunk in job.chunks if chunk.shot_start == start}
        begins, ended = (float(ends[frame - job.start]) for frame in (start, stop))
        zero = float(ends[0])
        yield ShotRow(
            number=number, start=start, stop=stop,
            begins=clock(begins - zero), begins_seconds=begins - zero, ends_seconds=ended - zero,
            chunks=tuple(sorted(starts - {start})),
            seconds=f"{statistics.fmean(spent):.2g}" if spent else "",
            short=_times(figures.get(SHORT_RATIO)), long=_times(figures.get(LONG_RATIO)),
        )  # fmt: skip


def _worst(look: Look) -> Iterable[Worst]:
    for one in look.worst():
        if one.frame in look.stills and excess(one) > NOTABLE * one.figures[SOURCE_ERROR]:
            yield Worst(
                frame=one.frame, shot=one.shot, time=clock(one.time), seconds=one.time,
                ratio=_ratio_of(one), still=look.stills[one.frame],
            )  # fmt: skip


def _ratio_of(one: FrameFigures) -> str:
    return _times(means([one.figures]).get(SHORT_RATIO))


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def duration(seconds: float) -> str:
    """``3 h 12 min``, ``4 min 05 s`` or ``7.3 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
