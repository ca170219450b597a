"""Still pictures in and out."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from stylecore.config import ImageSettings
from stylecore.errors import DamagedError, MediaError, OutputError, SettingsError
from stylecore.images import to_float
from stylecore.media.files import temporary_beside
from stylecore.media.opening import PICTURE_SUFFIXES, check_size, require_file

JPEG_QUALITY = 95
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
"""What is opened; Pillow would hand some other formats to programs of the system."""


def read_picture(
    path: Path, *, max_megapixels: float = ImageSettings().max_megapixels
) -> np.ndarray:
    """A still picture, (H, W, 3) float32 RGB in [0, 1], turned upright, transparency on white.

    Raises:
        MediaError: missing, no picture, damaged, or larger than ``max_megapixels``.
    """
    with opened_picture(path, max_megapixels=max_megapixels) as image:
        return _rgb(ImageOps.exif_transpose(image))


@contextmanager
def opened_picture(
    path: Path, data: bytes | None = None, *, max_megapixels: float
) -> Iterator[Image.Image]:
    """A picture file, not decoded yet; whatever goes wrong inside is said in a sentence.

    Args:
        path: the file.
        data: its content, where that has been read already.
        max_megapixels: limit of its size.

    Raises:
        MediaError: missing, or larger than ``max_megapixels``.
        DamagedError: empty, no picture, or damaged.
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
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DamagedError(f"{path.name} is damaged and cannot be read as a picture.") from error


def write_picture(path: Path, image: np.ndarray) -> None:
    """Writes (H, W, 3) float32 RGB in [0, 1] with 8 bits; whole or not at all.

    Raises:
        SettingsError: the suffix names no format for pictures.
        OutputError: the place cannot be written.
    """
    check_picture_name(path)
    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    with temporary_beside(path) as temporary:
        try:
            Image.fromarray(pixels).save(temporary, quality=JPEG_QUALITY)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
        temporary.replace(path)


def _opened(file: Path | io.BytesIO) -> Image.Image:
    """The picture, not decoded yet; Pillow's warnings are no news: we judge size and damage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(file, formats=FORMATS)


def check_picture_name(path: Path) -> None:
    """Finds out before the work whether the name says a format that can be written.

    Raises:
        SettingsError: the suffix names no format for pictures.
    """
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise SettingsError(
            f"{path.name} does not end like a picture; use one of "
            f"{', '.join(sorted(PICTURE_SUFFIXES))}."
        )


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I;16") or image.mode == "I":
        grey = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        return np.repeat(to_float(grey)[..., None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return to_float(np.asarray(image.convert("RGB")))
