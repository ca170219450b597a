"""Still pictures in and out."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from stylecore.arrays.images import to_float, to_integers
from stylecore.errors import (
    DamagedError,
    MediaError,
    OutputError,
    SettingsError,
    UnreadableError,
)
from stylecore.media.files import not_written, temporary_beside
from stylecore.media.names import PICTURE_SUFFIXES, require_utf8
from stylecore.media.opening import check_size, require_file
from stylecore.media.pictures.encoding import encoded_picture
from stylecore.media.reading.orientation import orientation_of_picture
from stylecore.media.reading.profiles import in_srgb, pixels_in_srgb, profile_of
from stylecore.settings import ImageSettings

JPEG_QUALITY = 95
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
"""What is opened; Pillow would hand some other formats to programs of the system."""
DEEP_FORMATS = ("PNG", "TIFF")
READABLE_MODES = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr"}
    | {"I;16", "I;16L", "I;16B", "I;16N"}
)
"""Pillow's names for pixels of 8 or 16 bits whose meaning is certain."""


def read_picture(
    path: Path, *, max_megapixels: float = ImageSettings().max_megapixels
) -> np.ndarray:
    """Decodes a still: (H, W, 3) float32 RGB in [0, 1], turned upright, transparency on white.

    Raises:
        MediaError: missing, no picture, damaged, or larger than ``max_megapixels``.
    """
    return on_white(read_pixels(path, max_megapixels=max_megapixels))


def read_pixels(path: Path, data: bytes | None = None, *, max_megapixels: float) -> np.ndarray:
    """Decodes a still as it is stored, but upright and in the colours of sRGB.

    Args:
        path: the file.
        data: its content, where that has been read already.
        max_megapixels: limit of its size.

    Returns:
        (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16; colours are not multiplied by the opacity.

    Raises:
        DamagedError: empty, no picture, or a part of it is missing or damaged.
        MediaError: missing, of a kind that cannot be read, or larger than ``max_megapixels``.
    """
    with opened_picture(path, data, max_megapixels=max_megapixels) as image:
        require_readable(path, image)
        # Pillow's mode does not tell, and loading forgets.
        deep = image.format in DEEP_FORMATS and ";16" in str(getattr(image, "tile", ""))
        image.load()
        turn = orientation_of_picture(image)
        profile = profile_of(image, path.name)
        if not deep:
            return turn.apply(np.asarray(in_srgb(image, profile)))
    # Pillow cannot hold 16 bits of a colour; it has found the file whole, though.
    content = path.read_bytes() if data is None else data
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise DamagedError(f"{path.name} is damaged and cannot be read as a picture.")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    order = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return turn.apply(pixels_in_srgb(cv2.cvtColor(pixels, order), profile))


def on_white(pixels: np.ndarray) -> np.ndarray:
    """Composites what ``read_pixels`` gave over white: (H, W, 3) float32 RGB in [0, 1]."""
    image = to_float(pixels)
    if image.shape[2] == 3:
        return image
    opacity = image[..., 3:]
    return image[..., :3] * opacity + (1 - opacity)


def require_readable(path: Path, image: Image.Image) -> None:
    """Checks that it is certain what the pixels mean.

    Raises:
        MediaError: it is not.
    """
    if image.mode not in READABLE_MODES:
        raise MediaError(
            f"{path.name} has pixels of a kind that cannot be read ({image.mode}); convert it "
            "to RGB of 8 or 16 bits."
        )


@contextmanager
def opened_picture(
    path: Path, data: bytes | None = None, *, max_megapixels: float
) -> Iterator[Image.Image]:
    """Opens a picture file without decoding it; whatever goes wrong inside is said in a sentence.

    Args:
        path: the file.
        data: its content, where that has been read already.
        max_megapixels: limit of its size.

    Raises:
        MediaError: missing, or larger than ``max_megapixels``.
        DamagedError: empty, no picture, or damaged.
        UnreadableError: the system does not let it be read.
    """
    require_file(path)
    try:
        with _opened(path if data is None else io.BytesIO(data)) as image:
            check_size(path.name, image.width, image.height, max_megapixels)
            yield image
    except UnidentifiedImageError as error:
        raise DamagedError(
            f"{path.name} is not a picture; give a PNG, JPEG, WebP, TIFF or BMP file."
        ) from error
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"{path.name} is larger than the limit of {max_megapixels:g} million pixels; scale it "
            "down first."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:  # not Pillow's, but the system's
            raise UnreadableError(path, error) from error
        raise DamagedError(f"{path.name} is damaged and cannot be read as a picture.") from error


def write_picture(
    path: Path, image: np.ndarray, *, opacity: np.ndarray | None = None, bit_depth: int = 8
) -> None:
    """Encodes a picture into a file, whole or not at all.

    Args:
        path: its suffix names the format; what that does not hold is left out.
        image: (H, W, 3) float32 RGB in [0, 1].
        opacity: (H, W, 1) in [0, 1]; PNG, WebP and TIFF hold it.
        bit_depth: more than 8 are written as 16, where the format is PNG or TIFF.

    Raises:
        SettingsError: the suffix names no format for pictures.
        OutputError: the place cannot be written.
    """
    check_picture_name(path)
    if opacity is not None:
        image = np.concatenate([image, opacity], axis=2)
    pixels = to_integers(image, bit_depth=bit_depth)
    data = encoded_picture(pixels, path.suffix.lower(), quality=JPEG_QUALITY)
    with temporary_beside(path) as temporary:
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError as error:
            known = not_written(path, error)
            raise known or OutputError(
                f"{path} cannot be written: {error.strerror or error}."
            ) from error


def _opened(file: Path | io.BytesIO) -> Image.Image:
    """The picture, not decoded yet; Pillow's warnings are no news: we judge size and damage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(file, formats=FORMATS)


def check_picture_name(path: Path) -> None:
    """Finds out before the work whether the name says a format that can be written.

    Raises:
        SettingsError: the suffix names no format for pictures.
        OutputError: it is the name of a folder, or longer than names may be.
        MediaError: it is not UTF-8.
    """
    require_utf8(path)
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise SettingsError(
            f"{path.name} does not end like a picture; use one of "
            f"{', '.join(sorted(PICTURE_SUFFIXES))}."
        )
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; choose another name.")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
