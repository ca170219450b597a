"""Measures the colours of a picture as a whole, and transfers them to another."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

FLOOR = 0.03
"""Standard deviation added to colours: a grey picture's noise is no colour."""


@dataclass(frozen=True)
class ColourStatistics:
    """First two moments of the colours of a picture."""

    mean: np.ndarray
    """(3,) RGB."""
    covariance: np.ndarray
    """(3, 3)."""


def colour_statistics(image: np.ndarray) -> ColourStatistics:
    """Of (H, W, 3) float RGB."""
    pixels = image.reshape(-1, 3)
    mean = pixels.mean(0, dtype=np.float64)
    centred = pixels - mean.astype(pixels.dtype)
    return ColourStatistics(mean, (centred.T @ centred).astype(np.float64) / len(pixels))


def colours_of_all(frames: Sequence[ColourStatistics]) -> ColourStatistics:
    """Of several pictures together."""
    mean = np.mean([one.mean for one in frames], 0)
    second = np.mean([one.covariance + np.outer(one.mean, one.mean) for one in frames], 0)
    return ColourStatistics(mean, second - np.outer(mean, mean))


def mixed_colours(
    statistics: Sequence[ColourStatistics], weights: Sequence[float]
) -> ColourStatistics:
    """Between several, moment by moment; weights sum to 1."""
    pairs = list(zip(statistics, weights, strict=True))
    return ColourStatistics(
        np.sum([weight * one.mean for one, weight in pairs], 0),
        np.sum([weight * one.covariance for one, weight in pairs], 0),
    )


def colour_transport(
    source: ColourStatistics, target: ColourStatistics
) -> tuple[np.ndarray, np.ndarray]:
    """The linear map that moves colours least while giving them the target's two moments.

    It is the optimal transport between Gaussians (Pitie and Kokaram 2007, "The linear
    Monge-Kantorovitch linear colour mapping"): with S, T the covariances,
    A = S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2.

    Returns:
        A (3, 3) float32, symmetric, and b (3,) float32; a colour x becomes A x + b.
    """
    covariance = source.covariance + FLOOR**2 * np.eye(3)
    root, inverse = _powers(covariance)
    middle, _ = _powers(root @ (target.covariance + FLOOR**2 * np.eye(3)) @ root)
    matrix = inverse @ middle @ inverse
    return matrix.astype(np.float32), (target.mean - matrix @ source.mean).astype(np.float32)


def transfer_colours(image: np.ndarray, target: ColourStatistics) -> np.ndarray:
    """A picture, (H, W, 3) in [0, 1], in other colours (Gatys et al. 2017, section 5.1)."""
    matrix, offset = colour_transport(colour_statistics(image), target)
    return np.clip(cv2.transform(image, np.column_stack([matrix, offset])), 0, 1)


def colour_root(colours: ColourStatistics) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric square root of the covariance, and its inverse; (3, 3) float32 each."""
    root, inverse = _powers(colours.covariance + FLOOR**2 * np.eye(3))
    return root.astype(np.float32), inverse.astype(np.float32)


def _powers(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Square root and inverse square root of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(np.maximum(values, 1e-12))
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T
