"""Divides a large picture into windows in which a network sees just what it sees in the whole.

A window is wider than the part that counts in it, its core, by the reach of the network, and lies
on the grid of its strides. Features of the cores, put together, are those of the whole picture:
there is no seam to hide.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

GRID = 16
"""Stride of the deepest layers."""
_CONVOLUTIONS = (2, 2, 4, 4, 4)
_LEAST_CORE = 64


@dataclass(frozen=True)
class Window:
    """Part of a picture, in pixels; core and window begin on GRID."""

    rows: slice
    columns: slice
    core_rows: slice
    core_columns: slice

    def at(self, stride: int) -> "Window":
        """The same part in features of this stride."""

        def strided(part: slice) -> slice:
            return slice(part.start // stride, part.stop // stride)

        return Window(*(strided(part) for part in vars(self).values()))

    @property
    def core_inside(self) -> tuple[slice, slice]:
        """Rows and columns of the core, counted from the window's own corner."""
        top, left = self.rows.start, self.columns.start
        return (
            slice(self.core_rows.start - top, self.core_rows.stop - top),
            slice(self.core_columns.start - left, self.core_columns.stop - left),
        )

    def core_mask(self) -> np.ndarray:
        """(1, h, w, 1) float32 over the window, 1 in its core."""
        mask = np.zeros((self.rows.stop - self.rows.start, self.columns.stop - self.columns.start))
        mask[self.core_inside] = 1
        return mask[None, :, :, None].astype(np.float32)


def stride(layer: str) -> int:
    """Pixels from one position to the next in a layer named like ``block3_conv1``."""
    return 2 ** (_block(layer) - 1)


def reach(layers: Iterable[str]) -> int:
    """Pixels beyond a position that the deepest of ``layers`` sees, as a multiple of GRID.

    Every 3x3 convolution adds its stride on both sides; pooling adds nothing beyond its own block.
    """
    furthest = 0
    for layer in layers:
        block, convolution = _block(layer), int(layer.rpartition("conv")[2])
        before = sum(count * 2**level for level, count in enumerate(_CONVOLUTIONS[: block - 1]))
        furthest = max(furthest, before + convolution * stride(layer))
    return GRID * math.ceil(furthest / GRID)


def windows(shape: tuple[int, int], *, margin: int, pixels: int) -> list[Window]:
    """Windows of one size that cover a picture, each of at most about ``pixels`` pixels.

    Args:
        shape: height and width of the picture.
        margin: ``reach`` of the layers.
        pixels: at most so many, as long as a core of 64x64 pixels is left.
    """
    height, width = shape
    if height * width <= pixels:
        return [Window(*2 * (slice(0, height), slice(0, width)))]
    side = max(math.isqrt(pixels), 2 * margin + _LEAST_CORE)
    high = min(height, side)
    wide = min(width, max(side, pixels // high))
    return [
        Window(rows, columns, core_rows, core_columns)
        for rows, core_rows in _along(height, high, margin)
        for columns, core_columns in _along(width, wide, margin)
    ]


def _along(length: int, longest: int, margin: int) -> list[tuple[slice, slice]]:
    """(window, core) along one axis, as short as the number of windows allows."""
    size = longest - (longest - length) % GRID
    cut = list(_cut(length, size, margin))
    while size - GRID > 2 * margin + GRID and len(cut) > 1:
        shorter = list(_cut(length, size - GRID, margin))
        if len(shorter) > len(cut):
            break
        size, cut = size - GRID, shorter
    return cut


def _cut(length: int, size: int, margin: int) -> Iterator[tuple[slice, slice]]:
    done = 0
    while done < length:
        start = min(max(0, done - margin), max(0, length - size))
        stop = min(start + size, length)
        core_stop = length if stop == length else (stop - margin) // GRID * GRID
        yield slice(start, stop), slice(done, core_stop)
        done = core_stop


def _block(layer: str) -> int:
    return int(layer.removeprefix("block").partition("_")[0])
