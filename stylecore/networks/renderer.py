"""The compact fast network: any style, from one picture of it, in one forward pass.

- The *style encoder* turns a style picture into a short code: logarithms of mean and deviation of
  the channels of the compact perceptual network and correlations between projections of them,
  through two dense layers.
- The colours of a frame are moved onto the style's by one matrix (``stylecore.arrays.colour``),
  which serves styles never seen as well as any other, and takes instance normalisation's place.
- The *brushes* turn a code into the kernels of a painter. Each kernel is a mixture of a few experts
  (Yang et al. 2019, "CondConv", section 3) whose input channels are scaled and whose output
  channels are brought to unit variance (Karras et al. 2020, section 2.2): so a style chooses the
  shape of its strokes, and the choice costs nothing once it is made.
- The *painter* has those kernels and paints. No convolution looks at statistics of the frame: so a
  pixel depends on its surroundings only, frames do not pump, and a frame may be cut into tiles.

The painter adds what it paints to the recoloured frame, so detail that a style leaves alone stays
sharp. It works at 1/16 to 1/2 of the frame's sides. Features are enlarged by interpolation, or by a
shuffle and a zero-order hold (Sugawara et al. 2018): every place then is a mean over all phases of
the shuffle, which leaves no grid.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import initializers, layers, ops

from stylecore.networks.perceptual import ReplicationPadding, build_compact
from stylecore.networks.winograd import WinogradConvolution

Tensor = Any
Convolve = Callable[..., Tensor]
"""(name, features, channels, stride=1, last=False) -> features; last: plain linear output."""

STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1")
PROJECTED_CHANNELS = 16
HIDDEN = 256
CODE_LENGTH = 128
MULTIPLE = 16
"""The sides of a frame must be multiples of this."""

HALF_CHANNELS = 24
QUARTER_CHANNELS = 48
EIGHTH_CHANNELS = 96
SIXTEENTH_CHANNELS = 96
SIXTEENTH_BLOCKS = 2
SHUFFLED_CHANNELS = 16
FINE_EXPERTS, COARSE_EXPERTS = 4, 2
"""Experts of a kernel; the coarse kernels have most of the weights, the fine ones draw strokes."""
FINE_WEIGHTS = 32_000
"""A kernel of more weights is a coarse one."""
CENTRE, SPREAD = 0.5, 0.25
"""The painter sees (colour - CENTRE) / SPREAD."""
SPOILT = 7
"""Pixels at the border of what the painter gives that are not as those inside."""
LEAK = 0.2
GAIN = math.sqrt(2 / (1 + LEAK**2))
"""Brings the activation's output back to unit variance (He et al. 2015, eq. 15)."""


@keras.saving.register_keras_serializable("stylecore")
class Brush(layers.Layer):
    """Kernel and bias of a 3x3 convolution for a style code, (1, CODE_LENGTH).

    With a the weights of the experts and s the scales of the inputs, both linear in the code, the
    kernel is s_i sum_e a_e k_eio, divided by its norm over taps and inputs unless it is the
    ``last``, which gives pixels. GAIN is in it: before an activation that is linear for positive
    factors it does what it would do after it.
    """

    def __init__(self, shape: tuple[int, ...], last: bool = False, **options):
        super().__init__(**options)
        self.shape = tuple(shape)
        self.last = last
        weights = math.prod(self.shape)
        self.experts = FINE_EXPERTS if weights < FINE_WEIGHTS else COARSE_EXPERTS

    def build(self, _):
        incoming, outgoing = self.shape[-2:]
        deviation = 1 / math.sqrt(9 * incoming)
        self.kernels = self._weight("kernels", (self.experts, *self.shape), deviation)
        self.mixture = self._weight("mixture", (CODE_LENGTH, self.experts), 0.5 / CODE_LENGTH**0.5)
        self.scale = self._weight("scale", (CODE_LENGTH, incoming), 0.3 / CODE_LENGTH**0.5)
        self.shift = self._weight("shift", (CODE_LENGTH, outgoing), 0)
        self.bias = self._weight("bias", (outgoing,), 0)

    def _weight(self, name: str, shape: tuple[int, ...], deviation: float):
        return self.add_weight(
            name=name, shape=shape, initializer=initializers.RandomNormal(stddev=deviation)
        )

    def call(self, code):
        shares = self.experts**-0.5 + ops.matmul(code, self.mixture)[0]
        mixed = ops.tensordot(shares, self.kernels, 1)
        kernel = mixed * ops.transpose(1 + ops.matmul(code, self.scale))
        bias = ops.matmul(code, self.shift)[0] + self.bias
        if self.last:
            return [LAST_GAIN * kernel, LAST_GAIN * bias]
        norm = ops.rsqrt(ops.sum(ops.square(kernel), (0, 1, 2)) + 1e-6)
        return [GAIN * kernel * norm, GAIN * bias]

    def compute_output_shape(self, _):
        return [self.shape, self.shape[-1:]]


