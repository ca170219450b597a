"""Teaches a small perceptual network what a large one sees.

For each teacher layer T the student's features S pass a 1x1 projection P with ReLU (thrown away
afterwards), and the loss is

    mean over channels of |P S - T|^2 / var(T)
        + w |G(P S) - G(T)|^2 / (|G(P S)|^2 + |G(T)|^2),

and a small term that keeps the student's channels from being active at rare places only. G is the
Gram matrix: equal features where they can be, equal style statistics in any case. In G the channels
are scaled to unit mean activation, so that every channel counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from stylecore.losses.terms import gram
from stylecore.training.pictures import Crops
from stylecore.training.teachers import Teacher

LAYER_SHARE = {
    "block1_conv1": 1.0,
    "block2_conv1": 1.0,
    "block3_conv1": 2.0,
    "block4_conv1": 1.0,
    "block4_conv2": 0.5,
    "block5_conv1": 1.0,
}
GRAM_SHARE = 0.5
PEAK_SHARE = 0.5
HEALTHY_PEAK = 2.2
"""Root mean square over mean; 1.8 for a channel that is active at half of all places."""
LOSS_SIDE = 32
"""The loss looks at the middle of a layer, this many places a side: the wide first layers have
places enough, and their losses would take longer than the student."""
RIDGE = 1e-2


@dataclass(frozen=True)
class ChannelStatistics:
    """Of one teacher layer over the training pictures; both have one value a channel."""

    scale: np.ndarray
    """1 / mean activation; channels that are rarely active are not blown up."""
    deviation: np.ndarray
    """Standard deviation of the features as they come."""

    @property
    def gram_weight(self) -> np.ndarray:
        """(C, C): turns the Gram matrix of standardised into that of unit-mean features."""
        factor = self.scale * self.deviation
        return np.outer(factor, factor).astype(np.float32)


class Distiller(keras.Model):
    """Student, projections and teacher in one model, from pictures to the terms of the loss."""

    def __init__(
        self, student: keras.Model, teacher: Teacher, statistics: dict[str, ChannelStatistics]
    ) -> None:
        super().__init__()
        self.student = student
        self.teacher = teacher.model
        self.teacher.trainable = False
        self.statistics = statistics
        self.projections = {
            name: keras.layers.Conv2D(
                channels.scale.size, 1, activation="relu", name=f"project_{name}"
            )
            for name, channels in statistics.items()
        }
        self.weights_of_terms = dict(_weighted_terms(statistics))
        self.trackers = {name: keras.metrics.Mean(name=name) for name in self.weights_of_terms}

    def call(self, pictures, training=None):
        wanted, features = self.teacher(pictures), self.student(pictures)
        terms = {}
        for name, channels in self.statistics.items():
            target = ops.stop_gradient(standardised(wanted[name], channels))
            projected = ops.cast(self.projections[name](middle(features[name])), "float32")
            terms[name] = feature_error(projected, target)
            terms[f"{name}_gram"] = gram_error(projected, target, channels.gram_weight)
        peaks = [peakedness(features[name]) for name in features if name > "block3"]
        return {**terms, "peaks": sum(peaks) / len(peaks)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        for name, value in y_pred.items():
            self.trackers[name].update_state(value)
        return sum(weight * y_pred[name] for name, weight in self.weights_of_terms.items())

    def fit_projections(self, pictures: np.ndarray) -> None:
        """Starts the projections where least squares put them for the student as it is."""
        wanted, features = self.teacher(pictures), self.student(pictures)
        for name, channels in self.statistics.items():
            kernel, bias = least_squares(
                ops.convert_to_numpy(ops.cast(middle(features[name]), "float32")),
                ops.convert_to_numpy(standardised(wanted[name], channels)),
            )
            self.projections[name].set_weights([kernel[None, None], bias])


def _weighted_terms(layers: Iterable[str]) -> Iterator[tuple[str, float]]:
    for name in layers:
        yield name, LAYER_SHARE[name]
        yield f"{name}_gram", LAYER_SHARE[name] * GRAM_SHARE
    yield "peaks", PEAK_SHARE


def middle(features):
    """The central LOSS_SIDE x LOSS_SIDE places of (N, H, W, C), or all where there are fewer."""
    height, width = features.shape[1:3]
    top, left = max(0, height - LOSS_SIDE) // 2, max(0, width - LOSS_SIDE) // 2
    return features[:, top : top + LOSS_SIDE, left : left + LOSS_SIDE]


def standardised(features, channels: ChannelStatistics):
    """The middle of teacher features in float32, divided by each channel's deviation."""
    return ops.cast(middle(features), "float32") / channels.deviation


