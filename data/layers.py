"""Flat layers that move by affine maps: pictures of them, their exact motion and occlusion.

Coordinates are continuous, in units (pixels of the clip at scale 1); the centre of a pixel with
index (i, j) lies at ((j + 0.5) / scale, (i + 0.5) / scale).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from data.paint import TEXELS, Canvas

PURE = 0.96
"""Share of a pixel that one layer must fill for the pixel's motion to be exact."""


@dataclass(frozen=True)
class Layer:
    """A painted canvas and, for every time, the 3x3 matrix that puts its units on the screen."""

    canvas: Canvas
    placement: Callable[[float], np.ndarray]

    def texels_to_pixels(self, time: float, scale: float) -> np.ndarray:
        """3x3 matrix between the indices of texture and screen pixels."""
        to_units = translation(self.canvas.left, self.canvas.top) @ scaling(1 / TEXELS)
        return (
            translation(-0.5, -0.5) @ scaling(scale) @ self.placement(time)
            @ to_units @ translation(0.5, 0.5)
        )  # fmt: skip


def translation(x: float, y: float) -> np.ndarray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def scaling(x: float, y: float | None = None) -> np.ndarray:
    return np.diag([x, x if y is None else y, 1.0])


def rotation(degrees: float) -> np.ndarray:
    """Clockwise on the screen."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def about(x: float, y: float, matrix: np.ndarray) -> np.ndarray:
    """The same map with (x, y) as its fixed point."""
    return translation(x, y) @ matrix @ translation(-x, -y)


def render(layers: Sequence[Layer], time: float, size: tuple[int, int], scale: float) -> np.ndarray:
    """Composites layers, the farthest first: (H, W, 3) float32 in [0, 1]."""
    factor, (width, height) = _supersampling(size, scale)
    picture = np.zeros((height, width, 3), np.float32)
    for layer in layers:
        placed = _place(layer, time, scale * factor, (width, height))
        if placed is None:
            continue
        window, pixels = placed
        cover = np.float32(1) - pixels[..., 3:] * np.float32(1 / 255)
        picture[window] = picture[window] * cover + pixels[..., :3]
    return _shrink(picture, factor) * np.float32(1 / 255)


def exact_motion(
    layers: Sequence[Layer], time: float, other: float, size: tuple[int, int], scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Motion of the foremost layer of every pixel from ``time`` to ``other``, and where it holds.

    Returns:
        motion (H, W, 2) float32 in pixels; mask (H, W) float32, 1 where a pixel belongs to one
        layer and the same point of it is seen, as wholly, at ``other`` too.
    """
    shares = _shares(layers, time, size, scale)
    shares_there = _shares(layers, other, size, scale)
    front = shares.argmax(axis=0)
    width, height = round(size[0] * scale), round(size[1] * scale)
    motion, mask = np.zeros((height, width, 2), np.float32), np.zeros((height, width), np.float32)
    rows, columns = np.indices((height, width), dtype=np.float64)
    for number in np.unique(front):
        layer = layers[number]
        here, there = (layer.texels_to_pixels(moment, scale) for moment in (time, other))
        matrix = there @ np.linalg.inv(here)
        x = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2]
        y = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2]
        own = front == number
        motion[own] = np.stack([x - columns, y - rows], axis=-1)[own]
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        seen = cv2.remap(
            shares_there[number], x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR
        )
        mask[own & inside & (shares[number] >= PURE) & (seen >= PURE)] = 1.0
    return motion, mask


def _shares(
    layers: Sequence[Layer], time: float, size: tuple[int, int], scale: float
) -> np.ndarray:
    """(layers, H, W): how much of every pixel shows which layer."""
    factor, (width, height) = _supersampling(size, scale)
    free = np.ones((height, width), np.float32)
    shares = np.zeros((len(layers), height // factor, width // factor), np.float32)
    for number in reversed(range(len(layers))):
        placed = _place(layers[number], time, scale * factor, (width, height))
        if placed is None:
            continue
        window, pixels = placed
        alpha = pixels[..., 3] * np.float32(1 / 255)
        share = np.zeros((height, width), np.float32)
        share[window] = free[window] * alpha
        free[window] *= 1 - alpha
        shares[number] = _shrink(share, factor)
    return shares


def _supersampling(size: tuple[int, int], scale: float) -> tuple[int, tuple[int, int]]:
    """Samples per pixel and axis, so that textures are never sampled too thinly; sampled size."""
    factor = max(1, round(TEXELS / scale))
    return factor, (round(size[0] * scale) * factor, round(size[1] * scale) * factor)


def _place(
    layer: Layer, time: float, scale: float, size: tuple[int, int]
) -> tuple[tuple[slice, slice], np.ndarray] | None:
    """The window of the screen that the layer touches, and its RGBA there."""
    matrix = layer.texels_to_pixels(time, scale)
    rows, columns = layer.canvas.shape
    corners = matrix @ np.array(
        [[-1, columns, -1, columns], [-1, -1, rows, rows], [1, 1, 1, 1]], np.float64
    )
    left, top = np.maximum(np.floor(corners[:2].min(axis=1)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners[:2].max(axis=1)).astype(int) + 1, size)
    if left >= right or top >= bottom:
        return None
    shifted = (translation(-left, -top) @ matrix)[:2]
    pixels = cv2.warpAffine(layer.canvas.pixels, shifted, (int(right - left), int(bottom - top)))
    return (slice(top, bottom), slice(left, right)), pixels


def _shrink(picture: np.ndarray, factor: int) -> np.ndarray:
    if factor == 1:
        return picture
    height, width = picture.shape[:2]
    return cv2.resize(picture, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
