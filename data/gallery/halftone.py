"""Pop print: flat shapes, dots of coloured ink in turned screens, a little out of register."""

import cv2
import numpy as np

from data.gallery.field import SIDE, shrink, unit_grid
from data.paint import fbm, relief, rgb, smoothstep

OVERSAMPLING = 2
PAPER = "#fbf3e0"
INKS = {"cyan": "#12a5d8", "magenta": "#ee2d7b", "yellow": "#ffd51e", "black": "#17141f"}
SCREENS = {"cyan": (15, 13.0, (1.5, -1.0)), "magenta": (75, 13.0, (-2.0, 1.2)),
           "yellow": (0, 9.5, (1.0, 2.0)), "black": (45, 17.0, (0.0, 0.0))}  # fmt: skip
"""Angle of each screen in degrees, distance of its dots and error of its register in pixels."""
BURST = (0.38, 0.42)
BALLS = ((0.80, 0.24, 0.145, "cyan"), (0.74, 0.60, 0.10, "magenta"),
         (0.13, 0.74, 0.085, "cyan"), (0.10, 0.13, 0.075, "yellow"))  # fmt: skip
"""x, y, radius in pictures, and the ink of each ball."""


def draw() -> np.ndarray:
    side = SIDE * OVERSAMPLING
    grain = fbm((side, side), cell=4, seed=1, octaves=2)
    picture = np.ones((side, side, 3), np.float32) * rgb(PAPER)
    picture *= (0.96 + 0.08 * relief(grain, light=(1, 1)))[..., None]
    for name, amount in _separations().items():
        angle, spacing, (shift_x, shift_y) = SCREENS[name]
        shift = np.array([[1, 0, shift_x], [0, 1, shift_y]], np.float32) * (1, 1, OVERSAMPLING)
        moved = cv2.warpAffine(amount, shift, (side, side), borderMode=cv2.BORDER_REPLICATE)
        cover = _screen(moved, angle, spacing * OVERSAMPLING)
        worn = cover * (1 - 0.55 * smoothstep(0.66, 0.9, grain))
        picture *= 1 - worn[..., None] * (1 - rgb(INKS[name]))
    return shrink(picture)


def _screen(amount: np.ndarray, degrees: float, spacing: float) -> np.ndarray:
    """Dots whose area grows with ``amount`` in [0, 1]; all of the area at 1."""
    side = len(amount)
    y, x = np.indices((side, side), dtype=np.float32)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = [(cosine * x + sine * y) / spacing, (cosine * y - sine * x) / spacing]
    inside = [axis - np.rint(axis) for axis in turned]
    distance = np.hypot(*inside) * spacing
    radius = np.sqrt(np.clip(amount, 0, 1) / np.pi) * spacing
    dots = np.clip(radius * 1.12 - distance + 0.5, 0, 1)
    return np.where(amount >= 0.97, 1.0, np.where(amount <= 0.02, 0.0, dots)).astype(np.float32)


class _Sheet:
    """Amount of every ink in [0, 1]; what is laid later replaces what lies under it."""

    def __init__(self, side: int) -> None:
        self.inks = {name: np.zeros((side, side), np.float32) for name in INKS}

    def lay(self, inside: np.ndarray, **amounts: np.ndarray | float) -> None:
        for name, amount in self.inks.items():
            np.copyto(amount, np.float32(amounts.get(name, 0.0)), where=inside)


def _separations() -> dict[str, np.ndarray]:
    """A burst before rays, bands of hills and balls."""
    side = SIDE * OVERSAMPLING
    x, y = unit_grid(side)
    sheet = _Sheet(side)
    radius = np.hypot(x - BURST[0], y - BURST[1])
    angle = np.arctan2(y - BURST[1], x - BURST[0])
    rays = np.sin(18 * angle) > 0
    sheet.lay(rays, cyan=np.clip(0.12 + 0.75 * radius, 0, 0.9))
    sheet.lay(~rays, magenta=np.clip(0.95 - 0.9 * radius, 0.05, 0.9), yellow=0.35)
    sheet.lay(_lines(side), black=1.0)
    _hills(sheet, x, y)
    edge = 0.225 + 0.05 * np.abs(((angle * 11 / np.pi) % 2) - 1)
    sheet.lay(radius < edge + 0.016, black=1.0)
    sheet.lay(radius < edge, yellow=1.0, magenta=np.clip(radius * 4.2 - 0.45, 0, 0.9))
    sheet.lay(radius < 0.125, magenta=np.clip(0.35 + 4 * radius, 0, 1.0), yellow=1.0)
    for ball in BALLS:
        _ball(sheet, x, y, *ball)
    return sheet.inks


def _hills(sheet: _Sheet, x: np.ndarray, y: np.ndarray) -> None:
    for number in range(5):
        crest = 0.66 + 0.075 * number + 0.045 * np.sin(2 * np.pi * (1.2 * x + 0.23 * number))
        shade = np.clip((y - crest) / 0.12, 0, 1)
        bands: tuple[dict[str, np.ndarray | float], ...] = (
            {"yellow": 1.0, "magenta": 0.75 * shade},
            {"cyan": 0.25 + 0.7 * shade},
            {"magenta": 0.9 - 0.7 * shade, "yellow": 0.6},
            {"cyan": 1.0, "black": 0.5 * shade},
            {"yellow": 0.9, "cyan": 0.45 * shade},
        )
        sheet.lay(y > crest - 0.010, black=1.0)
        sheet.lay(y > crest, **bands[number])


def _ball(
    sheet: _Sheet, x: np.ndarray, y: np.ndarray, left: float, top: float, size: float, ink: str
) -> None:
    dx, dy = (x - left) / size, (y - top) / size
    shade = np.clip((dx + dy) / 1.6 + 0.45, 0, 1)
    sheet.lay(np.hypot(dx, dy) < 1 + 0.011 / size, black=1.0)
    dark = 0.75 * np.clip(shade - 0.45, 0, 1)
    sheet.lay(np.hypot(dx, dy) < 1, **{ink: 0.25 + 0.7 * shade, "black": dark})
    sheet.lay(np.hypot(dx + 0.4, dy + 0.42) < 0.17)


def _lines(side: int) -> np.ndarray:
    """Speed lines across the sky, drawn with a brush."""
    sheet = np.zeros((side, side), np.uint8)
    random = np.random.default_rng(6)
    for _ in range(26):
        angle = random.uniform(-2.9, -0.25)
        start, stop = random.uniform(0.33, 0.42), random.uniform(0.46, 0.70)
        width = random.uniform(0.006, 0.013)
        heading = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-heading[1], heading[0]])
        tip, end = BURST + heading * start, BURST + heading * stop
        points = np.stack([tip, end + across * width, end - across * width]) * side * 16
        cv2.fillPoly(sheet, [np.rint(points).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return sheet > 127
