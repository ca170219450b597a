"""The compact fast network: any style, from one picture of it, in one forward pass.

- The *style encoder* turns a style picture into a short code: mean and deviation of the channels of
  the compact perceptual network, through two dense layers.
- The colours of a frame are moved onto the style's by one matrix (``stylecore.arrays.colour``),
  which serves styles never seen as well as any other, and takes instance normalisation's place.
- The *renderer* paints. Its convolutions are modulated by the code (Karras et al. 2020, section
  2.2: input channels are scaled, output channels brought back to unit variance) and none looks at
  statistics of the frame: so a pixel depends on its surroundings only, frames do not pump, and a
  frame may be cut into tiles. For one style the modulation folds into plain kernels: the *painter*.

The renderer works at 1/8 and 1/4 of the frame's sides; pixels come back through two shuffles with
a convolution between them, across their borders, that also sees the frame itself.
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
HIDDEN = 256
CODE_LENGTH = 128
MULTIPLE = 8
"""The sides of a frame must be multiples of this."""

QUARTER_CHANNELS = 48
EIGHTH_CHANNELS = 96
RESIDUAL_BLOCKS = 3
SHUFFLED_CHANNELS = 16
CENTRE, SPREAD = 0.5, 0.25
"""The renderer sees and gives (colour - CENTRE) / SPREAD."""
SPOILT = 2
"""Pixels at the border of what the painter gives that are not the renderer's."""
LEAK = 0.2
GAIN = math.sqrt(2 / (1 + LEAK**2))
"""Brings the activation's output back to unit variance (He et al. 2015, eq. 15)."""


