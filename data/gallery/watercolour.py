"""Watercolour: transparent washes with dark rims, blooms and granulation on rough paper."""

import numpy as np

from data.gallery.field import SIDE, unit_grid
from data.paint import fbm, mix, relief, rgb, smoothstep

PIGMENTS = ("#2a5fa8", "#7a4fa0", "#d9497c", "#e2582f", "#f4a63a", "#f0cf4a", "#5aa05f", "#1f9aa0")
"""In the order of the hue circle: washes near each other take pigments near each other."""
WASHES = 40


def draw() -> np.ndarray:
    tooth = fbm((SIDE, SIDE), cell=7, seed=1, octaves=3)
    density = np.zeros((SIDE, SIDE, 3), np.float32)
    random = np.random.default_rng(2)
    for number in range(WASHES):
        density += _wash(random, number, tooth)
    density += _splashes(random)
    paper = rgb("#fbf7ec") * (0.94 + 0.12 * relief(tooth, light=(1, 1), reach=1.0))[..., None]
    return np.clip(paper * np.exp(-density), 0, 1)


def _wash(random: np.random.Generator, number: int, tooth: np.ndarray) -> np.ndarray:
    """Optical density (H, W, 3) of one stain."""
    x, y = unit_grid()
    share = number / WASHES
    size = 0.27 * (1 - share) ** 1.3 + 0.06
    radius, bearing = 0.70 * np.sqrt((number * 0.618 + 0.05) % 1), 2.4 * number
    centre_x, centre_y = 0.5 + radius * np.cos(bearing), 0.5 + radius * np.sin(bearing)
    stretch, angle = random.uniform(0.8, 2.2), random.uniform(-0.7, 0.7)
    dx, dy = x - centre_x, y - centre_y
    along, across = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
    edge = fbm((SIDE, SIDE), cell=150 * (0.4 + size), seed=100 + number, octaves=5) - 0.5
    depth = 1 - np.hypot(along / stretch, across * 1.1) / size + 1.5 * edge
    inside = smoothstep(0.0, 0.035 + 0.25 * (random.random() < 0.25), depth)
    rim = np.exp(-(((depth - 0.03) / 0.045) ** 2)) * inside
    pool = fbm((SIDE, SIDE), cell=110, seed=200 + number, octaves=4)
    bloom = np.exp(-np.abs(pool - 0.55) / 0.02)
    amount = (
        inside * (0.30 + 0.55 * pool + 0.32 * np.clip(depth, 0, 1) * pool)
        + 0.75 * rim
        + 0.22 * bloom * inside
    )
    amount *= 0.80 + 0.55 * (0.5 - tooth) + 0.4 * share
    place = round(bearing / (2 * np.pi) * len(PIGMENTS) + 3 * radius + random.normal(0, 0.6))
    first, second = place % len(PIGMENTS), (place + random.choice((-1, 1))) % len(PIGMENTS)
    turn = smoothstep(0.35, 0.7, fbm((SIDE, SIDE), cell=200, seed=300 + number, octaves=3))
    pigment = mix(rgb(PIGMENTS[first]), rgb(PIGMENTS[second]), turn[..., None])
    return (0.30 + 0.25 * share) * amount[..., None] * _absorbed(pigment)


def _absorbed(pigment: np.ndarray) -> np.ndarray:
    """Optical density of a full coat."""
    return -np.log(np.maximum(pigment, np.float32(0.03)))


def _splashes(random: np.random.Generator) -> np.ndarray:
    """Drops flicked from the brush."""
    x, y = unit_grid()
    density = np.zeros((SIDE, SIDE, 3), np.float32)
    for _ in range(90):
        centre, size = random.uniform(0, 1, 2), random.exponential(0.0045) + 0.0015
        left, top = np.maximum(((centre - size) * SIDE).astype(int), 0)
        right, bottom = ((centre + size) * SIDE + 2).astype(int)
        window = (slice(top, bottom), slice(left, right))
        depth = 1 - np.hypot(x[window] - centre[0], y[window] - centre[1]) / size
        rim = np.exp(-(((depth - 0.15) / 0.15) ** 2)) * (depth > 0)
        amount = smoothstep(0, 0.25, depth) + 0.6 * rim
        pigment = rgb(PIGMENTS[int(random.integers(len(PIGMENTS)))])
        density[window] += 0.7 * amount[..., None] * _absorbed(pigment)
    return density
