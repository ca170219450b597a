"""The report of one job, and the index of a folder's."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stylecore.errors import StoreError, StyleError
from stylecore.evaluation import subject_of_job
from stylecore.report.curves import drawn_curves
from stylecore.report.facts import Finished, duration, gathered
from stylecore.report.page import report_path, write_page
from stylecore.report.sampling import look_through
from stylecore.report.timing import timed
from stylecore.store import Published, Request, Workspace

PROXY = "proxy.mp4"


@dataclass(frozen=True)
class Written:
    """A report, and what it took."""

    path: Path
    seconds: float


def write_report(workspace: Workspace, request: Request, published: Published) -> Written:
    """Writes one HTML file beside a result; an earlier one about it is replaced, nothing else.

    Args:
        workspace: of the job.
        request: what was asked for.
        published: the result, in place.

    Raises:
        StyleError: source or result cannot be read any more, or the page cannot be written.
        OSError: there is no space for temporary files.
    """
    began = time.perf_counter()
    path = report_path(published.output)
    subject = subject_of_job(workspace, published, source=request.source)
    with tempfile.TemporaryDirectory(prefix="stylecore-report-") as folder:
        proxy = Path(folder) / PROXY
        look = look_through(subject, proxy)
        video = proxy.read_bytes()
    timing = timed(workspace, request)
    facts = gathered(Finished(workspace, request, published), subject, look, timing)
    numbers = range(subject.excerpt.start, subject.excerpt.stop)
    frames = [(number, subject.time(number)) for number in numbers]
    curves = drawn_curves(frames, look.figures, workspace.records(), timing.pace)
    seconds = time.perf_counter() - began
    data = {
        "first": facts.first,
        "frames": facts.frames,
        "seconds": float(subject.excerpt.boundaries()[-1] - subject.excerpt.boundaries()[0]),
        "size": look.size,
        "step": look.step,
        "shown": [[number, round(shown, 4)] for number, shown in look.shown],
        "shots": [[shot.start, shot.stop, shot.begins_seconds, shot.ends_seconds]
                  for shot in facts.shots],
        "curves": curves.as_json(),
    }  # fmt: skip
    write_page(
        path, "report.html", subject=published.output.name, facts=facts, data=data, video=video,
        took=duration(seconds),
    )  # fmt: skip
    return Written(path, time.perf_counter() - began)


def try_report(
    workspace: Workspace, request: Request, published: Published
) -> tuple[Path | None, str]:
    """The report's path, or a sentence why there is none: its failure is not one of the job."""
    try:
        return write_report(workspace, request, published).path, ""
    except StyleError as error:
        return None, f"No report was written: {error}"
    except Exception as error:
        return None, (
            f"No report was written: {type(error).__name__}: {error}. The result is not concerned; "
            f"stylecore report {workspace.name} tries it again."
        )


def report_of(output: Path) -> Path | None:
    """Where the report of a result is, if there is one."""
    try:
        path = report_path(output)
    except (StyleError, OSError):
        return None
    return path if path.is_file() else None


def finished_request(workspace: Workspace, output: Path | None = None) -> tuple[Request, Published]:
    """What was asked of a job and came of it: the result at ``output``, or the last one.

    Raises:
        StoreError: there is no such result in place.
    """
    for request in reversed(workspace.requests()):
        if output is not None and request.output != output.absolute():
            continue
        published = workspace.published(request)
        if published is not None:
            return request, published
    raise StoreError(
        f"{workspace.name} has no result in place, and a report is about one: go on with "
        f"stylecore jobs resume {workspace.name}."
    )
