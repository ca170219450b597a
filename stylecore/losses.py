"""What a stylised picture is judged by: pure functions on tensors, each term by itself.

Features and pictures are NHWC. Every loss is a mean, and those on features are divided by the
size of what they aim at, so that a weight means the same for a small and a large picture, a narrow
and a wide layer, and whatever network gives the features.
"""

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

Tensor = Any
Terms = dict[str, Tensor]

_TINY = 1e-8


def gram(features: Tensor) -> Tensor:
    """Gram matrix of features, G = FᵀF / (H·W) (Gatys et al. 2016, eq. 3, here divided by H·W).

    Args:
        features: (N, H, W, C).

    Returns:
        (N, C, C): mean over all places of the product of two channels.
    """
    count, height, width, channels = features.shape
    flat = ops.reshape(features, (count, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / (height * width)


def relative_error(values: Tensor, target: Tensor) -> Tensor:
    """Mean square of (values - target), divided by the mean square of the target."""
    return ops.mean(ops.square(values - target)) / (ops.mean(ops.square(target)) + _TINY)


def content_loss(
    features: Mapping[str, Tensor], targets: Mapping[str, Tensor], weights: Mapping[str, float]
) -> tuple[Tensor, Terms]:
    """Distance of features from the source picture's (Gatys et al. 2016, eq. 1).

    L = Σ_l w_l · mean((F_l - P_l)²) / mean(P_l²), with the weights scaled to a sum of 1.

    Args:
        features: layer name -> (N, H, W, C) of the picture that is judged.
        targets: layer name -> the same of the source picture.
        weights: layer name -> weight; the layers that count.

    Returns:
        the loss, and its unweighted term for each layer.
    """
    terms = {name: relative_error(features[name], targets[name]) for name in weights}
    return _weighted_mean(terms, weights), terms


def style_loss(
    features: Mapping[str, Tensor],
    targets: Mapping[str, Tensor],
    weights: Mapping[str, float],
    *,
    statistic: Callable[[Tensor], Tensor] = gram,
) -> tuple[Tensor, Terms]:
    """Distance of feature statistics from the style picture's (Gatys et al. 2016, eqs. 4 and 5).

    L = Σ_l w_l · mean((G_l - A_l)²) / mean(A_l²), with the weights scaled to a sum of 1. The mean
    over the C² entries is the paper's constant 1 / C²; the division by mean(A²) takes the place of
    a network whose filters were normalised beforehand.

    Args:
        features: layer name -> (N, H, W, C) of the picture that is judged.
        targets: layer name -> ``statistic`` of the style picture's features.
        weights: layer name -> weight; the layers that count.
        statistic: what is compared; ``gram`` in the paper.

    Returns:
        the loss, and its unweighted term for each layer.
    """
    terms = {name: relative_error(statistic(features[name]), targets[name]) for name in weights}
    return _weighted_mean(terms, weights), terms


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


def _weighted_mean(terms: Terms, weights: Mapping[str, float]) -> Tensor:
    scale = sum(weights.values()) or 1.0
    return sum(((weights[name] / scale) * term for name, term in terms.items()), start=0.0)
