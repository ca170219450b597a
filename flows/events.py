"""What happens to a job as lines of JSON, for other programs; ``docs/progress.md`` describes them.

Whoever reads them may go away at any moment: the job goes on without being heard.
"""

import json
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from stylecore.pipeline.progress import JobProgress, Progress
from stylecore.store import Published, Request, Workspace

SCHEMA = 1
"""Raised when the meaning of an event or of one of its fields changes, or one goes; not when any
are added."""


class Events:
    """Writes an event a line; its methods are the events, in the order in which they come."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()
        self._job: JobProgress | None = None

    def start(self, request: Request) -> None:
        """Something was asked for; nothing has been looked at."""
        given = request.absolute()
        self._job = None
        self._tell("start", source=given.source, style=given.style, output=given.output)

    def planned(self, job_space: Workspace, request: Request, progress: JobProgress) -> None:
        """The job is known, and what of it is done."""
        job = job_space.job
        self._job = progress
        self._tell(
            "planned", job=job_space.name, workspace=job_space.folder, output=request.output,
            engine=job.settings.engine, width=job.width, height=job.height,
            frames=job.frame_count, shots=[list(shot) for shot in job.shots],
            done=progress.done, total=progress.total, notes=[*job.notes, *request.notes],
        )  # fmt: skip

    def progress(self, step: Progress) -> None:
        """``frame``, ``shot`` or ``encoding``."""
        job = self._job
        if step.stage == "assemble":
            self._tell("encoding", done=step.done, total=step.total)
            return
        if step.frame is not None and job is not None:
            self._tell(
                "frame", frame=step.frame, shot=step.shot, pass_number=step.pass_number,
                done=job.done, total=job.total,
                frames_a_second=_rounded(job.frames_a_second),
                seconds_left=_rounded(job.seconds_left),
                losses={name: _rounded(loss) for name, loss in step.losses.items()},
            )  # fmt: skip
        if step.done == step.total:
            self._tell("shot", shot=step.shot, frames=step.total)

    def published(self, published: Published, *, report: Path | None) -> None:
        """The result is in its place, verified."""
        self._tell(
            "published", output=published.output, frames=published.frames,
            verified=published.verified, notes=published.notes, report=report,
        )  # fmt: skip

    def failed(self, sentence: str, status: int) -> None:
        """It cannot go on; the command ends with ``status``."""
        self._tell("failed", sentence=sentence, status=status, **self._kept())

    def stopped(self, sentence: str, status: int) -> None:
        """It was told to stop; the command ends with ``status``."""
        self._tell("stopped", sentence=sentence, status=status, **self._kept())

    def _kept(self) -> dict[str, Any]:
        return {} if self._job is None else {"done": self._job.done, "total": self._job.total}

    def _tell(self, event: str, **facts: Any) -> None:
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"schema": SCHEMA, "event": event, "time": moment, **facts}, default=str)
        with self._lock:
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except OSError:
                # Nobody listens any more; what is buffered must not fail again when it is closed.
                with Path(os.devnull).open("wb") as nowhere:
                    os.dup2(nowhere.fileno(), self._stream.fileno())


def _rounded(number: float | None) -> float | None:
    """To six digits, as JSON can hold it."""
    if number is None or number != number or abs(number) == float("inf"):
        return None
    return float(f"{number:.6g}")