@keras.saving.register_keras_serializable("stylecore")
class ModulatedConvolution(layers.Layer):
    """3x3 convolution whose channels a style code scales and shifts.

    Called with features (N, H, W, C) and codes (N, CODE_LENGTH); replicates the border. With s the
    scales, output channel o of kernel k is divided by sqrt(sum over inputs i and taps (s_i k_io)^2)
    unless it is the ``last``, which gives pixels.
    """

    def __init__(self, channels: int, stride: int = 1, last: bool = False, **options):
        super().__init__(**options)
        self.channels = channels
        self.stride = stride
        self.last = last
        self.padding = ReplicationPadding(dtype=self.dtype_policy)

    def build(self, shapes):
        incoming = shapes[0][-1]
        deviation = 1 / math.sqrt(9 * incoming)
        self.kernel = self._weight("kernel", (3, 3, incoming, self.channels), deviation)
        self.scale = self._weight("scale", (CODE_LENGTH, incoming), 0.3 / math.sqrt(CODE_LENGTH))
        self.shift = self._weight("shift", (CODE_LENGTH, self.channels), 0)
        self.bias = self._weight("bias", (self.channels,), 0)

    def _weight(self, name: str, shape: tuple[int, ...], deviation: float):
        return self.add_weight(
            name=name, shape=shape, initializer=initializers.RandomNormal(stddev=deviation)
        )

    def call(self, inputs):
        features, code = inputs
        scale, gain, shift = self._modulation(code)
        features = self.padding(features * scale[:, None, None])
        features = ops.conv(features, self.kernel, strides=self.stride, padding="valid")
        return features * gain[:, None, None] + shift[:, None, None]

    def compute_output_shape(self, shapes):
        batch, height, width, _ = shapes[0]
        sides = (side and -(-side // self.stride) for side in (height, width))
        return (batch, *sides, self.channels)

    def folded(self, code: Tensor) -> list[Tensor]:
        """Kernel and bias of the plain convolution that this is for one code, (1, CODE_LENGTH)."""
        scale, gain, shift = self._modulation(code)
        return [self.kernel * ops.transpose(scale) * gain, shift[0]]

    def _modulation(self, code):
        """Scale (N, C) of the inputs, gain (N, channels) and shift (N, channels) of the outputs."""
        scale = 1 + ops.matmul(code, self.scale)
        energy = ops.sum(ops.square(self.kernel), (0, 1))
        gain = ops.rsqrt(ops.matmul(ops.square(scale), energy) + 1e-6)
        if self.last:
            gain = ops.ones_like(gain)
        return scale, gain, ops.matmul(code, self.shift) + self.bias


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


def build_style_encoder(perceptual: keras.Model | None = None) -> keras.Model:
    """Untrained: (N, H, W, 3) RGB in [0, 1] of any size to (N, CODE_LENGTH).

    ``perceptual`` gives the activations of STYLE_LAYERS; a compact network without weights if None.
    """
    perceptual = perceptual or build_compact(STYLE_LAYERS[-1])
    perceptual.trainable = False
    features = perceptual.output
    moments = []
    for name in STYLE_LAYERS:
        moments.extend(_log_moments(features[name]))
    hidden = layers.Dense(HIDDEN, name="hidden", dtype="float32")(ops.concatenate(moments, -1))
    hidden = ops.leaky_relu(hidden, LEAK)
    code = layers.Dense(CODE_LENGTH, name="code", dtype="float32")(hidden)
    return keras.Model(perceptual.input, code, name="style_encoder")


def _log_moments(features: Tensor) -> list[Tensor]:
    """Logarithms of mean and deviation of each channel, roughly standardised."""
    values = ops.cast(features, "float32")
    mean = ops.mean(values, (1, 2))
    variance = ops.mean(ops.square(values - mean[:, None, None]), (1, 2))
    return [ops.log(mean + 0.05) + 1, 0.5 * ops.log(variance + 0.0025) + 0.5]


def build_renderer() -> keras.Model:
    """Untrained: [frames, codes] to frames, for a code of its own for every frame.

    Frames are (N, H, W, 3) RGB whose colours are the style's, H and W multiples of MULTIPLE; the
    result has their shape and may leave [0, 1] a little.
    """
    frames = keras.Input((None, None, 3), name="frames")
    codes = keras.Input((CODE_LENGTH,), name="codes")

    def convolve(name, features, channels, *, stride=1, last=False):
        dtype = "float32" if last else None
        layer = ModulatedConvolution(channels, stride, last, name=name, dtype=dtype)
        features = layer([features, codes])
        return features if last else ops.leaky_relu(features, LEAK) * GAIN

    return keras.Model([frames, codes], _painted(frames, convolve), name="renderer")


def build_painter(*, winograd: bool = False) -> keras.Model:
    """The renderer for one style: frames to frames, with the variables that ``fold`` makes.

    They differ in the SPOILT pixels at the border, where the last convolution sees zeros: padding
    its input, the largest of all, would cost more than everything else that is no convolution.
    ``winograd`` computes most of it with fewer multiplications, for processors and float32.
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


def fold(renderer: keras.Model, code: Tensor, painter: keras.Model) -> list[Tensor]:
    """The painter's variables, in their order, that are the renderer's for a code (1, CODE_LENGTH).

    GAIN is in them too: it may stand before the activation, which is linear for positive factors.
    They go into ``painter.stateless_call``: a compiled painter then serves one style after another.
    """
    folded = {}
    for layer in renderer.layers:
        if isinstance(layer, ModulatedConvolution):
            kernel, bias = layer.folded(code)
            gain = 1 if layer.last else GAIN
            folded.update(
                {f"{layer.name}/kernel": gain * kernel, f"{layer.name}/bias": gain * bias}
            )
    return [folded[variable.path] for variable in painter.variables]


def _painted(frames: Tensor, convolve: Convolve) -> Tensor:
    normalised = layers.Rescaling(1 / SPREAD, -CENTRE / SPREAD, dtype="float32")(frames)
    quarter = convolve("quarter_in", ToDepth(4)(normalised), QUARTER_CHANNELS)
    features = convolve("down", quarter, EIGHTH_CHANNELS, stride=2)
    for block in range(1, RESIDUAL_BLOCKS + 1):
        change = convolve(f"block{block}_a", features, EIGHTH_CHANNELS)
        change = convolve(f"block{block}_b", change, EIGHTH_CHANNELS)
        features = (features + change) * math.sqrt(0.5)
    features = convolve("up", features, QUARTER_CHANNELS)
    features = layers.UpSampling2D(2, interpolation="bilinear")(features)
    features = (features + quarter) * math.sqrt(0.5)
    features = convolve("quarter_a", features, QUARTER_CHANNELS)
    features = convolve("quarter_b", features, QUARTER_CHANNELS)
    features = FromDepth()(convolve("quarter_out", features, 4 * SHUFFLED_CHANNELS))
    features = [ops.cast(features, "float32"), ToDepth(dtype="float32")(normalised)]
    pixels = convolve("pixels", ops.concatenate(features, -1), 12, last=True)
    return layers.Rescaling(SPREAD, CENTRE, dtype="float32")(FromDepth(dtype="float32")(pixels))
