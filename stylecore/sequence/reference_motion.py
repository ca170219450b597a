"""Optical flow, consistency mask and light change from every reference frame to the current one,
from source frames only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from stylecore.arrays.light import light_change
from stylecore.arrays.motion import trusted_motion
from stylecore.sequence import ReadFrames
from stylecore.store import Chunk, Workspace


@dataclass(frozen=True)
class Move:
    """The way from a reference frame onto this one."""

    other: int
    motion: np.ndarray
    """(H, W, 2), from this frame towards the other."""
    mask: np.ndarray
    """(H, W)."""
    light: np.ndarray | None
    """Change of light (see ``light_change``); None where it is ignored."""


MovedFrame = tuple[int, np.ndarray, list[Move]]
"""(number, source frame, moves onto it): from the frame before first, from the anchor last."""


class ReferenceMotion:
    """The moves from reference frames onto each frame of a chunk."""

    def __init__(self, workspace: Workspace, chunk: Chunk, read: ReadFrames) -> None:
        self._settings = workspace.job.settings
        self._chunk = chunk
        self._read = read
        self._recent: dict[int, np.ndarray] = {}

    @property
    def reach(self) -> int:
        """How many frames before a frame its source is compared with."""
        return max((1, *self._settings.far_references)) if self._settings.needs_motion else 0

    def for_frames(
        self, sources: Iterable[tuple[int, np.ndarray]], missing: frozenset[int]
    ) -> Iterator[MovedFrame]:
        """(number, source, moves) of the ``missing`` frames among the sources, in their order."""
        for number, frame in sources:
            if number in missing:
                yield number, frame, list(self._onto(number, frame))
            if self.reach:
                self._recent[number] = frame
                self._recent.pop(number - self._chunk.step * self.reach, None)

    def _onto(self, number: int, frame: np.ndarray) -> Iterator[Move]:
        """The frame before, those further away from near to far, and the first of the pass."""
        chunk, settings = self._chunk, self._settings
        if number == chunk.anchor or not settings.needs_motion:
            return
        yield self._move(number - chunk.step, frame)
        for distance in settings.far_references:
            if distance == 1:
                continue
            other = number - chunk.step * distance
            if chunk.shot_start <= other < chunk.shot_stop:
                yield self._move(other, frame)
        if settings.drift_control and abs(number - chunk.anchor) > 1:
            yield self._move(chunk.anchor, frame)

    def _move(self, other: int, frame: np.ndarray) -> Move:
        if other not in self._recent:
            self._recent[other] = next(iter(self._read(other, other + 1)))
        source = self._recent[other]
        motion, mask = trusted_motion(frame, source, effort=self._settings.motion_effort)
        follows = self._settings.light == "follow"
        light = light_change(frame, source, motion, mask) if follows else None
        return Move(other, motion, mask, light)
