"""Thick oil paint: bristly strokes that follow the swirls of an evening sky and the hills below."""

import cv2
import numpy as np

from data.gallery.field import SIDE, flow_directions, sample, unit_grid
from data.paint import fbm, mix, ramp, relief, rgb, smoothstep

OVERSAMPLING = 2
STEPS = 12
_FIXED_POINT_BITS = 3
SUN = (0.34, 0.40)
SWIRLS = ((0.34, 0.40, 0.20, 1.0), (0.74, 0.20, 0.15, -0.9), (0.12, 0.13, 0.12, 0.8),
          (0.92, 0.47, 0.10, 0.7))  # fmt: skip
"""x, y, radius and turn of the sky's swirls, in pictures."""
GLOWS = ("#ffd23c", "#f7e9a8", "#e8f0d0", "#ffb070")
EVENING = ((0.0, "#14205e"), (0.25, "#1f4f9e"), (0.5, "#3f8fc0"), (0.72, "#9fd0c0"),
           (0.9, "#f6d08a"), (1.0, "#f08a52"))  # fmt: skip
WIND = ((0.0, "#0e2a78"), (0.5, "#5fb7d0"), (1.0, "#fdf0c8"))
HILLS = (
    (0.60, 0.050, 2.1, "#5f6fae", "#8a9fd0"),
    (0.68, 0.060, 1.3, "#2f5f7a", "#5fa39a"),
    (0.77, 0.045, 1.7, "#2c5a3c", "#8aa83a"),
    (0.87, 0.035, 1.1, "#a8641c", "#f0b83a"),
)
"""Height of the ridge, its swing and frequency, colour in shadow and in light; farthest first."""
LAYERS = ((24, 46, 3.6, 15, 1.0), (17, 29, 3.0, 11, 0.8), (12, 15, 2.1, 7, 0.42))
"""Distance between strokes, width, length of a step (all in oversampled pixels), bristles, share
of the strokes that are made."""


def draw() -> np.ndarray:
    colours, angles = _underpainting()
    ground = np.dstack([colours, np.full((SIDE, SIDE), 0.3)])
    paint = np.rint(ground * 255).astype(np.uint8).repeat(OVERSAMPLING, 0).repeat(OVERSAMPLING, 1)
    random = np.random.default_rng(11)
    for spacing, width, step, bristles, share in LAYERS:
        paths = _paths(angles, random, spacing, step, share)
        _stroke_layer(paint, colours, paths, random, width, bristles)
    height = paint[..., 3].astype(np.float32)
    light = relief(height, light=(-0.7, -1.0), reach=1.0) - 0.5
    picture = paint[..., :3] / np.float32(255)
    picture = np.clip(picture * (1 + 0.55 * light[..., None]) + 0.06 * light[..., None], 0, 1)
    return cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _underpainting() -> tuple[np.ndarray, np.ndarray]:
    """Colour of every place, and the angle of the strokes there."""
    colours, angles = _sky()
    x, y = unit_grid()
    for number, (ridge, swing, frequency, dark, light) in enumerate(HILLS):
        line = ridge + swing * np.sin(2 * np.pi * frequency * x[0] + 2.4 * number)
        line += 0.02 * (fbm((SIDE, SIDE), cell=120, seed=20 + number)[0] - 0.5)
        depth = y - line
        furrow = fbm((SIDE, SIDE), cell=(150, 26), seed=30 + number)
        shade = np.clip(0.7 * furrow + 0.5 * np.exp(-depth / 0.03) - 0.1, 0, 1)
        inside = smoothstep(-0.004, 0.004, depth)
        colours = mix(colours, ramp(shade, ((0, dark), (0.6, light), (1.0, "#fbe6a0"))), inside)
        slope = np.arctan(np.gradient(line) * SIDE)
        bend = 0.5 * np.sin(9 * x + 3 * number) * np.clip(depth / 0.2, 0, 1)
        angles = np.where(inside > 0.5, slope + 0.9 * (furrow - 0.5) + bend, angles)
    return np.clip(colours, 0, 1), angles


