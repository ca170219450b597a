"""Painting by program: procedural noise, colour ramps, anti-aliased shapes."""

from collections.abc import Sequence

import cv2
import numpy as np

TEXELS = 2
"""Texture pixels per unit; a unit is one pixel of the demo clip when the camera does not zoom."""
_FIXED_POINT_BITS = 4

Colour = str | np.ndarray
Stops = Sequence[tuple[float, str]]


def rgb(colour: Colour) -> np.ndarray:
    """``"#rrggbb"`` as three float32 in [0, 1]."""
    if isinstance(colour, str):
        return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)], np.float32)
    return np.asarray(colour, np.float32)


def ramp(values: np.ndarray, stops: Stops) -> np.ndarray:
    """Colours along a gradient: (...) values to (..., 3) float32 in [0, 1]."""
    places = [place for place, _ in stops]
    colours = np.stack([rgb(colour) for _, colour in stops])
    return np.stack(
        [np.interp(values, places, colours[:, channel]) for channel in range(3)], axis=-1
    ).astype(np.float32)


def mix(a: np.ndarray, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """``a`` where share is 0, ``b`` where it is 1."""
    share = np.asarray(share, np.float32)
    if share.ndim == 2 and (a.ndim == 3 or b.ndim == 3):
        share = share[..., None]
    return a + (b - a) * share


def smoothstep(low: float, high: float, values: np.ndarray) -> np.ndarray:
    """0 below ``low``, 1 above ``high``, smooth between."""
    x = np.clip((values - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def fbm(
    shape: tuple[int, int],
    *,
    cell: float | tuple[float, float],
    seed: int,
    octaves: int = 5,
    gain: float = 0.5,
) -> np.ndarray:
    """Fractal noise (H, W) in [0, 1], mean about 0.5; ``cell``: (x, y) of its coarsest grid."""
    height, width = shape
    cell_x, cell_y = cell if isinstance(cell, tuple) else (cell, cell)
    random = np.random.default_rng(seed)
    total, weight = np.zeros(shape, np.float32), 1.0
    for _ in range(octaves):
        rows, columns = int(height / cell_y) + 3, int(width / cell_x) + 3
        grid = random.random((rows, columns), dtype=np.float32) - np.float32(0.5)
        x = np.arange(width, dtype=np.float32) / np.float32(cell_x) + 1
        y = np.arange(height, dtype=np.float32) / np.float32(cell_y) + 1
        total += np.float32(weight) * cv2.remap(
            grid, np.tile(x, (height, 1)), np.repeat(y[:, None], width, axis=1), cv2.INTER_CUBIC
        )
        weight *= gain
        cell_x, cell_y = max(cell_x / 2, 1.0), max(cell_y / 2, 1.0)
    return np.clip(0.5 + (total - total.mean()) / (5 * total.std()), 0, 1)


def relief(field: np.ndarray, *, light: tuple[float, float], reach: float = 1.0) -> np.ndarray:
    """How much a surface of these heights faces ``light`` (x, y): [0, 1], 0.5 where it is flat."""
    rows, columns = np.gradient(cv2.GaussianBlur(field, (0, 0), reach))
    slope = -(columns * light[0] + rows * light[1])
    return np.clip(0.5 + slope / (5 * slope.std() + 1e-9), 0, 1).astype(np.float32)


def coverage(inside: np.ndarray) -> np.ndarray:
    """Share of a texture pixel that is filled, by how far inside an edge it lies, in units."""
    return np.clip(inside * TEXELS + 0.5, 0, 1)


class Canvas:
    """A rectangle in units, painted with opaque anti-aliased shapes.

    ``pixels`` is premultiplied RGBA uint8: blending an opaque colour over it by coverage, as
    OpenCV's anti-aliased drawing does in every channel, is then exactly "over".
    """

    def __init__(self, left: float, top: float, width: float, height: float) -> None:
        self.left, self.top = left, top
        self.shape = (round(height * TEXELS), round(width * TEXELS))
        self.pixels = np.zeros((*self.shape, 4), np.uint8)

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y in units of every texture pixel's centre."""
        rows, columns = np.indices(self.shape, dtype=np.float32)
        return self.left + (columns + 0.5) / TEXELS, self.top + (rows + 0.5) / TEXELS

    def column(self, x: float) -> int:
        """The texture column at ``x``, the nearest one where there is none."""
        return int(np.clip((x - self.left) * TEXELS, 0, self.shape[1] - 1))

    def noise(
        self, *, cell: float | tuple[float, float], seed: int, octaves: int = 5
    ) -> np.ndarray:
        """``fbm`` over the canvas, ``cell`` in units."""
        cells = cell if isinstance(cell, tuple) else (cell, cell)
        texels = (cells[0] * TEXELS, cells[1] * TEXELS)
        return fbm(self.shape, cell=texels, seed=seed, octaves=octaves)

    def paint(self, colours: np.ndarray, cover: np.ndarray | float = 1.0) -> None:
        """Lays (H, W, 3) colours in [0, 1] over the canvas where ``cover`` (H, W) in [0, 1] is."""
        alpha = np.broadcast_to(np.asarray(cover, np.float32), self.shape)[..., None]
        new = np.concatenate([colours * alpha, alpha], axis=-1) * np.float32(255)
        old = self.pixels * (1 - alpha)
        self.pixels = np.rint(np.clip(new + old, 0, 255)).astype(np.uint8)

    def repaint(self, colours: np.ndarray) -> None:
        """Gives (H, W, 3) colours to what is there; the outline stays."""
        alpha = self.pixels[..., 3:] / np.float32(255)
        self.pixels[..., :3] = np.rint(np.clip(colours, 0, 1) * alpha * 255).astype(np.uint8)

    def roughen(self, amount: float, *, cell: float | tuple[float, float], seed: int) -> None:
        """Makes what is there lighter and darker by noise."""
        factor = 1 + amount * (2 * self.noise(cell=cell, seed=seed)[..., None] - 1)
        colours = self.pixels[..., :3] * factor
        self.pixels[..., :3] = np.rint(np.minimum(colours, self.pixels[..., 3:])).astype(np.uint8)

    def polygon(self, points: Sequence[tuple[float, float]] | np.ndarray, colour: Colour) -> None:
        cv2.fillPoly(
            self.pixels, [self._fixed(points)], self._ink(colour), cv2.LINE_AA, _FIXED_POINT_BITS
        )

    def rectangle(
        self, left: float, top: float, right: float, bottom: float, colour: Colour
    ) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def line(
        self, points: Sequence[tuple[float, float]] | np.ndarray, colour: Colour, width: float
    ) -> None:
        cv2.polylines(
            self.pixels, [self._fixed(points)], False, self._ink(colour),
            max(1, round(width * TEXELS)), cv2.LINE_AA, _FIXED_POINT_BITS,
        )  # fmt: skip

    def ellipse(
        self,
        centre: tuple[float, float],
        axes: tuple[float, float],
        colour: Colour,
        *,
        angle: float = 0.0,
    ) -> None:
        """``axes``: half lengths in units; ``angle``: degrees clockwise."""
        (x, y), one = self._fixed([centre])[0], TEXELS << _FIXED_POINT_BITS
        size = (max(1, round(axes[0] * one)), max(1, round(axes[1] * one)))
        cv2.ellipse(
            self.pixels, (int(x), int(y)), size, angle, 0, 360, self._ink(colour), -1,
            cv2.LINE_AA, _FIXED_POINT_BITS,
        )  # fmt: skip

    def _fixed(self, points: Sequence[tuple[float, float]] | np.ndarray) -> np.ndarray:
        texels = (np.asarray(points, np.float64) - (self.left, self.top)) * TEXELS - 0.5
        return np.rint(texels * (1 << _FIXED_POINT_BITS)).astype(np.int32)

    @staticmethod
    def _ink(colour: Colour) -> tuple[float, float, float, float]:
        red, green, blue = (float(value) for value in np.clip(rgb(colour), 0, 1) * 255)
        return red, green, blue, 255.0
