"""Marbled paper: drops of ink on water, drawn through with a stylus and combs.

Drops and lines are closed formulas (Lu, Jaffer, Jin, Zhao, Mao 2012, "Mathematical marbling"), so
every point of the paper is followed backwards through them until it lies in a drop.
"""

import numpy as np

from data.gallery.field import SIDE, shrink, unit_grid
from data.paint import fbm, mix, relief, rgb

OVERSAMPLING = 2
INKS = ("#1d2b53", "#f3ead7", "#c8402f", "#2f7f86", "#e9b44c", "#f3ead7", "#6d2348", "#88b7b5")
DROPS = 150


def draw() -> np.ndarray:
    x, y = (axis.ravel() for axis in unit_grid(SIDE * OVERSAMPLING))
    ink = _follow(np.stack([x, y]).astype(np.float64))
    colours = np.stack([rgb(colour) for colour in INKS])[ink].reshape(
        SIDE * OVERSAMPLING, SIDE * OVERSAMPLING, 3
    )
    picture = shrink(colours)
    mottle = fbm((SIDE, SIDE), cell=90, seed=5)
    fibre = fbm((SIDE, SIDE), cell=(5, 4), seed=6, octaves=3)
    picture = mix(picture, picture**1.35, mottle)
    picture *= (0.93 + 0.14 * relief(fibre, light=(1, 1), reach=0.7))[..., None]
    flecks = fbm((SIDE, SIDE), cell=6, seed=7, octaves=2) > 0.86
    return np.clip(mix(picture, rgb("#f7e6b0"), 0.7 * flecks.astype(np.float32)), 0, 1)


def _follow(places: np.ndarray) -> np.ndarray:
    """Number of the ink at each of ``places`` (2, N)."""
    random = np.random.default_rng(3)
    drops = [
        (random.uniform(-0.1, 1.1, 2), random.uniform(0.035, 0.105), number)
        for number in random.integers(0, len(INKS), DROPS)
    ]
    places = _undo_swirls(places, random)
    places = _undo_lines(places)
    ink = np.full(places.shape[1], 1)
    free = np.arange(places.shape[1])
    for centre, radius, number in reversed(drops):
        offset = places - centre[:, None]
        square = np.sum(np.square(offset), axis=0)
        inside = square < radius**2
        rings = (np.sqrt(square[inside]) / radius * 3).astype(int)
        ink[free[inside]] = np.where(rings == 1, (number + 3) % len(INKS), number)
        outside = ~inside
        shrinking = np.sqrt(1 - radius**2 / square[outside])
        places = centre[:, None] + offset[:, outside] * shrinking
        free = free[outside]
    return ink


def _undo_swirls(places: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The last touches: whirls of a stylus."""
    for _ in range(6):
        centre = random.uniform(0.1, 0.9, (2, 1))
        strength, reach = (
            random.choice([-1, 1]) * random.uniform(2.2, 3.6),
            random.uniform(0.10, 0.19),
        )
        offset = places - centre
        distance = np.linalg.norm(offset, axis=0)
        angle = strength * np.exp(-((distance / reach) ** 2))
        cosine, sine = np.cos(angle), np.sin(angle)
        places = centre + np.stack(
            [cosine * offset[0] - sine * offset[1], sine * offset[0] + cosine * offset[1]]
        )
    return places


def _undo_lines(places: np.ndarray) -> np.ndarray:
    """Wavy drag of the whole bath, then combs there and back."""
    x, y = places
    x = x - 0.045 * np.sin(2 * np.pi * (1.6 * y + 0.15))
    y = y - 0.05 * np.sin(2 * np.pi * (1.3 * x + 0.4))
    x = x - _comb(y, spacing=0.055, reach=0.010, length=0.085)
    y = y - _comb(x + 0.02, spacing=0.16, reach=0.028, length=0.20, alternate=True)
    x = x - _comb(y + 0.06, spacing=0.23, reach=0.05, length=0.16, alternate=True)
    return np.stack([x, y])


def _comb(
    across: np.ndarray, *, spacing: float, reach: float, length: float, alternate: bool = False
) -> np.ndarray:
    """How far the teeth of a comb, ``spacing`` apart, drag the water along."""
    tooth = np.rint(across / spacing)
    distance = np.abs(across - tooth * spacing)
    sign = np.where(tooth % 2 == 0, 1.0, -1.0) if alternate else 1.0
    fade = np.cos(np.pi * np.clip(distance / spacing, 0, 0.5)) ** 2
    return sign * length * reach / (reach + distance) * fade
