"""Moments of frames that an engine is normalised by, held steady within a shot.

A network that normalises every frame by itself pumps: what enters the picture changes the colours
of everything else. Moments are measured at *knots*, every KNOT frames of the shot, and a frame
is painted between those of the last two knots behind it. They follow the shot with a delay of one
knot, look at no later frame, and do not depend on how the shot is cut into chunks.
"""

from stylecore.arrays.images import to_float
from stylecore.arrays.moments import Moments, between
from stylecore.engines import Engine, FrameInput
from stylecore.sequence import ReadFrames, StyleAt
from stylecore.store import Chunk, Workspace

KNOT = 24
"""Frames from one knot to the next: about a second."""


class ShotMoments:
    """The moments that each frame of a chunk is painted with."""

    def __init__(
        self,
        workspace: Workspace,
        chunk: Chunk,
        engine: Engine,
        *,
        read: ReadFrames,
        style_at: StyleAt,
    ) -> None:
        """
        Args:
            workspace: keeps what was measured.
            read: gives the source frames [start, stop).
            style_at: gives weights and masks of the styles at a frame.
        """
        self._workspace = workspace
        self._start = chunk.shot_start
        self._engine = engine
        self._read = read
        self._style_at = style_at
        self._knots: dict[int, Moments] = {}

    def at(self, frame: FrameInput) -> Moments:
        """Between the last two knots behind the frame; empty if the engine measures nothing."""
        knots, behind = divmod(frame.number - self._start, KNOT)
        later = self._start + knots * KNOT
        if not knots:
            return self._knot(later, frame)
        share = behind / KNOT
        return between(self._knot(later - KNOT, frame), self._knot(later, frame), share)

    def _knot(self, number: int, frame: FrameInput) -> Moments:
        """Measured there; ``frame`` is the one at hand."""
        if number not in self._knots:
            stored = self._workspace.load_statistics(number)
            self._knots[number] = stored if stored is not None else self._measured(number, frame)
        return self._knots[number]

    def _measured(self, number: int, frame: FrameInput) -> Moments:
        if number != frame.number:
            source = next(iter(self._read(number, number + 1)))
            weights, masks = self._style_at(number)
            frame = FrameInput(
                number=number, content=to_float(source), style_weights=weights, style_masks=masks
            )
        moments = self._engine.measure(frame)
        if moments:
            self._workspace.save_statistics(number, moments)
        return moments
