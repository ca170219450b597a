"""Stained glass: panes of streaky glass between lead cames, light behind them."""

from collections.abc import Iterator

import cv2
import numpy as np

from data.gallery.field import SIDE, shrink, unit_grid
from data.paint import fbm, mix, relief, rgb

OVERSAMPLING = 2
GLASS = {
    "core": ("#ffe27a", "#ffc234", "#fff3bd"),
    "petals": ("#e0243a", "#b3124e", "#f2622e", "#8e1a6b"),
    "leaves": ("#12805a", "#3fae5a", "#0e5f6b", "#8cc63f"),
    "sky": ("#1238a8", "#1f6fd0", "#3aa6e0", "#3b1f8f", "#0f2a78"),
    "field": ("#f0a31c", "#d9541e", "#7a1f8a", "#147a78", "#c21f3a"),
}
CENTRE = (0.5, 0.46)
RINGS = (0.075, 0.20, 0.33, 0.43)
COLLAR = 0.055
"""Width of the band outside the third ring."""


def draw() -> np.ndarray:
    side = SIDE * OVERSAMPLING
    lead = np.zeros((side, side), np.uint8)
    for line, width in _cames():
        points = np.rint(line * side * 16).astype(np.int32)
        cv2.polylines(lead, [points], False, 255, round(width * OVERSAMPLING), cv2.LINE_AA, 4)
    count, panes = cv2.connectedComponents((lead < 128).astype(np.uint8), connectivity=4)
    glass = _glass(panes, count)
    distance = cv2.distanceTransform((lead > 128).astype(np.uint8), cv2.DIST_L2, 5)
    light = relief(np.minimum(distance, 6), light=(-0.6, -1.0), reach=1.5)
    hammered = 0.75 + 0.5 * fbm(lead.shape, cell=10, seed=4, octaves=2)
    metal = rgb("#0c0b10") + rgb("#77747f") * (np.clip(light - 0.5, 0, 1) * hammered)[..., None]
    cover = lead.astype(np.float32) / 255
    shadow = cv2.GaussianBlur(cover, (0, 0), 7)
    return shrink(mix(glass * (1 - 0.65 * shadow[..., None]), metal, cover))


def _cames() -> Iterator[tuple[np.ndarray, float]]:
    """Lead lines as points (N, 2) in pictures, with their widths in pixels."""
    turn = np.linspace(0, 2 * np.pi, 361)
    for radius in RINGS:
        wave = 1 + (0.035 * np.cos(12 * turn) if radius in RINGS[1:3] else 0)
        yield _polar(radius * wave, turn), 7 if radius == RINGS[-1] else 5
    along = np.linspace(0, 1, 60)
    for number in range(12):
        start = 2 * np.pi * number / 12
        bend = start + 0.28 * np.sin(np.pi * along)
        yield _polar(RINGS[0] + (RINGS[1] - RINGS[0]) * along, bend), 4
        for sign in (-1, 1):
            bend = start + sign * (2 * np.pi / 24) * np.sin(np.pi * along * 0.5)
            yield _polar(RINGS[1] + (RINGS[2] - RINGS[1]) * along, bend), 4
        yield _polar(RINGS[2] + (RINGS[3] - RINGS[2]) * along, start + np.pi / 12 + 0 * along), 4
        yield _polar(RINGS[2] + COLLAR + 0 * along, start + np.pi / 12 * (2 * along - 1)), 3.5
    for number in range(28):
        start = 2 * np.pi * (number + 0.35) / 28
        bend = start + 0.55 * along**1.3 * (1 if number % 2 else -0.35)
        yield _polar(RINGS[3] + 0.5 * along, bend), 4
    x = np.linspace(-0.05, 1.05, 120)
    for height, swing, phase in ((0.10, 0.03, 0.3), (0.88, 0.035, 1.9), (0.955, 0.02, 4.0)):
        line = np.stack([x, height + swing * np.sin(2 * np.pi * 1.6 * x + phase)], axis=-1)
        outside = np.linalg.norm(line - CENTRE, axis=-1) > RINGS[-1]
        for part in np.split(line, np.flatnonzero(np.diff(outside)) + 1):
            if np.linalg.norm(part[0] - CENTRE) > RINGS[-1] - 0.01 and len(part) > 1:
                yield part, 5
    yield np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]), 18


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.stack(
        [CENTRE[0] + radius * np.cos(angle), CENTRE[1] + radius * np.sin(angle)], axis=-1
    )


def _glass(panes: np.ndarray, count: int) -> np.ndarray:
    random = np.random.default_rng(5)
    x, y = unit_grid(len(panes))
    amounts = np.maximum(np.bincount(panes.ravel(), minlength=count), 1)
    middle_x, middle_y = (
        np.bincount(panes.ravel(), axis.ravel().astype(np.float64), count) / amounts
        for axis in (x, y)
    )
    radius = np.hypot(middle_x - CENTRE[0], middle_y - CENTRE[1])
    colours = np.zeros((count, 3), np.float32)
    for number in range(count):
        palette = GLASS[_kind(radius[number], middle_y[number])]
        colour = rgb(palette[int(random.integers(len(palette)))])
        colours[number] = colour * random.uniform(0.8, 1.12)
    streaks = fbm(panes.shape, cell=(420, 46), seed=6, octaves=5)
    clouds = fbm(panes.shape, cell=170, seed=7, octaves=5)
    phase = random.random(count).astype(np.float32)[panes]
    grain = np.where(phase > 0.5, streaks, clouds)
    glow = 1.10 - 0.75 * np.hypot(x - 0.5, y - 0.42) ** 1.4
    brightness = (0.45 + 1.05 * grain) * glow
    glass = colours[panes] * brightness[..., None]
    glass = mix(glass, rgb("#fff4d6"), 0.5 * np.clip(grain - 0.68, 0, 1) / 0.32)
    seeds = fbm(panes.shape, cell=15, seed=9, octaves=1)
    ripple = relief(fbm(panes.shape, cell=34, seed=8, octaves=3), light=(1, 1), reach=2.0) - 0.5
    return np.clip(glass * (1 + 0.45 * ripple)[..., None] + 0.16 * (seeds > 0.86)[..., None], 0, 1)


def _kind(radius: float, y: float) -> str:
    """Which glass a pane is made of, by the place of its middle."""
    if radius > RINGS[-1]:
        return "field" if y > 0.86 or y < 0.10 else "sky"
    if radius > RINGS[2]:
        return "field" if radius < RINGS[2] + COLLAR else "sky"
    return ("core", "petals", "leaves")[int(np.searchsorted(RINGS, radius))]
