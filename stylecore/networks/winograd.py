"""3x3 convolutions with a quarter of the multiplications, for processors.

Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016, "Fast Algorithms for Convolutional
Neural Networks", section 4): tiles of 6x6 places and the kernel go through small linear maps, are
multiplied place by place, channels against channels, and another map gives 4x4 places of the
result. It is the convolution's but for rounding, which grows about tenfold: enough for float32.

Every map is made along one axis at a time, in a small program that XLA compiles once: what one
program leaves is still in the processor's cache when the next one takes it.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from stylecore.networks.backend import fused
from stylecore.networks.perceptual import ReplicationPadding

Tensor = Any
Matrix = Sequence[Sequence[float]]

LEAST_PLACES = 4096
"""Smaller pictures are not worth compiling for."""
TILE = 4
"""Places on a side of the result that a tile of PLACES on a side gives."""
PLACES = 6
OF_TILES: Matrix = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
OF_KERNELS: Matrix = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
OF_RESULTS: Matrix = (
    (1, 1, 1, 1, 1, 0),
    (0, 1, -1, 2, -2, 0),
    (0, 1, 1, 4, 4, 0),
    (0, 1, -1, 8, -8, 1),
)


@keras.saving.register_keras_serializable("stylecore")
class WinogradConvolution(layers.Layer):
    """3x3 convolution that replicates the border, and LeakyReLU: with the variables of Conv2D."""

    def __init__(self, channels: int, leak: float, **options):
        super().__init__(**options)
        self.channels = channels
        self.leak = leak
        self.padding = ReplicationPadding(dtype=self.dtype_policy)

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(3, 3, shape[-1], self.channels))
        self.bias = self.add_weight(name="bias", shape=(self.channels,))

    def call(self, features):
        _, height, width, _ = features.shape
        if height * width < LEAST_PLACES:
            plain = ops.conv(self.padding(features), self.kernel, padding="valid")
            return ops.leaky_relu(plain + self.bias, self.leak)
        kernels = _mapped_kernel(self.kernel)
        result = _convolved(_with_border(features), kernels, self.bias.value, self.leak)
        return result[:, :height, :width]

    def compute_output_shape(self, shape):
        return (*shape[:-1], self.channels)


def _with_border(features: Tensor) -> Tensor:
    """The borders replicated, once before and at least once behind: whole tiles."""
    below, right = (1 + -side % TILE for side in features.shape[1:3])
    columns = [features[:, :, :1], features, ops.repeat(features[:, :, -1:], right, 2)]
    wide = ops.concatenate(columns, 2)
    return ops.concatenate([wide[:, :1], wide, ops.repeat(wide[:, -1:], below, 1)], 1)


def _convolved(tiled: Tensor, kernels: Tensor, bias: Tensor, leak: float) -> Tensor:
    """The convolution of whole tiles (N, 4 h + 2, 4 w + 2, I), with kernels (36, I, O)."""
    batch, height, width, incoming = tiled.shape
    rows, columns, outgoing = height // TILE, width // TILE, kernels.shape[-1]
    lines = []
    for number, line in enumerate(_lines_of_tiles(tiled)):
        products = [
            ops.matmul(ops.reshape(place, (-1, incoming)), kernels[PLACES * number + column])
            for column, place in enumerate(_places_of_tiles(line))
        ]
        shape = (batch, rows, columns, outgoing)
        lines.append(_lines_of_results([ops.reshape(product, shape) for product in products]))
    return _results(lines, bias, leak)


def _mapped_kernel(kernel: Tensor) -> Tensor:
    """(3, 3, I, O) to (36, I, O)."""
    matrix = np.kron(OF_KERNELS, OF_KERNELS).astype(np.float32)
    incoming, outgoing = kernel.shape[2:]
    mapped = ops.matmul(matrix, ops.reshape(kernel, (9, -1)))
    return ops.reshape(mapped, (PLACES**2, incoming, outgoing))


@fused
def _lines_of_tiles(tiled: Tensor) -> list[Tensor]:
    """Along the height: for each of the 6 lines of all tiles (N, h, 4 w + 2, C)."""
    stop = tiled.shape[1] - PLACES + 1
    return _mapped(OF_TILES, [tiled[:, place : stop + place : TILE] for place in range(PLACES)])


@fused
def _places_of_tiles(line: Tensor) -> list[Tensor]:
    """Along the width: for each of the 6 places in a line of all tiles (N, h, w, C)."""
    stop = line.shape[2] - PLACES + 1
    return _mapped(OF_TILES, [line[:, :, place : stop + place : TILE] for place in range(PLACES)])


@fused
def _lines_of_results(places: list[Tensor]) -> Tensor:
    """Along the width: (N, h, 4 w, C) of one line of all tiles."""
    batch, rows, columns, channels = places[0].shape
    line = ops.stack(_mapped(OF_RESULTS, places), 3)
    return ops.reshape(line, (batch, rows, TILE * columns, channels))


@fused
def _results(lines: list[Tensor], bias: Tensor, leak: float) -> Tensor:
    """Along the height: (N, 4 h, 4 w, C), activated."""
    batch, rows, width, channels = lines[0].shape
    stacked = ops.stack(_mapped(OF_RESULTS, lines), 2)
    result = ops.reshape(stacked, (batch, TILE * rows, width, channels))
    return ops.leaky_relu(result + bias, leak)


def _mapped(matrix: Matrix, parts: list[Tensor]) -> list[Tensor]:
    """For each row the sum of the parts with its weights."""
    return [
        sum(part * weight for weight, part in zip(row, parts, strict=True) if weight)
        for row in matrix
    ]
