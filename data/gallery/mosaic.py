"""Roman floor: small stones set along the lines of a picture, as in Hausner 2001, "Simulating
decorative mosaics": square cells under a turned maximum metric, spread evenly by moving every stone
to the middle of its cell."""

import cv2
import numpy as np

from data.gallery.field import SIDE, flow_directions, sample, shrink, unit_grid
from data.paint import fbm, mix, ramp, relief, rgb, smoothstep

OVERSAMPLING = 2
STONE = 11.5
"""Mean distance between stones in pixels of the picture."""
ROUNDS = 9
GROUT = "#4a4038"
SKY = ((0.22, "#f6e3b0"), (0.36, "#e9a36b"), (0.48, "#4f9c9a"), (0.85, "#1d4f74"))
WHIRL = ((0.22, "#d9622f"), (0.4, "#f3d9a0"), (0.6, "#a9d3c6"), (0.85, "#3c7f96"))
SUN = ((0.0, "#fbe08a"), (0.07, "#f0b429"), (0.12, "#c8501e"), (0.15, "#8c2318"))
FOAM = ((0.0, "#f6f0dc"), (0.018, "#f6f0dc"), (0.022, "#16324f"), (0.036, "#16324f"))
SHALLOWS = ("#2b7a9b", "#3d9b8f", "#27618f", "#2f8f9d", "#1c4a78")
DEEPS = ("#134a6b", "#1f6b6b", "#12365f", "#165f74", "#0c2444")


def draw() -> np.ndarray:
    design, stream = _design()
    angles = flow_directions(stream)
    places = _spread(angles)
    owner, distance = _cells(
        places * OVERSAMPLING, angles, SIDE * OVERSAMPLING, STONE * OVERSAMPLING
    )
    return shrink(_stones(owner, distance, sample(design, places)))


def _design() -> tuple[np.ndarray, np.ndarray]:
    """Colours, and a field along whose level lines the stones lie: a sun over rolling waves."""
    x, y = unit_grid()
    colours, stream = _sun(x, y)
    for row in range(5):
        swell = 0.035 * np.sin(2 * np.pi * (1.5 * x + 0.37 * row))
        ripple = 0.012 * np.sin(2 * np.pi * (4 * x + 0.2 * row))
        depth = y - (0.60 + 0.095 * row + swell + ripple)
        bands = ramp(depth, (*FOAM, (0.040, SHALLOWS[row]), (0.13, DEEPS[row])))
        own = depth > 0
        colours, stream = mix(colours, bands, own), np.where(own, depth, stream)
    border = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    along = np.where(np.minimum(x, 1 - x) < np.minimum(y, 1 - y), y, x)
    beads = np.sin(2 * np.pi * 13 * along) > 0
    frame = mix(rgb("#a8341f"), rgb("#efe2c0"), beads[..., None])
    frame = mix(frame, rgb("#2a1f1c"), border > 0.047)
    colours = mix(colours, frame, border < 0.06)
    return colours, np.where(border < 0.06, border, stream)


def _sun(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours of a sun in a whirling sky, and the distance from its middle."""
    radius, angle = np.hypot(x - 0.44, y - 0.40), np.arctan2(y - 0.40, x - 0.44)
    radius = radius + 0.008 * (fbm((SIDE, SIDE), cell=110, seed=2, octaves=3) - 0.5)
    whirl = np.sin(7 * angle - 24 * radius) > 0.15
    colours = mix(ramp(radius, SKY), ramp(radius, WHIRL), whirl)
    colours = mix(colours, ramp(radius, SUN), radius < 0.155)
    rays = np.sin(14 * angle + 3.5 * np.sin(9 * radius)) > 0
    rim = mix(rgb("#f4c95d"), rgb("#7a1f16"), rays[..., None])
    colours = mix(colours, rim, (radius > 0.155) & (radius < 0.21))
    return mix(colours, rgb("#1f3a4a"), np.abs(radius - 0.222) < 0.012), radius


def _spread(angles: np.ndarray) -> np.ndarray:
    """Places (N, 2) of the stones, in pixels."""
    random = np.random.default_rng(4)
    rows, columns = np.mgrid[STONE / 2 : SIDE : STONE, STONE / 2 : SIDE : STONE]
    places = np.stack([columns.ravel(), rows.ravel()], axis=-1)
    places += random.uniform(-0.45, 0.45, places.shape) * STONE
    y, x = np.indices((SIDE, SIDE), dtype=np.float64)
    for _ in range(ROUNDS):
        owner, _ = _cells(places, angles, SIDE, STONE)
        owner = owner.ravel()
        counts = np.bincount(owner, minlength=len(places))
        sums = [np.bincount(owner, axis.ravel(), len(places)) for axis in (x, y)]
        middles = np.stack(sums, axis=-1) / np.maximum(counts, 1)[:, None]
        places = np.where(counts[:, None] > 0, middles, places)
    return places


def _cells(
    places: np.ndarray, angles: np.ndarray, side: int, stone: float
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest place of every pixel under each place's own turned maximum metric; that distance."""
    owner = np.zeros((side, side), np.int32)
    nearest = np.full((side, side), 4 * stone, np.float32)
    turns = sample(angles[..., None], places * len(angles) / side)[:, 0]
    reach = int(1.5 * stone)
    for number, ((x, y), turn) in enumerate(zip(places, turns, strict=True)):
        top, left = max(0, int(y) - reach), max(0, int(x) - reach)
        window = (slice(top, int(y) + reach + 1), slice(left, int(x) + reach + 1))
        seen = nearest[window]
        dy = np.arange(top, top + seen.shape[0], dtype=np.float32)[:, None] - np.float32(y)
        dx = np.arange(left, left + seen.shape[1], dtype=np.float32) - np.float32(x)
        cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        distance = np.maximum(np.abs(cosine * dx + sine * dy), np.abs(cosine * dy - sine * dx))
        closer = distance < seen
        seen[closer] = distance[closer]
        owner[window][closer] = number
    return owner, nearest


def _stones(owner: np.ndarray, distance: np.ndarray, colours: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(8)
    count = len(colours)
    colours = colours * random.normal(1, 0.13, (count, 1)) + random.normal(0, 0.03, (count, 3))
    shade = fbm(owner.shape, cell=26, seed=9, octaves=4)
    differs = np.zeros(owner.shape, np.uint8)
    differs[:, 1:] |= owner[:, 1:] != owner[:, :-1]
    differs[1:] |= owner[1:] != owner[:-1]
    gap = cv2.distanceTransform(1 - differs, cv2.DIST_L2, 5)
    ragged = gap + 2.4 * (fbm(owner.shape, cell=9, seed=10, octaves=2) - 0.5)
    corners = distance / (STONE * OVERSAMPLING * 0.72)
    stone = smoothstep(1.9, 3.4, ragged) * smoothstep(1.02, 0.9, corners)
    height = np.minimum(gap, 6.0)
    light = relief(height, light=(-0.7, -1.0), reach=1.6) - 0.5
    face = colours[owner] * (0.86 + 0.28 * shade)[..., None] + 0.34 * light[..., None]
    grout = rgb(GROUT) * (0.7 + 0.6 * fbm(owner.shape, cell=5, seed=12, octaves=2))[..., None]
    return mix(grout, np.clip(face, 0, 1), stone)