def _sky() -> tuple[np.ndarray, np.ndarray]:
    x, y = unit_grid()
    tone = fbm((SIDE, SIDE), cell=190, seed=1, octaves=4)
    drift = fbm((SIDE, SIDE), cell=260, seed=2, octaves=2)
    stream = 0.55 * (y + 0.10 * np.sin(5 * x + 1)) + 0.16 * drift
    for swirl_x, swirl_y, radius, turn in SWIRLS:
        distance = np.hypot(x - swirl_x, y - swirl_y)
        stream += turn * 0.28 * np.exp(-((distance / radius) ** 2))
    bands = 0.5 + 0.5 * np.sin(46 * stream + 3 * tone)
    colours = ramp(np.clip(y / 0.62 + 0.35 * (tone - 0.5), 0, 1), EVENING)
    colours = mix(colours, ramp(tone, WIND), 0.5 * bands**3)
    for (swirl_x, swirl_y, radius, _), glow in zip(SWIRLS, GLOWS, strict=True):
        distance = np.hypot(x - swirl_x, y - swirl_y) / radius
        rings = 0.75 + 0.25 * np.cos(13 * distance)
        colours = mix(colours, rgb(glow), rings * np.exp(-((distance / 0.62) ** 2)))
    distance = np.hypot(x - SUN[0], y - SUN[1])
    colours = mix(colours, rgb("#fff6c0"), smoothstep(0.075, 0.045, distance))
    return colours, flow_directions(stream)


def _stroke_layer(
    paint: np.ndarray,
    colours: np.ndarray,
    paths: np.ndarray,
    random: np.random.Generator,
    width: float,
    bristles: int,
) -> None:
    starts = paths[:, STEPS // 2]
    base = sample(colours, starts / OVERSAMPLING)
    base = base * random.normal(1, 0.10, (len(base), 1)) + random.normal(0, 0.035, base.shape)
    accent = random.random(len(base)) < 0.025
    base[accent] = base[accent][:, ::-1] * 0.5 + 0.35
    tangents = np.gradient(paths, axis=1)
    normals = np.stack([-tangents[..., 1], tangents[..., 0]], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-6
    along = np.linspace(0, 1, STEPS)
    taper = np.sqrt(np.sin(np.pi * (0.06 + 0.90 * along)))[:, None]
    across = np.linspace(-0.5, 0.5, bristles)
    thickness = max(1, round(1.5 * width / bristles))
    for number in range(len(paths)):
        tone = random.normal(1, 0.085, bristles)
        thickness_of_paint = 120 + 60 * np.abs(2 * across) ** 3 + random.normal(0, 30, bristles)
        ends = random.integers(STEPS - 4, STEPS + 1, bristles)
        for bristle in random.permutation(bristles):
            line = paths[number] + normals[number] * taper * (across[bristle] * width)
            points = np.rint(line[: ends[bristle]] * (1 << _FIXED_POINT_BITS)).astype(np.int32)
            ink = (*np.clip(base[number] * tone[bristle], 0, 1) * 255, thickness_of_paint[bristle])
            cv2.polylines(
                paint, [points], False, tuple(float(value) for value in ink), thickness,
                cv2.LINE_AA, _FIXED_POINT_BITS,
            )  # fmt: skip


def _paths(
    angles: np.ndarray, random: np.random.Generator, spacing: int, step: float, share: float
) -> np.ndarray:
    """(strokes, STEPS, 2): streamlines in oversampled pixels, in random order, covering all."""
    size = SIDE * OVERSAMPLING
    rows, columns = np.mgrid[
        -spacing : size + spacing : spacing, -spacing : size + spacing : spacing
    ]
    places = np.stack([columns.ravel(), rows.ravel()], axis=-1).astype(np.float64)
    places += random.uniform(-0.6, 0.6, places.shape) * spacing
    places = random.permutation(places)[: round(share * len(places))]
    direction = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    jitter = random.normal(0, 0.12, len(places))
    cosine, sine = np.cos(jitter), np.sin(jitter)
    length = step * random.uniform(0.7, 1.5, (len(places), 1))
    path = [places]
    for _ in range(STEPS - 1):
        heading = sample(direction, path[-1] / OVERSAMPLING)
        turned = np.stack(
            [
                heading[:, 0] * cosine - heading[:, 1] * sine,
                heading[:, 0] * sine + heading[:, 1] * cosine,
            ],
            axis=-1,
        )
        path.append(path[-1] + turned * length * OVERSAMPLING)
    return np.stack(path, axis=1)
