"""What the gallery's pictures share: their size, coordinates, and fields over them."""

import cv2
import numpy as np

SIDE = 768
"""Width and height of every picture in pixels."""


def unit_grid(side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel's centre, (side, side) float32 in (0, 1)."""
    centres = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
    x, y = np.meshgrid(centres, centres)
    return x, y


def flow_directions(stream: np.ndarray) -> np.ndarray:
    """Angles (H, W) in radians along the lines of equal ``stream``."""
    rows, columns = np.gradient(stream)
    return np.arctan2(-columns, rows)


def sample(field: np.ndarray, places: np.ndarray) -> np.ndarray:
    """``field`` (H, W, C) at the pixels nearest to ``places`` (N, 2) = x, y; the border repeats."""
    height, width = field.shape[:2]
    columns = np.clip(places[:, 0].astype(int), 0, width - 1)
    rows = np.clip(places[:, 1].astype(int), 0, height - 1)
    return field[rows, columns].astype(np.float64)


def shrink(picture: np.ndarray) -> np.ndarray:
    """An oversampled picture at the gallery's size, float32 in [0, 1]."""
    small = cv2.resize(picture.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.clip(small, 0, 1)
