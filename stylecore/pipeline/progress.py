"""How far a job is: what its steps tell, and what follows for the whole of it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

RECENT = 30
"""Frames that the speed is measured over: a whole job's mean would lag behind long shots."""


@dataclass(frozen=True)
class Progress:
    """How far one shot is, or the encoding: ``done`` of ``total`` frames."""

    stage: Literal["stylize", "assemble"]
    done: int
    total: int
    shot: int = 0
    frame: int | None = None
    """Number of the frame that was just made; None where frames were found done."""
    losses: Mapping[str, float] = field(default_factory=dict)
    """Of that frame: ``FrameRecord.losses``."""
    pass_number: int = 1


OnProgress = Callable[[Progress], None]


class JobProgress:
    """How far the whole job is, how quick it is, and how long it will take; in any thread."""

    def __init__(
        self, *, total: int, resumed: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            total: frames to be made in all passes: ``Job.work_count``.
            resumed: frames that were done before.
            clock: seconds from any moment on.
        """
        self.total, self.resumed, self.made = total, resumed, 0
        self._clock = clock
        self._moments = deque([clock()], RECENT + 1)
        self._lock = threading.Lock()

    @property
    def done(self) -> int:
        return min(self.total, self.resumed + self.made)

    @property
    def frames_a_second(self) -> float | None:
        """Of the last frames that were made; None before the first."""
        with self._lock:
            passed = self._moments[-1] - self._moments[0]
            return (len(self._moments) - 1) / passed if passed > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Until the last frame of the last shot is made; None before the first one is."""
        speed = self.frames_a_second
        return None if speed is None else (self.total - self.done) / speed

    def note(self, progress: Progress) -> None:
        """Takes what a step tells."""
        if progress.frame is not None:
            with self._lock:
                self.made += 1
                self._moments.append(self._clock())


def report_beside(output: Path) -> Path | None:
    """The page about a result, where one lies beside it."""
    usual, longer = output.with_suffix(".html"), output.with_name(f"{output.name}.html")
    return next((page for page in (longer, usual) if page.is_file()), None)
