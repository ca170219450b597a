"""Measures of a stylised video; pure functions of arrays.

How they are put together into a verdict on a whole video: ``stylecore.evaluation``. Blur, low
contrast and a weak style all lower a warping error: give it with ``sharpness``, a style distance,
and the source's own warping error beside it.
"""

import cv2
import numpy as np

from stylecore.arrays.light import LUMINANCE
from stylecore.arrays.motion import warp

PHASES = 8
EDGE_SHARE = 0.05
"""Of a source's pixels are edges, those of the steepest luminance."""
KEPT_SHARE = 0.2
"""An edge is kept where the result is among so many of its own steepest pixels."""
KEPT_TURN = np.cos(np.radians(30))
SIMILARITY_SHARPNESS = 10.0
"""Cosines of features are multiplied by it before the softmax of ``structure_distance``."""
STRUCTURE_POSITIONS = 24
"""Rows and columns of positions that ``structure_distance`` compares at most."""


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


def endpoint_error(found: np.ndarray, wanted: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Mean length of the difference of two motions in pixels (Baker et al. 2011).

    Between the motion in a result and in its source it is the tOF of Chu et al. 2020
    (TecoGAN), which says whether what moves still moves alike.

    Args:
        found, wanted: (H, W, 2).
        mask: (H, W) in [0, 1], how much a pixel counts; all alike when None.

    Returns:
        Mean over pixels; 0 where none counts.
    """
    lengths = np.hypot(*np.moveaxis(found - wanted, -1, 0))
    if mask is None:
        return float(lengths.mean(dtype=np.float64))
    weight = float(mask.sum(dtype=np.float64))
    return float((mask * lengths).sum(dtype=np.float64)) / weight if weight else 0.0


def precision_and_recall(
    found: np.ndarray, true: np.ndarray, counted: np.ndarray | None = None
) -> tuple[float, float]:
    """Of a mask (H, W): the share of what it trusts that is right, and of what is right it trusts.

    Args:
        found: in [0, 1]; a pixel counts for as much as it is trusted.
        true: 0 or 1.
        counted: (H, W) bool, pixels of which the truth is known; all when None.
    """
    known = np.ones_like(true) if counted is None else counted.astype(np.float64)
    both = float((found * true * known).sum(dtype=np.float64))
    totals = (float((part * known).sum(dtype=np.float64)) for part in (found, true))
    precision, recall = (both / total if total else 1.0 for total in totals)
    return precision, recall


def structure_distance(source: np.ndarray, result: np.ndarray) -> float:
    """How differently the positions of two pictures resemble one another: 0 where they do alike.

    For every position, the softmax over all positions of the cosines of their features (times
    SIMILARITY_SHARPNESS) is a distribution; the distance is the mean over positions of the
    Kullback-Leibler divergence of the result's from the source's, in nats. Like the CFSD of Chung
    et al. 2024 (StyleID), whose network and scale are others, so that the figures are
    not comparable with theirs.

    Args:
        source, result: features (h, w, C) of one shape; averaged to at most STRUCTURE_POSITIONS
            rows and columns.
    """
    before, after = (_log_similarities(features) for features in (source, result))
    return max(0.0, float((np.exp(before) * (before - after)).sum(1).mean()))


def _log_similarities(features: np.ndarray) -> np.ndarray:
    """(P, P) logarithms of the softmax over positions, for each of P positions."""
    height, width = (min(side, STRUCTURE_POSITIONS) for side in features.shape[:2])
    positions = np.stack(
        [
            cv2.resize(np.ascontiguousarray(layer), (width, height), interpolation=cv2.INTER_AREA)
            for layer in np.moveaxis(np.asarray(features, np.float32), -1, 0)
        ],
        axis=-1,
    ).reshape(height * width, -1).astype(np.float64)  # fmt: skip
    positions /= np.maximum(np.linalg.norm(positions, axis=1, keepdims=True), 1e-12)
    cosines = SIMILARITY_SHARPNESS * (positions @ positions.T)
    cosines -= cosines.max(1, keepdims=True)
    return cosines - np.log(np.exp(cosines).sum(1, keepdims=True))


def sharpness(image: np.ndarray) -> float:
    """Mean length of the luminance gradient per pixel, image (H, W, 3) in [0, 1]."""
    rows, columns = np.gradient(image @ LUMINANCE)
    return float(np.hypot(rows, columns).mean())


def grid(image: np.ndarray) -> float:
    """How far (H, W, 3) repeats a pattern of up to PHASES pixels: 0 where nothing does.

    Along each axis, the variance over the PHASES phases of the mean squared difference of
    neighbouring luminances, divided by its squared mean; both axes added. Photographs of 384
    pixels have about 0.06.
    """
    luminance, total = image @ LUMINANCE, 0.0
    for axis in (0, 1):
        lines = np.square(np.diff(luminance, axis=axis)).mean(1 - axis, dtype=np.float64)
        whole = len(lines) // PHASES * PHASES
        phases = lines[:whole].reshape(-1, PHASES).mean(0)
        total += float(phases.var() / max(phases.mean(), 1e-12) ** 2)
    return total


def edges_kept(source: np.ndarray, result: np.ndarray) -> float:
    """Share of the edges of a source (H, W, 3) that are edges of the result, in [0, 1].

    Edges are the EDGE_SHARE steepest pixels of the source's luminance, smoothed by 1 pixel. One is
    kept where, within a pixel, the result is among its own KEPT_SHARE steepest and rises or falls
    along the same line within 30 degrees.
    """
    before, after = _gradients(source), _gradients(result)
    steepness, kept = np.hypot(*before), np.hypot(*after)
    edges = steepness >= np.quantile(steepness, 1 - EDGE_SHARE)
    steep = kept >= np.quantile(kept, 1 - KEPT_SHARE)
    found = np.zeros_like(edges)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            rows, columns, there = (
                np.roll(values, (down, right), (0, 1)) for values in (*after, steep)
            )
            aligned = np.abs(before[0] * rows + before[1] * columns)
            found |= there & (aligned >= KEPT_TURN * steepness * np.hypot(rows, columns))
    edges &= steepness > 0
    return float(found[edges].mean()) if edges.any() else 1.0


def _gradients(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.gradient(cv2.GaussianBlur(image @ LUMINANCE, (0, 0), 1))
    return rows, columns
