"""Paints luminance alone with any engine, in the source's chroma (Gatys et al. 2017, sec. 5.2)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from stylecore.arrays.light import grey, merge_chroma
from stylecore.arrays.moments import Moments
from stylecore.engines.base import FrameInput, FrameRecord, WrappingEngine, shown_as


class LuminanceEngine(WrappingEngine):
    """Has an engine paint in greys, and gives every frame the colours of its source.

    The styles that it is given are grey already.
    """

    def measure(self, frame: FrameInput) -> Moments:
        """Of the frame in greys."""
        return self._engine.measure(frame.mapped(grey))

    def draft(self, frames: Sequence[FrameInput]) -> list[np.ndarray | None]:
        """In greys."""
        return self._engine.draft([frame.mapped(grey) for frame in frames])

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Stored frames have colours, which are the source's: their greys are what was painted."""
        in_colours = partial(merge_chroma, source=frame.content)
        greys = replace(frame.mapped(grey), on_step=shown_as(frame, in_colours))
        image, record = self._engine.render(greys)
        return in_colours(image), record
