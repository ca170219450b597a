"""Pads pictures that are smaller than a network's largest step; results are cropped again."""

from dataclasses import replace

import cv2
import numpy as np

from stylecore.engines.base import FrameInput, OnStep

LEAST_SIDE = 16
"""Pixels: what one position of the deepest layers sees of a frame."""
LEAST_STYLE = 32
"""Pixels of a style on either side: two positions, so that it has something to vary between."""


def large_enough(shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width at which a frame of ``shape`` can be looked at."""
    return max(shape[0], LEAST_SIDE), max(shape[1], LEAST_SIDE)


def continued(frame: FrameInput) -> FrameInput:
    """A frame, with all that is known of others, whose last rows and columns repeat until both
    sides are LEAST_SIDE; the same one if they are that already."""
    shape = frame.content.shape[:2]
    if large_enough(shape) == shape:
        return frame
    return replace(frame.mapped(_repeated, _repeated), on_step=_cut_to(shape, frame.on_step))


def mirrored(style: np.ndarray) -> np.ndarray:
    """A style picture (h, w, 3) whose shorter sides are continued in a mirror to LEAST_STYLE: a
    strip of colours keeps its colours and its edges."""
    height, width = style.shape[:2]
    missing = [(0, max(0, LEAST_STYLE - side)) for side in (height, width)]
    return np.pad(style, (*missing, (0, 0)), mode="symmetric") if np.any(missing) else style


def _cut_to(shape: tuple[int, int], on_step: OnStep | None) -> OnStep | None:
    """What shows the pictures of a continued frame as large as the frame is."""
    return on_step and (lambda image: on_step(image[: shape[0], : shape[1]]))


def _repeated(image: np.ndarray) -> np.ndarray:
    below, right = (max(0, LEAST_SIDE - side) for side in image.shape[:2])
    return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
