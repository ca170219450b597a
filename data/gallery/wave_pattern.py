"""Woodblock print: overlapping round waves, each cut a little differently, over a red evening."""

import cv2
import numpy as np

from data.gallery.field import SIDE, shrink, unit_grid
from data.paint import fbm, mix, ramp, rgb, smoothstep

OVERSAMPLING = 2
CREAM, OUTLINE = "#f4ead2", "#14213d"
BLUES = ("#1d3a6b", "#27568f", "#3a79a8", "#6ba3b8", "#17305a", "#2f6f8f")
ACCENTS = ("#c9432e", "#d99a3d", "#7fb5a6")
HORIZON = 0.30
ROWS = 15


def draw() -> np.ndarray:
    side = SIDE * OVERSAMPLING
    sheet = _sky(side)
    random = np.random.default_rng(21)
    for row in range(ROWS):
        depth = row / (ROWS - 1)
        base = (HORIZON + 0.035 + 0.82 * depth**1.25) * side
        radius = (0.055 + 0.085 * depth) * side
        places = np.arange(-1, int(side / (1.55 * radius)) + 2) + 0.5 * (row % 2)
        for place in random.permutation(places):
            x = (place + random.uniform(-0.12, 0.12)) * 1.55 * radius
            swell = 0.035 * side * np.sin(2 * np.pi * (x / side * 1.4 + 0.11 * row))
            _wave(sheet, random, (x, base + swell), radius * random.uniform(0.86, 1.16))
    return shrink(_printed(sheet.astype(np.float32) / 255))


def _sky(side: int) -> np.ndarray:
    """Graded sky with a sun and bands of cloud."""
    x, y = unit_grid(side)
    sky = ramp(
        y / (HORIZON + 0.1),
        ((0.0, "#2b4a7a"), (0.22, "#d9c9a4"), (0.6, "#f0b98a"), (1.0, "#e0694a")),
    )
    sun = np.hypot(x - 0.68, y - 0.20)
    sky = mix(sky, rgb("#c8321f"), smoothstep(0.1215, 0.1195, sun))
    field = fbm((side, side), cell=(620, 90), seed=3, octaves=3) + 0.05 * np.sin(60 * y)
    for level, colour in ((0.60, "#f7ecd2"), (0.68, "#e7d3b0")):
        sky = mix(sky, rgb(colour), smoothstep(level, level + 0.008, field))
        edge = np.abs(field - level - 0.004)
        sky = mix(sky, rgb(OUTLINE), smoothstep(0.006, 0.003, edge))
    return np.rint(sky * 255).astype(np.uint8)


def _wave(
    sheet: np.ndarray, random: np.random.Generator, centre: tuple[float, float], radius: float
) -> None:
    """One disc of rings with a curled, foaming rim."""
    turn = np.linspace(0, 2 * np.pi, 160)
    lobes = random.normal(0, 1, (2, 4))
    wobble = sum(
        lobes[0, k] * np.cos((k + 2) * turn) + lobes[1, k] * np.sin((k + 2) * turn)
        for k in range(4)
    )
    outline = 1 + 0.016 * wobble
    tone = BLUES[int(random.integers(len(BLUES)))]
    accent = ACCENTS[int(random.integers(len(ACCENTS)))] if random.random() < 0.16 else None
    foam = 1 + 0.030 * np.abs(np.sin(11 * turn + random.uniform(0, 3)))
    _disc(sheet, centre, radius * outline * foam * 1.03, turn, OUTLINE)
    _disc(sheet, centre, radius * outline * foam, turn, CREAM)
    rings = int(random.integers(4, 7))
    for ring in range(rings):
        share = 0.90 * (1 - ring / rings)
        shift = (centre[0], centre[1] + 0.10 * radius * ring / rings)
        colour = accent if accent and ring == 1 else tone
        lighter = mix(rgb(colour), rgb(CREAM), 0.13 * ring)
        _disc(sheet, shift, radius * share * outline, turn, lighter)
        gap = share - 0.90 / rings * random.uniform(0.52, 0.72)
        if ring < rings - 1:
            _disc(sheet, shift, radius * gap * outline, turn, CREAM if ring % 2 == 0 else "#a9c6c9")
    for angle in np.linspace(-2.9, -0.25, 13):
        size = radius * 0.028 * random.uniform(0.6, 1.5)
        away = radius * random.uniform(0.93, 0.99)
        place = (centre[0] + away * np.cos(angle), centre[1] + away * np.sin(angle))
        _disc(sheet, place, np.full_like(turn, size), turn, tone)


def _disc(
    sheet: np.ndarray,
    centre: tuple[float, float],
    radius: np.ndarray,
    turn: np.ndarray,
    colour: str | np.ndarray,
) -> None:
    points = np.stack(
        [centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)], axis=-1
    )
    ink = tuple(float(value) for value in rgb(colour) * 255)
    cv2.fillPoly(sheet, [np.rint(points * 16).astype(np.int32)], ink, cv2.LINE_AA, 4)


def _printed(picture: np.ndarray) -> np.ndarray:
    """Grain of the block, graded wiping of the ink, and paper."""
    side = len(picture)
    y, x = np.indices((side, side), dtype=np.float32)
    bend = fbm((side, side), cell=(900, 240), seed=5, octaves=3)
    rings = 0.5 + 0.5 * np.sin(0.16 * y + 55 * bend + 0.004 * x)
    streaks = fbm((side, side), cell=(260, 5), seed=6, octaves=3)
    fibre = fbm((side, side), cell=7, seed=7, octaves=3)
    wiping = fbm((side, side), cell=420, seed=8, octaves=3)
    ink = 1 - picture
    strength = 0.80 + 0.22 * rings * streaks + 0.30 * (wiping - 0.5) + 0.16 * (fibre - 0.5)
    paper = rgb("#fbf2dc") * (0.96 + 0.06 * fibre)[..., None]
    return np.clip((1 - ink * strength[..., None]) * paper, 0, 1)
