"""Scenes to learn a style on where no photographs are at hand.

Dead leaves (Lee, Mumford and Huang 2001, "Occlusion models for natural images"): shapes that cover
one another, of sizes whose density falls with the third power, have the statistics of edges and
even places that photographs have. Each is shaded along a line and has a grain of its own.
"""

import cv2
import numpy as np

SMALLEST, LARGEST = 9, 240
"""Radii in pixels."""
LEAVES = 700
PALETTE = 8
GRAINS = 8
"""Kinds of grain in a scene."""
GRAIN = 0.06


def dead_leaves(side: int, random: np.random.Generator) -> np.ndarray:
    """A scene, (side, side, 3) uint8 RGB."""
    image = np.full((side, side, 3), random.uniform(0.2, 0.8, 3), np.float32)
    rows, columns = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    light = random.uniform(0.1, 0.9, (PALETTE, 1))
    palette = light + random.normal(0, 0.1, (PALETTE, 3))
    grains = [_grain(side, random) for _ in range(GRAINS)]
    for _ in range(LEAVES):
        leaf = _leaf(side, random)
        colour = palette[random.integers(PALETTE)] + random.normal(0, 0.05, 3)
        angle, depth = random.uniform(0, 2 * np.pi), random.normal(0, 0.25)
        shade = depth * (np.cos(angle) * columns[leaf] + np.sin(angle) * rows[leaf])
        grain = GRAIN * random.uniform() * grains[random.integers(GRAINS)][leaf]
        image[leaf] = colour + (shade + grain)[:, None]
    soft = cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 1.2))
    return (np.clip(soft, 0, 1) * 255 + 0.5).astype(np.uint8)


def _leaf(side: int, random: np.random.Generator) -> np.ndarray:
    """Where an ellipse or a polygon lies, (side, side) bool."""
    mask = np.zeros((side, side), np.uint8)
    centre, radius = random.uniform(0, side, 2), random.uniform(LARGEST**-2, SMALLEST**-2) ** -0.5
    if random.random() < 0.5:
        axes = np.maximum(radius * random.uniform(0.4, 1, 2), 1)
        cv2.ellipse(mask, (tuple(centre), tuple(2 * axes), random.uniform(0, 180)), 1, -1)
    else:
        angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 8)))
        corners = centre + radius * np.stack([np.cos(angles), np.sin(angles)], -1)
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    return mask.astype(bool)


def _grain(side: int, random: np.random.Generator) -> np.ndarray:
    """Noise of one random coarseness, of deviation about 1."""
    cells = max(2, side // int(random.integers(1, 12)))
    noise = random.normal(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
