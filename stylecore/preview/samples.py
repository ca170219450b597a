"""Frames of a job, painted before it: those that it would paint just so are its own from then on.

A frame that takes nothing from others, or begins its shot, becomes the same whether the job paints
it in its turn or a preview does: it goes through ``stylize_chunk`` into the job's own workspace.
Any other frame depends on all those before it; a preview paints it as if a shot began there, and
keeps it apart from the job's, for other previews.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from stylecore.arrays.images import to_float
from stylecore.media import read_frames
from stylecore.pipeline import stylize_alone, stylize_chunk
from stylecore.settings import VideoSettings
from stylecore.store import Job, Request, Workspace


def paints_alone(settings: VideoSettings) -> bool:
    """Whether each frame is painted once, and takes nothing from others."""
    return not settings.needs_previous and settings.passes == 1


def is_exact(job: Job, number: int) -> bool:
    """Whether the job paints a frame as a preview does, byte for byte."""
    begins_shot = any(start == number for start, _ in job.shots)
    return paints_alone(job.settings) or (begins_shot and job.settings.passes == 1)


@dataclass
class Samples:
    """Frames of one job that a preview paints."""

    workspace: Workspace
    request: Request
    first_seconds: list[float] = field(default_factory=list)
    """Of each frame that was painted as the first of a shot, in order."""
    repass_seconds: list[float] = field(default_factory=list)
    """Of each frame that was painted again, in a pass that follows."""

    @property
    def job(self) -> Job:
        return self.workspace.job

    def paint(self, number: int) -> None:
        """Paints a frame unless it is there."""
        if is_exact(self.job, number):
            self.paint_in_turn([number], seconds=self.first_seconds)
            return
        for pass_number in range(1, self.job.settings.passes + 1):
            began = time.perf_counter()
            if stylize_alone(self.workspace, number, self.request, pass_number):
                seconds = self.first_seconds if pass_number == 1 else self.repass_seconds
                seconds.append(time.perf_counter() - began)

    def paint_in_turn(self, numbers: Collection[int], *, seconds: list[float]) -> None:
        """Paints frames of the job's first pass, all before which in their shot are there.

        Args:
            seconds: gets how long it took, for each frame that was missing.
        """
        for chunk in self.job.chunks:
            if chunk.pass_number == 1 and any(
                chunk.start <= number < chunk.stop for number in numbers
            ):
                began = time.perf_counter()
                made = stylize_chunk(self.workspace, chunk, self.request, only=numbers)
                seconds += [(time.perf_counter() - began) / max(1, made)] * made

    def picture(self, number: int) -> np.ndarray:
        """A painted frame, (H, W, 3) float32 RGB in [0, 1]."""
        store = self.workspace if is_exact(self.job, number) else self.workspace.samples()
        return to_float(store.load_frame(number))

    def source_picture(self, number: int) -> np.ndarray:
        """The same frame of the source, at the job's size."""
        part = self.job.excerpt(self.request.source).part(number, number + 1)
        (frame,) = read_frames(part, size=(self.job.width, self.job.height))
        return to_float(frame)
