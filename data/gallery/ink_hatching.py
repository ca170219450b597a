"""Pen and ink: hatching in several directions, denser where a landscape of stones is darker."""

import numpy as np

from data.gallery.field import SIDE, shrink, unit_grid
from data.paint import fbm, mix, relief, rgb, smoothstep

OVERSAMPLING = 2
SPACING = 10.5
"""Distance between neighbouring strokes in oversampled pixels."""
PAPER, INK, WASH = "#efe4cb", "#1c1a22", "#b4573a"
BOULDERS = ((0.30, 0.62, 0.20), (0.66, 0.70, 0.25), (0.86, 0.50, 0.13), (0.50, 0.86, 0.19),
            (0.14, 0.86, 0.17), (0.90, 0.92, 0.15))  # fmt: skip
"""x, y, radius of round stones, the farthest first."""
HATCHES = ((38, 0.93, 0.85), (-36, 0.62, 0.95), (82, 0.42, 0.9), (4, 0.26, 0.9))
"""Angle to the form in degrees, lightness below which it is drawn, relative width."""


def draw() -> np.ndarray:
    tone, turn = _scene()
    side = SIDE * OVERSAMPLING
    ink = np.zeros((side, side), np.float32)
    for number, (degrees, limit, width) in enumerate(HATCHES):
        strokes = _hatch(tone, turn, np.radians(degrees), limit, width, seed=40 + 10 * number)
        ink = 1 - (1 - ink) * (1 - strokes)
    fibre = fbm((side, side), cell=(14, 9), seed=2, octaves=3)
    stain = fbm((side, side), cell=500, seed=3, octaves=3)
    paper = rgb(PAPER) * (0.95 + 0.10 * relief(fibre, light=(1, 1), reach=1.2))[..., None]
    paper = mix(paper, paper * rgb("#d9bf92"), 0.55 * smoothstep(0.45, 0.9, stain))
    blush = (
        smoothstep(0.75, 0.35, tone)
        * np.linspace(0.2, 1.1, side, dtype=np.float32)[:, None]
        * smoothstep(0.3, 0.6, fbm((side, side), cell=420, seed=4, octaves=3))
    )
    paper = mix(paper, paper * rgb(WASH), 0.75 * blush * (0.7 + 0.5 * fibre))
    bite = 0.80 + 0.35 * fibre
    return shrink(mix(paper, rgb(INK) * np.ones_like(paper), np.clip(ink * bite, 0, 1)))


def _scene() -> tuple[np.ndarray, np.ndarray]:
    """Lightness in [0, 1], and the direction of the form's surface in radians, for every place."""
    side = SIDE * OVERSAMPLING
    x, y = unit_grid(side)
    rough = fbm((side, side), cell=150, seed=5, octaves=5) - 0.5
    clouds = fbm((side, side), cell=(620, 260), seed=6, octaves=4) - 0.5
    tone = 0.76 + 0.75 * clouds - 0.22 * (0.4 - y)
    turn = 1.3 * (fbm((side, side), cell=700, seed=7, octaves=2) - 0.5)
    for number in range(2):
        inside, slope = _mountains(number, x, y, rough)
        tone, turn = np.where(inside, slope, tone), np.where(inside, 1.1 + number - 2.2 * x, turn)
    ground = y > 0.52 + 0.02 * np.sin(7 * x)
    tone = np.where(ground, 0.66 + 0.45 * rough, tone)
    turn = np.where(ground, 0.15 * np.sin(9 * x), turn)
    for centre_x, centre_y, radius in BOULDERS:
        dx, dy = (x - centre_x) / radius, (y - centre_y) / (0.86 * radius)
        shadow = np.exp(-(((dx - 0.6) / 1.15) ** 2 + ((dy - 0.85) / 0.34) ** 2))
        inside, stone = _boulder(dx, dy, rough)
        tone = np.where(inside, stone, tone * (1 - 0.75 * shadow))
        turn = np.where(inside, 0.9 * np.clip(dx, -1, 1) - 0.6 * dy, turn)
    return np.clip(tone, 0, 1).astype(np.float32), turn.astype(np.float32)


def _mountains(
    number: int, x: np.ndarray, y: np.ndarray, rough: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where a range of mountains stands, and its lightness; ``number`` 0 is the farther one."""
    frequency, shifted = 2.7 * np.pi, x + 0.31 * number
    peaks = np.abs(np.sin(frequency * shifted[:1])) ** 0.8 * (0.20 - 0.05 * number)
    crags = 0.05 * (fbm((1, x.shape[1]), cell=90, seed=8 + number) - 0.5)
    depth = y - (0.36 + 0.09 * number - peaks + crags)
    facing = -np.tanh(1.5 * np.sin(2 * frequency * shifted + 1.8 * rough))
    tone = 0.42 + 0.14 * number + 0.24 * facing + 0.42 * rough + 0.7 * depth
    return depth > 0, np.clip(tone, 0.1, 0.92)


def _boulder(dx: np.ndarray, dy: np.ndarray, rough: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a stone of radius 1 about (0, 0) lies, and its lightness: lit from upper left."""
    square = (dx**2 + dy**2) * (1 + 0.16 * rough)
    facing = (-0.62 * dx - 0.60 * dy + 0.5 * np.sqrt(np.maximum(1 - square, 0))) / 0.98
    tone = np.clip(0.40 + 0.52 * facing + 0.42 * rough, 0.03, 1)
    return square < 1, tone * (1 - 0.75 * smoothstep(0.88, 1.0, square))


def _hatch(
    tone: np.ndarray, turn: np.ndarray, angle: float, limit: float, width: float, *, seed: int
) -> np.ndarray:
    """Cover in [0, 1] of pen strokes that bend with the form; thicker the darker it is."""
    side = len(tone)
    y, x = np.indices(tone.shape, dtype=np.float32)
    wave = fbm(tone.shape, cell=330, seed=seed, octaves=2) - 0.5
    tremble = fbm(tone.shape, cell=36, seed=seed + 1, octaves=2) - 0.5
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = cosine * x + sine * y
    across = cosine * y - sine * x + 44 * wave + 3.2 * tremble + 42 * np.sin(turn)
    line = np.floor(across / SPACING)
    offset = (across / SPACING - line - 0.5) * SPACING
    lots = np.random.default_rng(seed + 2).random((3, 4 * side)).astype(np.float32)
    length, start, bias = lots[:, line.astype(int) % (4 * side)]
    place = (along / (90 + 130 * length) + 7 * start) % 1.0
    press = smoothstep(0.0, 0.10, place) * smoothstep(1.0, 0.72, place)
    dark = smoothstep(limit + 0.06, limit - 0.30, tone + 0.10 * (bias - 0.5))
    half = width * press * dark * (1.0 + 2.6 * np.clip(limit - tone, 0, 1)) * 1.75
    return np.clip(half + 0.5 - np.abs(offset), 0, 1) * (half > 0.12)
