"""Colours of pictures brought into sRGB, which everything else here takes them for.

Cameras, telephones and editors write the same numbers for other colours and say so in an ICC
profile. Colours that sRGB does not have become the nearest that it has, as in a browser.
"""

import io
import logging
import struct
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from stylecore.arrays.images import as_16_bits, of_8_bits
from stylecore.media.reading.icc import srgb_of_deep

logger = logging.getLogger(__name__)

FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Kinds of profiles that are known, and Pillow's names for the pixels that they belong to."""
DATE = slice(24, 36)
"""Where a profile says when it was made."""


UNUSABLE = "damaged or belongs to another kind of picture; its colours are taken for sRGB."
"""The end of a sentence about a profile."""


def profile_of(image: Image.Image, name: str) -> bytes:
    """The ICC profile that gives a picture other colours than sRGB; empty where none does.

    One that is damaged, or that belongs to pixels of another kind, gives none: the first picture of
    that ``name`` that has it is named in a warning.
    """
    profile = image.info.get("icc_profile") or b""
    if has_unusable_profile(image) and profile not in _warned:
        _warned.add(profile)
        logger.warning("The colour profile of %s is %s", name, UNUSABLE)
    return effective(profile, image.mode)


_warned: set[bytes] = set()


def has_unusable_profile(image: Image.Image) -> bool:
    """Whether a picture's profile says nothing that can be used."""
    profile = image.info.get("icc_profile") or b""
    return bool(profile) and not is_usable(profile, image.mode)


def effective(profile: bytes, mode: str) -> bytes:
    """A profile that changes pixels of a mode of Pillow's, else nothing."""
    if not profile or not is_usable(profile, mode) or _changes_nothing(profile):
        return b""
    return profile


def is_usable(profile: bytes, mode: str) -> bool:
    """Whether a profile can be understood and belongs to pixels of a mode of Pillow's."""
    space = colour_space_of(profile)
    if space == "GRAY":
        return mode in ("1", "L", "LA", "La") or mode.startswith("I;16")
    if space == "CMYK":
        return mode == "CMYK"
    return space == "RGB" and mode != "CMYK"


@lru_cache(maxsize=16)
def colour_space_of(profile: bytes) -> str:
    """ "RGB", "GRAY" or "CMYK"; "" where it is another, or damaged."""
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
        if space in MODES:
            _transform(profile)
            return str(space)
    except (OSError, ImageCms.PyCMSError, ValueError, TypeError):
        pass
    return ""


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Converts a decoded picture of 8 bits to RGB or RGBA in sRGB."""
    has_opacity = image.has_transparency_data
    if not profile:
        return image.convert("RGBA" if has_opacity else "RGB")
    opacity = image.convert("RGBA").getchannel("A") if has_opacity else None
    mode = MODES[colour_space_of(profile)]
    colours = image if image.mode == mode else _without_opacity(image).convert(mode)
    converted = ImageCms.applyTransform(colours, _transform(profile))
    assert converted is not None
    if opacity is not None:
        converted.putalpha(opacity)
    return converted


def pixels_in_srgb(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """Converts (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16, to sRGB; opacity stays."""
    if not profile:
        return pixels
    colours = np.ascontiguousarray(pixels[..., :3])
    deep = srgb_of_deep(colours, profile) if pixels.dtype == np.uint16 else None
    if deep is None:
        # A profile of tables: what it makes of 16 bits is known to 8.
        converted = np.asarray(in_srgb(Image.fromarray(of_8_bits(colours)), profile))
        deep = as_16_bits(converted) if pixels.dtype == np.uint16 else converted
    return np.concatenate([deep, pixels[..., 3:]], axis=2)


def _without_opacity(image: Image.Image) -> Image.Image:
    return image.convert("RGBA").convert("RGB") if image.has_transparency_data else image


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = MODES[source.profile.xcolor_space.strip()]
    return ImageCms.buildTransform(
        source, ImageCms.createProfile("sRGB"), mode, "RGB", renderingIntent=INTENT, flags=FLAGS
    )


@lru_cache(maxsize=16)
def _changes_nothing(profile: bytes) -> bool:
    """Whether a profile is sRGB by another name: no colour moves by more than a level."""
    space = colour_space_of(profile)
    if space == "CMYK":
        return False
    steps = np.linspace(0, 255, 18).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    probe = greys if space == "GRAY" else np.concatenate([cube, greys], axis=1)
    converted = np.asarray(in_srgb(Image.fromarray(probe), profile))
    return int(np.abs(converted.astype(np.int16) - probe).max()) <= 1


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """A profile that says sRGB; the same bytes on every day."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[DATE] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(made)
