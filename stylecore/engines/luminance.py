"""Painting of light alone (Gatys et al. 2017, section 5.2), around any engine."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stylecore.arrays.moments import Moments
from stylecore.engines.base import FrameInput, FrameRecord, WrappingEngine
from stylecore.sequence.style_plan import grey, in_colours_of


class LuminanceEngine(WrappingEngine):
    """Has an engine paint in greys, and gives every frame the colours of its source.

    The styles that it is given are grey already.
    """

    def measure(self, frame: FrameInput) -> Moments:
        """Of the frame in greys."""
        return self._engine.measure(_without_colours(frame))

    def draft(self, frames: Sequence[FrameInput]) -> list[np.ndarray | None]:
        """In greys."""
        return self._engine.draft([_without_colours(frame) for frame in frames])

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Stored frames have colours, which are the source's: their greys are what was painted."""
        image, record = self._engine.render(_without_colours(frame))
        return in_colours_of(image, frame.content), record


def _without_colours(frame: FrameInput) -> FrameInput:
    return replace(
        frame,
        content=grey(frame.content),
        previous=_grey(frame.previous),
        warped=_grey(frame.warped),
        previous_pass=_grey(frame.previous_pass),
        references=tuple(replace(one, image=grey(one.image)) for one in frame.references),
    )


def _grey(image: np.ndarray | None) -> np.ndarray | None:
    return None if image is None else grey(image)