LAST_GAIN = 0.3
"""An untrained painter gives little more than the frame."""


@keras.saving.register_keras_serializable("stylecore")
class ToDepth(layers.Layer):
    """Moves blocks of side x side places into channels: (N, s H, s W, C) to (N, H, W, s s C)."""

    def __init__(self, side: int = 2, **options):
        super().__init__(**options)
        self.side = side

    def call(self, images):
        batch, height, width, channels = ops.shape(images)
        rows, columns, side = height // self.side, width // self.side, self.side
        blocks = ops.reshape(images, (batch, rows, side, columns, side, channels))
        blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        return ops.reshape(blocks, (batch, rows, columns, side * side * channels))

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        rows, columns = (length and length // self.side for length in (height, width))
        return batch, rows, columns, channels * self.side**2


@keras.saving.register_keras_serializable("stylecore")
class FromDepth(layers.Layer):
    """Undoes ``ToDepth(2)``: (N, H, W, 4 C) to (N, 2 H, 2 W, C)."""

    def call(self, features):
        batch, height, width, channels = ops.shape(features)
        blocks = ops.reshape(features, (batch, height, width, 2, 2, channels // 4))
        blocks = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        return ops.reshape(blocks, (batch, 2 * height, 2 * width, channels // 4))

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        return batch, height and 2 * height, width and 2 * width, channels // 4


@keras.saving.register_keras_serializable("stylecore")
class Hold(layers.Layer):
    """Zero-order hold: the mean of each place and its neighbours to one side and the other axis'.

    Every 2x2 window holds each phase of a shuffle once. ``before``: of the neighbours above and to
    the left, else below and to the right; the border is replicated.
    """

    def __init__(self, before: bool, **options):
        super().__init__(**options)
        self.before = before

    def call(self, features):
        for axis in (1, 2):
            features = (features + self._neighbours(features, axis)) * 0.5
        return features

    def _neighbours(self, features, axis: int):
        length = features.shape[axis]
        if self.before:
            kept, border = slice(0, length - 1), slice(0, 1)
        else:
            kept, border = slice(1, length), slice(length - 1, length)
        kept, border = (features[(slice(None),) * axis + (part,)] for part in (kept, border))
        return ops.concatenate([border, kept] if self.before else [kept, border], axis)

    def compute_output_shape(self, shape):
        return shape


@keras.saving.register_keras_serializable("stylecore")
class Correlations(layers.Layer):
    """Of every two channels over all places: (N, H, W, C) to (N, C * C)."""

    def call(self, features):
        _, height, width, channels = ops.shape(features)
        flat = ops.reshape(features, (-1, height * width, channels))
        flat = flat - ops.mean(flat, 1, keepdims=True)
        flat = flat * ops.rsqrt(ops.mean(ops.square(flat), 1, keepdims=True) + 1e-4)
        products = ops.matmul(ops.transpose(flat, (0, 2, 1)), flat)
        return ops.reshape(products, (-1, channels**2)) / ops.cast(height * width, flat.dtype)

    def compute_output_shape(self, shape):
        return shape[0], shape[-1] ** 2


def build_style_encoder(perceptual: keras.Model | None = None) -> keras.Model:
    """Untrained: (N, H, W, 3) RGB in [0, 1] of any size to (N, CODE_LENGTH).

    ``perceptual`` gives the activations of STYLE_LAYERS; a compact network without weights if None.
    """
    perceptual = perceptual or build_compact(STYLE_LAYERS[-1])
    perceptual.trainable = False
    features = perceptual.output
    moments = []
    for name in STYLE_LAYERS:
        values = layers.Activation("linear", dtype="float32")(features[name])
        moments.extend(_log_moments(values))
        project = layers.Dense(
            PROJECTED_CHANNELS, use_bias=False, name=f"{name}_projection", dtype="float32"
        )
        moments.append(Correlations(name=f"{name}_correlations")(project(values)))
    hidden = layers.Dense(HIDDEN, name="hidden", dtype="float32")(ops.concatenate(moments, -1))
    hidden = ops.leaky_relu(hidden, LEAK)
    code = layers.Dense(CODE_LENGTH, name="code", dtype="float32")(hidden)
    code = code * ops.rsqrt(ops.mean(ops.square(code), -1, keepdims=True) + 1e-3)
    return keras.Model(perceptual.input, code, name="style_encoder")


def _log_moments(values: Tensor) -> list[Tensor]:
    """Logarithms of mean and deviation of each channel, roughly standardised."""
    mean, variance = ops.mean(values, (1, 2)), ops.var(values, (1, 2))
    return [ops.log(mean + 0.05) + 1, 0.5 * ops.log(variance + 0.0025) + 0.5]


def build_painter(*, winograd: bool = False) -> keras.Model:
    """Frames to frames, with the variables that ``build_brushes``' model makes for a style.

    Frames are (N, H, W, 3) RGB whose colours are the style's, H and W multiples of MULTIPLE; the
    result has their shape and may leave [0, 1] a little. They differ from what a larger frame would
    give in the SPOILT pixels at the border, where the last convolution sees zeros: padding its
    input would cost more than it gives. ``winograd`` computes most of it with fewer
    multiplications, for processors and float32.
    """
    frames = keras.Input((None, None, 3), name="frames")

    def convolve(name, features, channels, *, stride=1, last=False):
        if winograd and stride == 1 and not last:
            return WinogradConvolution(channels, LEAK, name=name)(features)
        if last:
            return layers.Conv2D(channels, 3, padding="same", name=name, dtype="float32")(features)
        features = ReplicationPadding(name=f"{name}_pad")(features)
        return ops.leaky_relu(layers.Conv2D(channels, 3, stride, name=name)(features), LEAK)

    return keras.Model(frames, _painted(frames, convolve), name="painter")


def build_brushes() -> keras.Model:
    """Untrained: a code (1, CODE_LENGTH) to the list of a painter's variables, in their order.

    They go into ``painter.stateless_call``: one compiled painter then serves every style.
    """
    code = keras.Input((CODE_LENGTH,), batch_size=1, name="code")
    variables = []
    for layer in build_painter().layers:
        if isinstance(layer, layers.Conv2D):
            brush = Brush(
                layer.kernel.shape, layer.name == LAST, name=f"{layer.name}_brush", dtype="float32"
            )
            variables.extend(brush(code))
    return keras.Model(code, variables, name="brushes")


def tinted(kernels: list[Tensor], root: Tensor) -> list[Tensor]:
    """The kernels of a painter whose strokes have the colours of a style.

    Without it the three values that are painted are of variance 1 and uncorrelated, whatever the
    style.

    Args:
        kernels: as ``build_brushes`` gives them.
        root: (3, 3) square root of the covariance of the style's colours.
    """
    kernel, bias = (
        ops.reshape(ops.matmul(ops.reshape(values, (-1, 3)), root), ops.shape(values))
        for values in kernels[-2:]
    )
    return [*kernels[:-2], kernel, bias]


LAST = "pixels"


def _painted(frames: Tensor, convolve: Convolve) -> Tensor:
    normalised = layers.Rescaling(1 / SPREAD, -CENTRE / SPREAD, dtype="float32")(frames)
    quarter = convolve("quarter_in", ToDepth(4)(normalised), QUARTER_CHANNELS)
    eighth = convolve("down8", quarter, EIGHTH_CHANNELS, stride=2)
    eighth = _residual(eighth, "eighth", EIGHTH_CHANNELS, convolve)
    sixteenth = convolve("down16", eighth, SIXTEENTH_CHANNELS, stride=2)
    for block in range(1, SIXTEENTH_BLOCKS + 1):
        sixteenth = _residual(sixteenth, f"sixteenth{block}", SIXTEENTH_CHANNELS, convolve)
    eighth = _joined(convolve("up16", sixteenth, EIGHTH_CHANNELS), eighth)
    eighth = convolve("eighth_out", eighth, EIGHTH_CHANNELS)
    quarter = _joined(convolve("up8", eighth, QUARTER_CHANNELS), quarter)
    quarter = _residual(quarter, "quarter", QUARTER_CHANNELS, convolve)
    half = FromDepth()(convolve("quarter_out", quarter, 4 * SHUFFLED_CHANNELS))
    half = ops.concatenate([Hold(before=True)(half), ToDepth()(normalised)], -1)
    half = convolve("half", half, HALF_CHANNELS)
    pixels = FromDepth(dtype="float32")(convolve(LAST, half, 12, last=True))
    return frames + Hold(before=False, dtype="float32")(pixels)


def _residual(features: Tensor, name: str, channels: int, convolve: Convolve) -> Tensor:
    change = convolve(f"{name}_a", features, channels)
    return (features + convolve(f"{name}_b", change, channels)) * math.sqrt(0.5)


def _joined(coarse: Tensor, fine: Tensor) -> Tensor:
    """Coarse features at twice their size, with fine ones added."""
    larger = layers.UpSampling2D(2, interpolation="bilinear")(coarse)
    return (larger + fine) * math.sqrt(0.5)
