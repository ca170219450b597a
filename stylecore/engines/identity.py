"""Changes nothing: shows whether the way from file to file is clean."""

from collections.abc import Sequence

import numpy as np

from stylecore.engines.base import Engine, FrameInput, FrameRecord


class IdentityEngine(Engine):
    """Returns every frame as it came."""

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Nothing to prepare."""

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """The source frame itself."""
        return frame.content.copy(), FrameRecord(iterations=0)
