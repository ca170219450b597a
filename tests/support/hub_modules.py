"""Modules of TensorFlow Hub that repaint pictures, with random weights, each built another way."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import tensorflow as tf

PICTURES = tf.TensorSpec((None, None, None, 3), tf.float32)
RANDOM = np.random.default_rng(3)


def kernel(*shape: int) -> tf.Variable:
    deviation = 1 / np.sqrt(np.prod(shape[:-1]))
    return tf.Variable(RANDOM.normal(0, deviation, shape).astype(np.float32))


class Moments(tf.Module):
    """Unlike the stand-in: a nested encoder with dense layers, batch_normalization, resizing, a
    list of outputs and an output size that is rounded up."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = kernel(3, 3, 3, 8), kernel(9, 9, 8, 3)
        self.seen, self.scale, self.shift = kernel(3, 3, 3, 8), kernel(8, 8), kernel(8, 8)

    @tf.function(input_signature=[PICTURES])
    def predicted(self, style):
        features = tf.nn.relu(tf.nn.conv2d(tf.image.resize(style, (64, 64)), self.seen, 2, "SAME"))
        means = tf.reduce_mean(features, (1, 2))
        return means @ self.scale, means @ self.shift

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, frames, style):
        scale, shift = self.predicted(style)
        features = tf.nn.conv2d(frames, self.first, 2, "SAME")
        mean, variance = tf.nn.moments(features, (1, 2), keepdims=True)
        features = tf.nn.batch_normalization(
            features, mean, variance, shift[:, None, None], 1 + scale[:, None, None], 1e-5
        )
        features = tf.image.resize(tf.nn.relu(features), 2 * tf.shape(features)[1:3])
        features = tf.pad(features, [[0, 0], [4, 4], [4, 4], [0, 0]], "REFLECT")
        pixels = tf.nn.conv2d(features, self.last, 1, "VALID")
        return [tf.sigmoid(4 * pixels), tf.reduce_mean(pixels)]


class Signed(tf.Module):
    """A module that is a signature only: a dictionary of outputs, and named arguments whose order
    in the saved file is not the function's."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Moments()

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, name=name)
                                  for name in ("picture", "artwork")])  # fmt: skip
    def paint(self, picture, artwork):
        return {"stylized": self.inner(picture, artwork)[0]}


class Entangled(tf.Module):
    """Nothing in it depends on the style alone: it is mixed into the frame pixel by pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = kernel(3, 3, 3, 3)

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, frames, style):
        mixed = frames + style[:, :1, :1] * tf.reduce_mean(frames)
        return [tf.sigmoid(tf.nn.conv2d(mixed, self.kernel, 1, "SAME"))]


@cache
def moments_folder() -> Path:
    """A saved ``Moments``, the same for all tests of a process."""
    folder = Path(_KEPT.name) / "moments"
    tf.saved_model.save(Moments(), str(folder))
    return folder


_KEPT = tempfile.TemporaryDirectory()
