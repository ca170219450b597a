"""A preview: some frames in each of several choices on one sheet, and what the whole would take."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from stylecore.errors import OutputError, OutputExistsError, SettingsError
from stylecore.media import check_output, check_picture_name, fitting_name, rehearse, write_picture
from stylecore.pipeline import plan_job
from stylecore.preview.choosing import representative_frames
from stylecore.preview.costs import Meter
from stylecore.preview.estimate import Costs, Estimate, Extent, estimate_job
from stylecore.preview.samples import Samples
from stylecore.preview.sheet import SheetRow, preview_sheet
from stylecore.runtime.versions import made_with
from stylecore.settings import VideoSettings
from stylecore.store import Job, Request

MOST_PICTURES = 200
"""On one sheet; nobody looks at more."""

OnPicture = Callable[[int, int], None]
"""Is told how many of how many pictures are painted."""


class Variant(BaseModel):
    """One way to paint a video: a job that may follow the preview."""

    model_config = ConfigDict(frozen=True)
    style: Path
    settings: VideoSettings = VideoSettings()
    output: Path
    """The job's result, for how it will be encoded; a preview writes nothing there."""


class VariantRow(BaseModel):
    """Variants that stand side by side on the sheet."""

    model_config = ConfigDict(frozen=True)
    label: str
    variants: tuple[Variant, ...]


class PreviewRequest(BaseModel):
    """What a person wants to see before a job."""

    model_config = ConfigDict(frozen=True)
    source: Path
    rows: tuple[VariantRow, ...]
    """At least one, all of one length; the first variant of the first is the one whose job is
    estimated."""
    sheet: Path
    """Where the page goes; its suffix names the format."""
    columns: tuple[str, ...] = ("",)
    """What is said of each variant of a row, beside the frame."""
    count: int = 4
    """Frames that are shown."""
    root: Path | None = None
    """Folder of all workspaces; ``default_root()`` when None."""
    overwrite: bool = False
    """Replace an existing page."""


class Preview(BaseModel):
    """What came of it."""

    model_config = ConfigDict(frozen=True)
    sheet: Path
    frames: tuple[int, ...]
    """Numbers of those on the page."""
    estimate: Estimate | None
    """Of the first variant; None where all its frames were there, and nothing could be measured."""
    kept: int
    """Frames that the jobs of the variants have now, and need not paint."""


def make_preview(
    request: PreviewRequest,
    *,
    since_start: float = 0.0,
    on_picture: OnPicture = lambda done, total: None,
) -> Preview:
    """Paints some frames in every variant, writes them on one page, and estimates the whole job.

    Each variant's job is planned, and goes on later from the frames that are just as it would
    paint them.

    Args:
        request: what to show.
        since_start: seconds that the program has taken by now, which a job takes as well.
        on_picture: called before the first picture and after each.

    Raises:
        StyleError: in one sentence; frames that are finished are kept, and no page is written.
    """
    _check(request)
    jobs = _Jobs(request)
    frames = representative_frames(
        jobs.base.excerpt(request.source), jobs.base.shots, request.count
    )
    total = len(frames) * len(jobs.every)
    on_picture(0, total)
    costs = jobs.read_costs()
    meter = None if costs else Meter(jobs.every[0], frames, since_start=since_start)
    if meter:
        meter.warm_up()
    done = 0
    for samples in jobs.every:
        for number in frames:
            samples.paint(number)
            done += 1
            on_picture(done, total)
        if meter and samples is jobs.every[0]:
            costs = meter.costs(jobs.output, planning=jobs.planning)
            jobs.write_costs(costs)
    write_picture(request.sheet, _page(request, jobs, frames))
    return Preview(
        sheet=request.sheet, frames=tuple(frames), estimate=jobs.estimate(costs),
        kept=jobs.count_kept(),
    )  # fmt: skip


