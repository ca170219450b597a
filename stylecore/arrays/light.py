"""Change of light between frames: estimating it along the motion, and adding it to a picture."""

import cv2
import numpy as np

from stylecore.arrays.images import fitted_size, resize, to_float, with_light_added
from stylecore.arrays.motion import resized_motion, warp

LIGHT_SIDE = 160
"""Longer side in pixels of the pictures that a change of light is looked for in."""
LIGHT_SPREAD = 0.04
"""Standard deviation of the filter that keeps light and drops detail, of the longer side."""
LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)


def light_change(
    frame: np.ndarray, other: np.ndarray, motion: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """The change of light from another source frame to this one.

    The change of luminance along the motion (Gao et al. 2018, "ReCoNet", the luminance warping
    constraint), smoothed so that it holds light and neither noise nor small errors of the motion.

    Args:
        frame, other: source frames (H, W, 3), integers or float in [0, 1].
        motion: (H, W, 2) from ``frame`` towards ``other``.
        mask: (H, W), where the motion can be trusted.

    Returns:
        (h, w) float32 of at most LIGHT_SIDE: what is added to luminance in [0, 1].
    """
    height, width = mask.shape
    size = fitted_size(width, height, LIGHT_SIDE)
    now, before = (_luminance(resize(image, size)) for image in (frame, other))
    trusted = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    change = now - warp(before, resized_motion(motion, size))
    spread = LIGHT_SPREAD * max(size)
    weight = cv2.GaussianBlur(trusted, (0, 0), spread) + 1e-3
    return cv2.GaussianBlur(trusted * change, (0, 0), spread) / weight


def with_light(image: np.ndarray, change: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) in [0, 1] that goes through a change of light (see ``light_change``)."""
    height, width = image.shape[:2]
    full = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    return with_light_added(image, full)


def _luminance(image: np.ndarray) -> np.ndarray:
    return (image if image.dtype == np.float32 else to_float(image)) @ LUMINANCE
