"""One shot's frames in order: what they are compared with, started from, held to and painted in."""

from collections.abc import Callable, Iterator

import numpy as np

ReadFrames = Callable[[int, int], Iterator[np.ndarray]]
"""Gives the source frames [start, stop) at the job's size, (H, W, 3) RGB uint8 or uint16."""
StyleAt = Callable[[int], tuple[tuple[float, ...], np.ndarray | None]]
"""Weights and masks of the styles at a frame (see ``FrameInput``)."""
