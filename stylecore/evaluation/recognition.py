"""Whether a result has the strokes of its own style rather than another's, colour apart.

Style distance is mostly colour and contrast: a picture in the right colours is near its style
whatever its strokes. Here all pictures are grey, of one mean and one contrast, and the question is
which of several styles a result is nearest to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylecore.arrays.light import LUMINANCE
from stylecore.losses.terms import gram

MEAN, DEVIATION = 0.5, 0.2


@dataclass(frozen=True)
class Recognition:
    """Of results whose styles are known."""

    first: float
    """Share of results that are nearest to their own style (top-1)."""
    rank: float
    """Mean rank of the own style, from 1."""


def grey_alike(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) in [0, 1] as grey of mean MEAN and standard deviation DEVIATION."""
    grey = image @ LUMINANCE
    grey = MEAN + DEVIATION * (grey - grey.mean()) / max(float(grey.std()), 1e-4)
    return np.repeat(grey[..., None], 3, -1).astype(np.float32)


def stroke_grams(features: Mapping[str, Any], layers: Sequence[str]) -> dict[str, np.ndarray]:
    """Gram matrices (C, C), by layer, each of Frobenius norm 1.

    Args:
        features: activations (1, h, w, C) of a picture that is ``grey_alike``.
        layers: names of those that count.
    """
    grams = {name: np.asarray(gram(features[name]))[0] for name in layers}
    return {name: matrix / np.linalg.norm(matrix) for name, matrix in grams.items()}


def stroke_distance(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> float:
    """Sum over layers of the squared Frobenius distance of what ``stroke_grams`` gives."""
    return float(sum(np.square(one[name] - other[name]).sum() for name in one))


def recognise(distances: np.ndarray, own: np.ndarray, *, centred: bool = False) -> Recognition:
    """How often results are recognised.

    Args:
        distances: (R, S), of each result from each style.
        own: (R,), the number of each result's style.
        centred: subtract from a style's column its mean over the results of other styles, since
            some styles are near to everything.
    """
    if centred:
        others = own[:, None] != np.arange(distances.shape[1])
        counts = np.maximum(others.sum(0), 1)
        distances = distances - (distances * others).sum(0) / counts
    mine = np.take_along_axis(distances, own[:, None], 1)
    ranks = 1 + (distances < mine).sum(1)
    return Recognition(float((ranks == 1).mean()), float(ranks.mean()))