def _check(request: PreviewRequest) -> None:
    check_picture_name(request.sheet)
    given = {request.source, *(one.style for row in request.rows for one in row.variants)}
    if request.sheet.absolute() in {path.absolute() for path in given}:
        raise SettingsError(
            f"{request.sheet} is one of the pictures that the preview is made from; choose another "
            "name with -o."
        )
    if request.sheet.exists() and not request.overwrite:
        raise OutputExistsError(request.sheet)
    if not request.sheet.absolute().parent.is_dir():
        raise OutputError(f"There is no folder {request.sheet.absolute().parent}; make it first.")
    pictures = request.count * sum(len(row.variants) for row in request.rows)
    if request.count < 1 or pictures > MOST_PICTURES:
        raise SettingsError(
            f"A preview shows 1 to {MOST_PICTURES} pictures, and this one would show {pictures}: "
            "choose another number of frames, or fewer styles or values."
        )


class _Jobs:
    """The jobs of all variants, planned; what is known of the source is found once."""

    def __init__(self, request: PreviewRequest) -> None:
        self._request = request
        self.every: list[Samples] = []
        began = time.perf_counter()
        for variant in (one for row in request.rows for one in row.variants):
            asked = Request(
                source=request.source, style=variant.style, output=variant.output,
                settings=variant.settings, root=request.root,
            )  # fmt: skip
            like = self.every[0].job if self.every else None
            space, asked = plan_job(asked, like=like)
            # What is asked of the job for now is the page: its own result may be there or not.
            asked = asked.model_copy(update={"output": request.sheet.absolute()})
            self.every.append(Samples(space, asked))
            if len(self.every) == 1:
                self.output = self._rehearsed(variant)
                self.planning = time.perf_counter() - began

    @property
    def base(self) -> Job:
        return self.every[0].job

    def _rehearsed(self, variant: Variant) -> Path:
        """The output of the first job under the name of what can hold it, after a rehearsal."""
        job, source, encoding = self.base, self.every[0].request.source, variant.settings.output
        output, _ = fitting_name(variant.output.absolute(), source, job.index, encoding)
        size = job.width, job.height
        check_output(output, encoding, index=job.index, size=size)
        with self.every[0].workspace.rehearsing() as folder:
            rehearse(job.excerpt(source), output, encoding, size=size, folder=folder)
        return output

    def read_costs(self) -> Costs | None:
        """As an earlier preview has measured them on this machine."""
        costs = self.every[0].workspace.samples().read_measured(Costs)
        return costs if costs and costs.made_with == made_with() else None

    def write_costs(self, costs: Costs | None) -> None:
        if costs is not None:
            self.every[0].workspace.samples().write_measured(costs)

    def estimate(self, costs: Costs | None) -> Estimate | None:
        shots = tuple(stop - start for start, stop in self.base.shots)
        extent = Extent(shots, done=self.every[0].workspace.count_finished())
        return estimate_job(costs, extent, self.base.settings) if costs else None

    def count_kept(self) -> int:
        spaces = {samples.workspace.folder: samples.workspace for samples in self.every}
        return sum(space.count_finished() for space in spaces.values())


def _page(request: PreviewRequest, jobs: _Jobs, frames: Sequence[int]) -> np.ndarray:
    source = [jobs.every[0].source_picture(number) for number in frames]
    columns = [_column(jobs.base, number, said) for number in frames for said in request.columns]
    above = [frame for frame in source for _ in request.columns]
    return preview_sheet(columns, above, _rows(request, jobs, frames))


def _rows(request: PreviewRequest, jobs: _Jobs, frames: Sequence[int]) -> Iterator[SheetRow]:
    """Row by row, since all pictures at once may not fit into memory."""
    remaining = iter(jobs.every)
    for row in request.rows:
        side_by_side = list(islice(remaining, len(row.variants)))
        pictures = [one.picture(number) for number in frames for one in side_by_side]
        yield SheetRow(row.label, pictures)


def _column(job: Job, number: int, said: str) -> str:
    """``frame 41 · 0:01.7 · shot 2 of 3``."""
    seconds = float((job.index.pts[number] - job.index.pts[0]) * job.index.seconds_per_unit)
    shot = next(k for k, (start, stop) in enumerate(job.shots, start=1) if start <= number < stop)
    time_shown = f"{int(seconds // 60)}:{seconds % 60:04.1f}"
    where = f"frame {number} · {time_shown} · shot {shot} of {len(job.shots)}"
    return f"{where} · {said}" if said else where
