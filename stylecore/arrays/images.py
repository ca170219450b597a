"""Conversions between stored integers and the float32 RGB in [0, 1] that everything else uses."""

import zlib

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
    """(width, height) scaled so that the longer side is ``longer_side``, never enlarged.

    A picture that is scaled comes out with even sides, which every video codec can hold: the longer
    one may then be a pixel more or less. One that fits already keeps its size, odd or not.
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


def at_side(image: np.ndarray, longer_side: int | None) -> np.ndarray:
    """(H, W, C) reduced to a longer side of at most so many pixels; None leaves it."""
    return resize(image, fitted_size(image.shape[1], image.shape[0], longer_side))


def with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """(H, W, 3 or 4) integers with the opacity left out, or put in where there is none."""
    if image.shape[2] >= channels:
        return image[..., :channels]
    opaque = np.full((*image.shape[:2], 1), np.iinfo(image.dtype).max, image.dtype)
    return np.concatenate([image, opaque], axis=2)


def is_transparent(image: np.ndarray) -> bool:
    """Whether any pixel of (H, W, 3 or 4) integers is less than opaque."""
    return image.shape[2] == 4 and int(image[..., 3].min()) < np.iinfo(image.dtype).max


def of_8_bits(image: np.ndarray) -> np.ndarray:
    """uint8 or uint16 rounded to uint8."""
    if image.dtype == np.uint8:
        return image
    return ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)


def as_16_bits(image: np.ndarray) -> np.ndarray:
    """uint8 or uint16 as uint16 over the full range."""
    return image.astype(np.uint16) * np.uint16(257) if image.dtype == np.uint8 else image


def pixel_checksum(image: np.ndarray) -> int:
    """CRC-32 of uint8 or uint16 pixels; the higher byte is first, as in PNG."""
    return zlib.crc32(np.ascontiguousarray(image, image.dtype.newbyteorder(">")).data)
