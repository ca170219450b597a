"""Conversions between stored integers and the float32 RGB in [0, 1] that everything else uses."""

import cv2
import numpy as np


def to_float(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 or uint16 to float32 in [0, 1]."""
    return image.astype(np.float32) / np.float32(np.iinfo(image.dtype).max)


def to_integers(image: np.ndarray, *, bit_depth: int) -> np.ndarray:
    """(H, W, 3) float32 in [0, 1] to uint8, or to uint16 when ``bit_depth`` is above 8."""
    dtype = np.uint8 if bit_depth <= 8 else np.uint16
    top = np.iinfo(dtype).max
    scaled = np.clip(image, 0.0, 1.0)
    scaled *= np.float32(top)
    return np.rint(scaled, out=scaled).astype(dtype)


def with_light_added(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(H, W, 3) in [0, 1] with (H, W) added to each of its colours; stays in [0, 1]."""
    added = cv2.add(image, cv2.merge((light, light, light)))
    return np.clip(added, 0, 1, out=added)


def fitted_size(width: int, height: int, longer_side: int | None) -> tuple[int, int]:
    """(width, height) scaled so that the longer side is at most ``longer_side``, never enlarged.

    A picture that is scaled comes out with even sides, which every video codec can hold; one that
    fits already keeps its size, odd or not.
    """
    if longer_side is None or max(width, height) <= longer_side:
        return width, height
    scale = longer_side / max(width, height)
    even_width, even_height = (max(2, 2 * round(side * scale / 2)) for side in (width, height))
    return even_width, even_height


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) scaled to ``size`` = (width, height): area filter down, cubic up; range kept."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    shrinks = size[0] * size[1] < width * height
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return scaled if image.dtype != np.float32 else np.clip(scaled, 0.0, 1.0)
