"""Losses of a stylised picture: pure functions on tensors, each term by itself.

Features and pictures are NHWC. Every loss is a mean, and those on features are divided by the
size of what they aim at, so that a weight means the same for a small and a large picture, a narrow
and a wide layer, and whatever network gives the features.

Losses on features come in two steps, means over positions and a distance of those: whoever looks
at a large picture in windows gathers the means, and takes the same distance of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from keras import ops

Tensor = Any
Terms = dict[str, Tensor]

_TINY = 1e-16
_SILENT_SHARE = 0.1
"""A channel counts as if it had at least this share of its layer's mean energy."""
PHASES = 8
"""Places of a period that ``grid_energy`` tells apart."""


def gram(features: Tensor) -> Tensor:
    """Gram matrix of features, G = FᵀF / (H·W) (Gatys et al. 2016, eq. 3, here divided by H·W).

    Args:
        features: (N, H, W, C).

    Returns:
        (N, C, C): mean over all positions of the product of two channels.
    """
    _, height, width, channels = features.shape
    flat = ops.reshape(features, (-1, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / (height * width)


def channel_energy(mean_squares: Tensor) -> Tensor:
    """Mean square of each channel, (..., C), raised so that silent channels divide by something."""
    overall = ops.mean(mean_squares, axis=-1, keepdims=True)
    return mean_squares + _SILENT_SHARE * overall + _TINY


def content_loss(
    features: Mapping[str, Tensor], targets: Mapping[str, Tensor], weights: Mapping[str, float]
) -> tuple[Tensor, Terms]:
    """Distance of features from the source picture's (Gatys et al. 2016, eq. 1).

    L = Σ_l w_l · mean_c( mean_xy((F_c - P_c)²) / e_c ), e_c = mean_xy(P_c²) + 0.1 · mean(P²), with
    the weights scaled to a sum of 1.

    Args:
        features: layer name -> (N, H, W, C) of the picture that is judged.
        targets: layer name -> the same of the source picture.
        weights: layer name -> weight; the layers that count.

    Returns:
        the loss, and its unweighted term for each layer.
    """
    terms = {name: ops.mean(feature_distance(features[name], targets[name])) for name in weights}
    return weighted_mean(terms, weights), terms


def feature_distance(found: Tensor, target: Tensor) -> Tensor:
    """One layer's term of ``content_loss`` for each of N pairs of features (N, H, W, C)."""
    return content_distance(squared_error(found, target), feature_energy(target))


def squared_error(found: Tensor, target: Tensor, positions: Tensor | None = None) -> Tensor:
    """Mean square difference of features (N, H, W, C) in each channel, (N, C).

    Args:
        found, target: features.
        positions: (1, H, W, 1) >= 0, how much each position counts; equally when None.
    """
    squares = ops.square(found - target)
    if positions is None:
        return ops.mean(squares, (1, 2))
    return ops.sum(squares * positions, (1, 2)) / ops.sum(positions, (1, 2))


def feature_energy(target: Tensor) -> Tensor:
    """What errors in each channel are measured by, (N, C), of features (N, H, W, C)."""
    return channel_energy(ops.mean(ops.square(target), (1, 2)))


def content_distance(errors: Tensor, energy: Tensor) -> Tensor:
    """One layer's term of ``content_loss``, (N,), of its two means.

    Args:
        errors: (N, C), see ``squared_error``.
        energy: (N, C) of the target, see ``feature_energy``.
    """
    return ops.mean(errors / energy, -1)


def style_loss(
    features: Mapping[str, Tensor], targets: Mapping[str, Tensor], weights: Mapping[str, float]
) -> tuple[Tensor, Terms]:
    """Distance of Gram matrices from the style picture's (Gatys et al. 2016, eqs. 4 and 5).

    L = Σ_l w_l · mean_ij((G_ij - A_ij)² / (e_i · e_j)), e_i = A_ii + 0.1 · mean(A_jj), with the
    weights scaled to a sum of 1. The mean over the C² entries is the paper's constant 1 / C²; the
    division makes channels weigh alike, which the paper does by rescaling the network's filters.

    Args:
        features: layer name -> (N, H, W, C) of the picture that is judged.
        targets: layer name -> (N, C, C) Gram matrix of the style picture's features.
        weights: layer name -> weight; the layers that count.

    Returns:
        the loss, and its unweighted term for each layer.
    """
    terms = {name: ops.mean(gram_distance(gram(features[name]), targets[name])) for name in weights}
    return weighted_mean(terms, weights), terms


def gram_distance(found: Tensor, target: Tensor) -> Tensor:
    """One layer's term of ``style_loss`` for each of N pairs of Gram matrices (N, C, C)."""
    energy = channel_energy(ops.diagonal(target, axis1=-2, axis2=-1))
    relative = ops.square(found - target) / (energy[..., :, None] * energy[..., None, :])
    return ops.mean(relative, (-2, -1))


def total_variation(images: Tensor) -> Tensor:
    """Mean length of a pixel's gradient, sqrt(dx² + dy² + ε²) - ε (Rudin, Osher and Fatemi 1992).

    Forward differences in pixels, channels by themselves; the last row and column are left out.

    Args:
        images: (N, H, W, C) in [0, 1], at least 2x2.
    """
    smooth = 1e-2
    here = images[:, :-1, :-1]
    across = images[:, :-1, 1:] - here
    down = images[:, 1:, :-1] - here
    return ops.mean(ops.sqrt(ops.square(across) + ops.square(down) + smooth**2)) - smooth


def temporal_loss(images: Tensor, warped: Tensor, mask: Tensor) -> Tensor:
    """Masked mean square difference from the frame before (Ruder et al. 2016, eq. 7).

    L = Σ mask · (x - warped)² / (3·H·W): the mean is over all pixels, trusted or not.

    Args:
        images: (N, H, W, 3) in [0, 1].
        warped: the frame before, moved along the motion onto this one; same shape.
        mask: (N, H, W, 1) in [0, 1], 1 where ``warped`` can be trusted.
    """
    return ops.mean(mask * ops.square(images - warped))


def long_term_loss(images: Tensor, references: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """Sum of temporal losses over several frames (Ruder et al. 2016, eq. 8).

    Args:
        images: (N, H, W, 3) in [0, 1].
        references: (warped, mask) of each, as for ``temporal_loss``; what a mask counts is the
            caller's affair (eq. 9).
    """
    return sum((temporal_loss(images, warped, mask) for warped, mask in references), start=0.0)


def grid_energy(images: Tensor) -> Tensor:
    """How far pictures repeat a pattern of up to PHASES pixels, (N,): 0 where nothing does.

    Along each axis, the variance over PHASES phases of the mean squared difference of neighbouring
    grey values, divided by its squared mean; both axes added.

    Args:
        images: (N, H, W, 3) in [0, 1], of at least PHASES + 1 pixels a side.
    """
    grey = ops.mean(images, -1)
    total = 0.0
    for axis, change in ((1, grey[:, 1:] - grey[:, :-1]), (2, grey[:, :, 1:] - grey[:, :, :-1])):
        by_line = ops.mean(ops.square(change), 3 - axis)
        lines = by_line.shape[1] // PHASES * PHASES
        phases = ops.mean(ops.reshape(by_line[:, :lines], (-1, lines // PHASES, PHASES)), 1)
        mean = ops.mean(phases, -1, keepdims=True) + 1e-6
        total = total + ops.mean(ops.square(phases / mean - 1), -1)
    return total


def palette_distance(images: Tensor, mean: Tensor, inverse: Tensor) -> Tensor:
    """How far the first two moments of pictures' colours are from others', (N,).

    In units of those others: |m|^2 / 3 + |C - I|^2 / 9, with m and C the mean and the covariance of
    the whitened colours.

    Args:
        images: (N, H, W, 3) RGB.
        mean: (N or 1, 3) of the wanted colours.
        inverse: (N or 1, 3, 3), inverse square root of their covariance.
    """
    pixels = ops.reshape(images, (images.shape[0], -1, 3)) - mean[:, None]
    pixels = ops.matmul(pixels, inverse)
    centre = ops.mean(pixels, 1, keepdims=True)
    pixels = pixels - centre
    covariance = ops.matmul(ops.transpose(pixels, (0, 2, 1)), pixels) / pixels.shape[1]
    change = ops.sum(ops.square(covariance - ops.eye(3)), (1, 2))
    return ops.sum(ops.square(centre), (1, 2)) / 3 + change / 9


def weighted_mean(terms: Terms, weights: Mapping[str, float]) -> Tensor:
    """Terms by name, with the weights scaled to a sum of 1."""
    scale = sum(weights.values()) or 1.0
    return sum(((weights[name] / scale) * term for name, term in terms.items()), start=0.0)


def weighted_sum(terms: Terms, weights: Mapping[str, float]) -> Tensor:
    """The total loss: terms by name, each times its weight (Gatys et al. 2016, eq. 7)."""
    return sum((weights[name] * term for name, term in terms.items()), start=0.0)
