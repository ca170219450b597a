"""Light of a picture, alone or with its colours, and its change between frames."""

import cv2
import numpy as np

from stylecore.arrays.colour import ColourStatistics
from stylecore.arrays.images import fitted_size, resize, to_float, with_light_added
from stylecore.arrays.motion import resized_motion, warp

LIGHT_SIDE = 160
"""Longer side in pixels of the pictures that a change of light is looked for in."""
LIGHT_SPREAD = 0.04
"""Standard deviation of the filter that keeps light and drops detail, of the longer side."""
LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
"""Of display RGB (Rec. 709): by it changes of light, detail and edges are measured."""
LUMA = np.array((0.299, 0.587, 0.114), np.float32)
"""The Y of YIQ (Rec. 601), in which Gatys et al. 2017, section 5.2, paint luminance alone; grey
levels of masks and of what is painted without colours."""


def grey(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) of the luminance of (H, W, 3) alone, in each of its three colours."""
    return np.repeat((image @ LUMA)[..., None], 3, axis=-1)


def grey_like(style: np.ndarray, colours: ColourStatistics) -> np.ndarray:
    """A style's luminance with the mean and deviation of other colours (Gatys et al. 2017, 5.2).

    Args:
        style: (h, w, 3) in [0, 1].
        colours: whose luminance is taken on.
    """
    light = style @ LUMA
    mean = float(colours.mean @ LUMA)
    deviation = float(np.sqrt(max(LUMA @ colours.covariance @ LUMA, 0)))
    factor = deviation / max(float(light.std()), 1e-3)
    return np.repeat(np.clip((light - light.mean()) * factor + mean, 0, 1)[..., None], 3, axis=-1)


def merge_chroma(light: np.ndarray, source: np.ndarray) -> np.ndarray:
    """The luminance of one picture with the chroma of another; both (H, W, 3) in [0, 1].

    Where the two do not fit into the range of a display, the colour becomes paler, not lighter.
    """
    wanted = (light @ LUMA)[..., None]
    chroma = source - (source @ LUMA)[..., None]
    room = np.where(chroma > 0, 1 - wanted, wanted)
    fit = np.min(room / np.maximum(np.abs(chroma), 1e-6), axis=-1, keepdims=True)
    return np.clip(wanted + np.minimum(fit, 1) * chroma, 0, 1).astype(np.float32)


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
    deviation = LIGHT_SPREAD * max(size)
    weight = cv2.GaussianBlur(trusted, (0, 0), deviation) + 1e-3
    return cv2.GaussianBlur(trusted * change, (0, 0), deviation) / weight


def with_light(image: np.ndarray, change: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) in [0, 1] that goes through a change of light (see ``light_change``)."""
    height, width = image.shape[:2]
    full = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    return with_light_added(image, full)


def _luminance(image: np.ndarray) -> np.ndarray:
    return (image if image.dtype == np.float32 else to_float(image)) @ LUMINANCE
