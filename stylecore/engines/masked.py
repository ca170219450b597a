"""Blends any engine's painting with the source, as far as masks cover the frame."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from stylecore.arrays.moments import Moments
from stylecore.engines.base import FrameInput, FrameRecord, WrappingEngine, cover_of, shown_as

FAINTEST = 1e-3
"""Cover below which nothing of a style is seen."""


class MaskedEngine(WrappingEngine):
    """Has an engine paint whole frames, and shows them as far as the masks cover the frame."""

    def measure(self, frame: FrameInput) -> Moments:
        """Of the whole frame."""
        return self._engine.measure(_everywhere(frame))

    def draft(self, frames: Sequence[FrameInput]) -> list[np.ndarray | None]:
        """Of the frames that anything is painted in."""
        covered = [frame for frame in frames if _is_covered(frame)]
        if not covered:
            return [None] * len(frames)
        drafts = iter(self._engine.draft([_everywhere(frame) for frame in covered]))
        return [next(drafts) if _is_covered(frame) else None for frame in frames]

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """The painted frame where the masks are, the source where they are not."""
        if not _is_covered(frame):
            return frame.content.copy(), FrameRecord(iterations=0)
        cover = cover_of(frame.style_masks)
        if cover is None:
            return self._engine.render(_everywhere(frame))
        share = cover[..., None]

        def covered(image: np.ndarray) -> np.ndarray:
            return share * image + (1 - share) * frame.content

        whole = replace(_everywhere(frame), on_step=shown_as(frame, covered))
        image, record = self._engine.render(whole)
        return covered(image), record


def _is_covered(frame: FrameInput) -> bool:
    return frame.style_masks is None or bool(frame.style_masks.any())


def _everywhere(frame: FrameInput) -> FrameInput:
    """The frame with masks whose sum is 1 at every pixel: what is covered is decided outside."""
    masks, cover = frame.style_masks, cover_of(frame.style_masks)
    if masks is None or cover is None or len(masks) == 1:
        return replace(frame, style_masks=None)
    equal = np.full_like(masks, 1 / len(masks))
    whole = np.where(cover > FAINTEST, masks / np.maximum(cover, FAINTEST), equal)
    return replace(frame, style_masks=whole)
