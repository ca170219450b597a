"""Compares styles by statistics of features, and distances between them.

Li et al. 2017 ("Demystifying Neural Style Transfer") read a style loss as the distance between two
distributions of feature vectors, the positions of a layer being samples: a maximum mean discrepancy
(MMD) with some kernel, or a difference of moments. Every statistic here is a mean over positions.
Means can be gathered in parts of a large picture, be weighted by a mask, and be mixed between
styles.

Features are measured in units of the target's own energy for each channel, x = F_c / sqrt(e_c), as
in ``losses.style_loss``; C is the number of channels.

============ ======================= ===============================================================
name         kernel or moments       distance
============ ======================= ===============================================================
gram         k = (x·y / C)²          mean_ij (M - M')²              (Gatys et al. 2016, eq. 5)
polynomial   k = (x·y / C + 1)²      mean_ij (M - M')² + 2 mean_c (m - m')²
linear       k = x·y / C             mean_c (m - m')²
gaussian     k = exp(-g |x - y|²)    (u - u')ᵀ K⁻¹ (u - u')         (see ``make_landmarks``)
statistics   mean and deviation      mean_c ((m - m')² + (s - s')²) (Li et al. 2017)
wasserstein  mean and covariance     (|m - m'|² + tr(S + S' - 2 (S'^½ S S'^½)^½)) / C
============ ======================= ===============================================================

m is the mean of x, s its standard deviation, M = mean of x xᵀ, S its covariance, u its mean
embedding. The last is the squared Wasserstein-2 distance between Gaussians (Dowson and Landau
1982).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from stylecore.losses.terms import channel_energy, gram, gram_distance, weighted_mean

Tensor = Any
Statistics = dict[str, Tensor]
Landmarks = dict[str, Tensor]

NEEDED = {
    "gram": {"second"},
    "polynomial": {"mean", "second"},
    "linear": {"mean", "square"},
    "gaussian": {"embedding"},
    "statistics": {"mean", "square"},
    "wasserstein": {"mean", "second"},
}
"""Statistics that each representation is a function of."""

STRENGTH = {
    "gram": 1.0,
    "polynomial": 0.43,
    "linear": 1.72,
    "gaussian": 4.03,
    "statistics": 0.76,
    "wasserstein": 0.61,
}
"""Factors that make a style weight mean about the same: one over the size of the loss's gradient by
the pixels, relative to gram's, the geometric mean over the start and the middle of paintings of two
frames in four styles (``tests/benchmarks/representations.py``)."""

LANDMARKS = 64
"""Positions of each style that the Gaussian kernel is measured from."""
_RIDGE = 1e-3
_ROOT_STEPS = 15


def needed_statistics(representations: Mapping[str, float]) -> frozenset[str]:
    """Names of the statistics that the chosen representations are functions of."""
    return frozenset().union(*(NEEDED[name] for name in representations))


def statistics(
    features: Tensor,
    needed: frozenset[str],
    *,
    positions: Tensor | None = None,
    landmarks: Landmarks | None = None,
) -> Statistics:
    """Means over positions.

    Args:
        features: (N, H, W, C).
        needed: which; of "mean" (N, C), "square" (N, C), "second" (N, C, C), "embedding" (N, m).
        positions: (N or 1, H, W, 1) >= 0, how much each position counts; equally when None.
        landmarks: for the embedding.
    """
    found: Statistics = {}
    _, height, width, channels = features.shape
    flat = ops.reshape(features, (-1, height * width, channels))
    share = None if positions is None else _shares(positions)

    def mean(values: Tensor) -> Tensor:
        return ops.mean(values, 1) if share is None else ops.sum(values * share, 1)

    if "mean" in needed:
        found["mean"] = mean(flat)
    if "square" in needed:
        found["square"] = mean(ops.square(flat))
    if "second" in needed and share is None:
        found["second"] = gram(features)
    elif "second" in needed:
        found["second"] = ops.matmul(ops.transpose(flat * share, (0, 2, 1)), flat)
    if "embedding" in needed and landmarks is not None:
        found["embedding"] = mean(_kernel(flat / landmarks["scale"], landmarks))
    return found


def mixed(styles: Sequence[Statistics], weights: Sequence[float]) -> Statistics:
    """Between several styles: that of a picture of which each share shows one of them.

    Args:
        styles: statistics of each.
        weights: sum to 1.
    """
    pairs = list(zip(styles, weights, strict=True))
    return {name: sum(weight * style[name] for style, weight in pairs) for name in styles[0]}


def style_distance(
    found: Statistics,
    target: Statistics,
    representations: Mapping[str, float],
    *,
    landmarks: Landmarks | None = None,
) -> Tensor:
    """Distance of statistics from a style's, for each of N pictures.

    Args:
        found, target: of one layer; the target's may have N = 1.
        representations: name -> weight; scaled to a sum of 1.
        landmarks: those that the embeddings were measured from.

    Returns:
        (N,).
    """
    scale = sum(representations.values())
    return sum(
        (weight / scale * STRENGTH[name]) * _DISTANCES[name](found, target, landmarks)
        for name, weight in representations.items()
    )


def regional_style_loss(
    found: Sequence[Mapping[str, Statistics]],
    targets: Sequence[Mapping[str, Statistics]],
    shares: Tensor,
    *,
    layers: Mapping[str, float],
    representations: Mapping[str, float],
    landmarks: Mapping[str, Landmarks],
) -> Tensor:
    """The style loss of a picture whose regions follow styles of their own.

    L = Σ_r a_r Σ_l w_l · mean_n d_l(found_rl, target_rl), with the layers' weights w scaled to a
    sum of 1 (regions as in Gatys et al. 2017, section 4.1); a single region is the whole picture.

    Args:
        found, targets: for each region, layer -> statistics.
        shares: (regions,), the part a_r of the picture that each region is.
        layers: name -> weight; the layers that count.
        representations: name -> weight, as for ``style_distance``.
        landmarks: layer -> landmarks, where a representation needs them.
    """
    loss = 0.0
    for region, (here, there) in enumerate(zip(found, targets, strict=True)):
        distances = {
            name: ops.mean(
                style_distance(
                    here[name], there[name], representations, landmarks=landmarks.get(name)
                )
            )
            for name in layers
        }
        loss = loss + shares[region] * weighted_mean(distances, layers)
    return loss


def make_landmarks(styles: Sequence[Tensor]) -> Landmarks:
    """Where the mean embeddings of the Gaussian kernel are measured.

    The mean embedding u_j = mean_x k(x, z_j) at landmarks z gives the MMD within their span,
    (u - u')ᵀ K⁻¹ (u - u') with K = k(z, z) (Nyström mean embeddings, Chatalic et al. 2022).
    It is the whole MMD if every sample is a landmark, and less if not; the embedding is a mean over
    positions in any case. The bandwidth is fixed by the styles,
    g = 1 / mean |x - y|² over pairs of landmarks (Li et al. 2017 re-estimate it at each step).

    Args:
        styles: (1, H, W, C) features of each style; LANDMARKS positions of each are taken.

    Returns:
        "points" (m, C), "scale" (C,), "gamma" g and "inverse" K⁻¹ (m, m).
    """
    samples = [ops.convert_to_numpy(style).astype(np.float64) for style in styles]
    flat = [sample.reshape(-1, sample.shape[-1]) for sample in samples]
    energy = np.mean([np.square(sample).mean(0) for sample in flat], 0)
    scale = np.sqrt(ops.convert_to_numpy(channel_energy(energy)))
    random = np.random.default_rng(0)
    points = np.concatenate(
        [
            sample[random.choice(len(sample), min(LANDMARKS, len(sample)), replace=False)]
            for sample in flat
        ]
    )
    return landmarks_at(points / scale, scale)


def landmarks_at(points: np.ndarray, scale: np.ndarray) -> Landmarks:
    """Landmarks at chosen points (m, C), in features divided by ``scale`` (C,)."""
    squares = np.square(points[:, None] - points[None]).sum(-1)
    gamma = 1 / max(float(squares.mean()), 1e-12)
    kernel = np.exp(-gamma * squares)
    inverse = np.linalg.inv(kernel + _RIDGE * np.eye(len(points)))
    return {
        "points": _tensor(points),
        "scale": _tensor(scale),
        "gamma": _tensor(gamma),
        "inverse": _tensor(inverse),
    }


def _shares(positions: Tensor) -> Tensor:
    """(N, H W, 1) of sum 1."""
    _, height, width, _ = positions.shape
    flat = ops.reshape(positions, (-1, height * width, 1))
    return flat / ops.maximum(ops.sum(flat, 1, keepdims=True), 1e-12)


def _kernel(points: Tensor, landmarks: Landmarks) -> Tensor:
    """(N, P, m) of (N, P, C)."""
    others = landmarks["points"]
    squares = (
        ops.sum(ops.square(points), -1, keepdims=True)
        + ops.sum(ops.square(others), -1)
        - 2 * ops.matmul(points, ops.transpose(others))
    )
    return ops.exp(-landmarks["gamma"] * ops.maximum(squares, 0.0))


def _energy(target: Statistics) -> Tensor:
    if "square" in target:
        return channel_energy(target["square"])
    return channel_energy(ops.diagonal(target["second"], axis1=-2, axis2=-1))


def _mean_distance(
    found: Statistics, target: Statistics, landmarks: Landmarks | None = None
) -> Tensor:
    return ops.mean(ops.square(found["mean"] - target["mean"]) / _energy(target), -1)


def _gram(found: Statistics, target: Statistics, landmarks: Landmarks | None = None) -> Tensor:
    return gram_distance(found["second"], target["second"])


def _polynomial(
    found: Statistics, target: Statistics, landmarks: Landmarks | None = None
) -> Tensor:
    return _gram(found, target) + 2 * _mean_distance(found, target)


def _statistics(
    found: Statistics, target: Statistics, landmarks: Landmarks | None = None
) -> Tensor:
    deviations = [
        ops.sqrt(ops.maximum(side["square"] - ops.square(side["mean"]), 0.0) + _RIDGE * energy)
        for energy in [_energy(target)]
        for side in (found, target)
    ]
    width = ops.mean(ops.square(deviations[0] - deviations[1]) / _energy(target), -1)
    return _mean_distance(found, target) + width


def _wasserstein(
    found: Statistics, target: Statistics, landmarks: Landmarks | None = None
) -> Tensor:
    unit = ops.sqrt(_energy(target))
    ours, theirs = (_covariance(side, unit) for side in (found, target))
    root = _square_root(theirs)
    cross = _square_root(ops.matmul(ops.matmul(root, ours), root))
    channels = ours.shape[-1]
    spread = (_trace(ours) + _trace(theirs) - 2 * _trace(cross)) / channels
    return _mean_distance(found, target) + spread


def _gaussian(found: Statistics, target: Statistics, landmarks: Landmarks | None = None) -> Tensor:
    assert landmarks is not None, "the Gaussian kernel needs landmarks"
    difference = found["embedding"] - target["embedding"]
    return ops.sum(difference * ops.matmul(difference, landmarks["inverse"]), -1)


def _covariance(side: Statistics, unit: Tensor) -> Tensor:
    """(N, C, C) in units, a little wider than it is so that its root has a gradient."""
    mean = side["mean"] / unit
    second = side["second"] / (unit[..., :, None] * unit[..., None, :])
    wider = _RIDGE * ops.eye(second.shape[-1])
    return second - mean[..., :, None] * mean[..., None, :] + wider


def _square_root(matrix: Tensor) -> Tensor:
    """Of symmetric positive matrices (N, C, C), by the coupled Newton-Schulz iteration (Higham
    2008, "Functions of Matrices", section 6.7): it has a gradient where eigenvalues are equal."""
    size = _trace(matrix)[:, None, None]
    identity = ops.eye(matrix.shape[-1])
    root, inverse = matrix / size, ops.zeros_like(matrix) + identity
    for _ in range(_ROOT_STEPS):
        step = 1.5 * identity - 0.5 * ops.matmul(inverse, root)
        root, inverse = ops.matmul(root, step), ops.matmul(step, inverse)
    return root * ops.sqrt(size)


def _trace(matrix: Tensor) -> Tensor:
    return ops.sum(ops.diagonal(matrix, axis1=-2, axis2=-1), -1)


def _tensor(values: Any) -> Tensor:
    return ops.convert_to_tensor(np.asarray(values, np.float32))


_DISTANCES = {
    "gram": _gram,
    "polynomial": _polynomial,
    "linear": _mean_distance,
    "gaussian": _gaussian,
    "statistics": _statistics,
    "wasserstein": _wasserstein,
}