def feature_error(features, target):
    """Mean over pictures of |features - target|^2 / (1 + |target|^2), the squares being means.

    Both are standardised; the divisor keeps a picture that excites a layer far more than usual
    from outweighing the others.
    """
    difference = ops.mean(ops.square(features - target), (1, 2, 3))
    return ops.mean(2 * difference / (1 + ops.mean(ops.square(target), (1, 2, 3))))


def gram_error(features, target, weight: np.ndarray):
    """Mean over pictures of |F - T|^2 / (|F|^2 + |T|^2), F and T the weighted Gram matrices.

    Between 0 and 2, so that no picture outweighs the others, however strongly it excites a layer.
    """
    found, wanted = weight * gram(features), weight * gram(target)
    size = ops.sum(ops.square(found) + ops.square(wanted), (1, 2))
    return ops.mean(ops.sum(ops.square(found - wanted), (1, 2)) / (size + 1e-6))


def peakedness(features):
    """How rarely the channels of (N, H, W, C) are active: 0 when often enough, or more.

    Where a few places hold nearly all the activation, matching a Gram matrix becomes a matter of
    those few places, and the picture that is optimised gets blotches. A silent channel counts as
    the rarest of all, so that falling silent is no way out.
    """
    values = ops.cast(features, "float32")
    mean = ops.mean(values, (0, 1, 2))
    size = ops.sqrt(ops.mean(ops.square(values), (0, 1, 2)) + 1e-6)
    return ops.mean(ops.relu(ops.log(size / (mean + 1e-4) / HEALTHY_PEAK)))


def least_squares(features: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kernel (C, D) and bias (D,) of the linear map (..., C) to (..., D) of least squares."""
    inputs = features.reshape(-1, features.shape[-1]).astype(np.float64)
    outputs = target.reshape(-1, target.shape[-1]).astype(np.float64)
    input_mean, output_mean = inputs.mean(0), outputs.mean(0)
    inputs, outputs = inputs - input_mean, outputs - output_mean
    covariance = inputs.T @ inputs
    covariance += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    kernel = np.linalg.solve(covariance, inputs.T @ outputs)
    return kernel, output_mean - input_mean @ kernel


def channel_statistics(
    teacher: Teacher, pictures: Crops, *, batches: int
) -> dict[str, ChannelStatistics]:
    """Mean activation and deviation of every channel of the teacher's layers."""
    moments: dict[str, list[np.ndarray]] = {}
    for number in range(batches):
        for name, features in teacher.model(pictures[number]).items():
            values = ops.cast(features, "float32")
            both = (ops.mean(values, (0, 1, 2)), ops.mean(ops.square(values), (0, 1, 2)))
            moments.setdefault(name, []).append(np.stack([ops.convert_to_numpy(m) for m in both]))
    statistics = {}
    for name in (layer for layer in LAYER_SHARE if layer in moments):
        mean, square = np.mean(moments[name], axis=0)
        deviation = np.sqrt(np.maximum(square - mean**2, 0))
        statistics[name] = ChannelStatistics(
            scale=(1 / np.maximum(mean, 0.1 * mean.mean())).astype(np.float32),
            deviation=np.maximum(deviation, 0.05 * deviation.mean()).astype(np.float32),
        )
    return statistics
