"""Scenes with a palette of their own, for tests of cuts: no two are alike, each can be panned."""

import cv2
import numpy as np

from stylecore.arrays.shots import ANALYSIS_SIZE

WIDTH, HEIGHT = ANALYSIS_SIZE, 90


def place(seed: int, *, width: int = 4 * WIDTH) -> np.ndarray:
    """A wide scene: a palette of its own, large shapes and small."""
    random = np.random.default_rng(seed)
    sky, ground = random.integers(40, 220, (2, 3))
    scene = np.zeros((HEIGHT, width, 3), np.uint8)
    scene[: HEIGHT // 2], scene[HEIGHT // 2 :] = sky, ground
    accents = random.integers(0, 255, (4, 3))
    for _ in range(width // 4):
        centre = (int(random.integers(width)), int(random.integers(HEIGHT)))
        colour = tuple(int(value) for value in accents[random.integers(4)])
        cv2.circle(scene, centre, int(random.integers(2, 14)), colour, -1, cv2.LINE_AA)
    return scene


def pan(scene: np.ndarray, count: int, *, speed: float = 1.0) -> list[np.ndarray]:
    offsets = (int(number * speed) for number in range(count))
    return [scene[:, offset : offset + WIDTH] for offset in offsets]


def lit(frame: np.ndarray, amount: float) -> np.ndarray:
    """A frame with light added, of which there is too much for bright places."""
    return np.clip(frame.astype(float) + amount, 0, 255).astype(np.uint8)


def steady(count: int, rate: float = 25.0) -> list[float]:
    """When each of ``count`` frames begins and the last one ends, in seconds."""
    return [number / rate for number in range(count + 1)]
