"""Measures of a stylised video; pure functions of arrays.

Blur, low contrast and a weak style all lower a warping error: give it with ``sharpness``, a style
distance, and the source's own warping error beside it.
"""

import numpy as np

from stylecore.motion import warp


def warping_error(
    previous: np.ndarray, current: np.ndarray, motion: np.ndarray, mask: np.ndarray
) -> float:
    """Masked mean square of ``current - warp(previous)`` (Lai et al. 2018, section 4.1).

    Args:
        previous, current: (H, W, 3) float32 in [0, 1], neighbours in time.
        motion: (H, W, 2), from ``current`` towards ``previous`` in pixels.
        mask: (H, W) in [0, 1], 1 where a point is visible in both.

    Returns:
        Mean over trusted points and channels; 0 where no point is trusted.
    """
    weight = float(mask.sum(dtype=np.float64))
    if weight == 0:
        return 0.0
    difference = np.square(current - warp(previous, motion)).mean(axis=-1)
    return float((mask * difference).sum(dtype=np.float64)) / weight


def sharpness(image: np.ndarray) -> float:
    """Mean length of the luminance gradient per pixel, image (H, W, 3) in [0, 1]."""
    luminance = image @ np.array((0.2126, 0.7152, 0.0722), np.float32)
    rows, columns = np.gradient(luminance)
    return float(np.hypot(rows, columns).mean())


def psnr(a: np.ndarray, b: np.ndarray, *, peak: float = 1.0) -> float:
    """Peak signal-to-noise ratio in decibels; infinite for equal arrays."""
    error = float(np.mean(np.square(a.astype(np.float64) - b.astype(np.float64))))
    return float("inf") if error == 0 else float(10 * np.log10(peak**2 / error))
