"""Statistics of frames that an engine is normalised by, held steady within a shot.

A network that normalises every frame by itself pumps: what enters the picture changes the colours
of everything else. Statistics are measured at *knots*, every KNOT frames of the shot, and a frame
is painted between those of the last two knots behind it. They follow the shot with a delay of one
knot, look at no later frame, and do not depend on how the shot is cut into chunks.
"""

from collections.abc import Callable, Iterator

import numpy as np

from stylecore.arrays.images import to_float
from stylecore.engines import Engine, FrameInput
from stylecore.networks.fast import Statistics
from stylecore.store import Chunk, Workspace

KNOT = 24
"""Frames from one knot to the next: about a second."""


class HeldStatistics:
    """The statistics that each frame of a chunk is painted with."""

    def __init__(
        self,
        workspace: Workspace,
        chunk: Chunk,
        engine: Engine,
        *,
        read: Callable[[int, int], Iterator[np.ndarray]],
        guide: Callable[[int], tuple[tuple[float, ...], np.ndarray | None]],
    ) -> None:
        """
        Args:
            workspace: keeps what was measured.
            read: gives the source frames [start, stop).
            guide: gives weights and masks of the styles at a frame.
        """
        self._workspace = workspace
        self._start = chunk.shot_start
        self._engine = engine
        self._read = read
        self._guide = guide
        self._knots: dict[int, Statistics] = {}

    def at(self, frame: FrameInput) -> Statistics:
        """Between the last two knots behind the frame; empty if the engine measures nothing."""
        knots, behind = divmod(frame.number - self._start, KNOT)
        later = self._start + knots * KNOT
        if not knots:
            return self._knot(later, frame)
        share = behind / KNOT
        pairs = zip(self._knot(later - KNOT, frame), self._knot(later, frame), strict=True)
        return tuple((1 - share) * one + share * other for one, other in pairs)

    def _knot(self, number: int, frame: FrameInput) -> Statistics:
        """Measured there; ``frame`` is the one at hand."""
        if number not in self._knots:
            stored = self._workspace.load_statistics(number)
            self._knots[number] = stored if stored is not None else self._measured(number, frame)
        return self._knots[number]

    def _measured(self, number: int, frame: FrameInput) -> Statistics:
        if number != frame.number:
            source = next(iter(self._read(number, number + 1)))
            weights, masks = self._guide(number)
            frame = FrameInput(
                number=number, content=to_float(source), style_weights=weights, style_masks=masks
            )
        statistics = self._engine.measure(frame)
        if statistics:
            self._workspace.save_statistics(number, statistics)
        return statistics
