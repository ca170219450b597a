"""Verifies results that are no video file: every frame decodes, when and as it should."""

import math
from collections.abc import Sequence
from pathlib import Path

from stylecore.arrays.images import pixel_checksum
from stylecore.errors import MediaError, UnverifiedError
from stylecore.media.excerpt import Excerpt
from stylecore.media.names import path_on_disk
from stylecore.media.opening import EVERYTHING
from stylecore.media.pictures.folder_writer import written_names
from stylecore.media.pictures.formats import PictureFormat, shown_at
from stylecore.media.pictures.stills import read_pixels
from stylecore.media.pictures.webp_reader import index_animation
from stylecore.media.reading.indexing import index_container

PIXELS_EQUAL = "pixels equal to the finished frames"


def verify_pictures(
    target: Path,
    picture_format: PictureFormat,
    excerpt: Excerpt,
    *,
    size: tuple[int, int],
    checksums: Sequence[int],
) -> tuple[str, ...]:
    """Decodes an animation or a folder of frames and compares it; what was found equal, in words.

    Args:
        checksums: ``pixel_checksum`` of what the frames must hold exactly; empty if they need not.

    Raises:
        UnverifiedError: a frame does not decode, is missing, or differs in size, time or pixels.
    """
    try:
        if picture_format.unit is None:
            names = written_names(target, excerpt)
            _check_files(path_on_disk(target), names, size, checksums)
            facts = ("every file whole",)
        else:
            _check_animation(target, picture_format, excerpt, size, checksums)
            facts = (f"timestamps equal to {picture_format.unit} s",)
    except MediaError as error:
        raise _failure(str(error).rstrip(".")) from error
    return (*facts, PIXELS_EQUAL) if checksums else facts


def _check_files(
    folder: Path, names: Sequence[str], size: tuple[int, int], checksums: Sequence[int]
) -> None:
    if sorted(path.name for path in folder.iterdir()) != sorted(names):
        raise _failure(f"it holds other files than the {len(names)} that were written")
    for number, name in enumerate(names):
        pixels = read_pixels(folder / name, max_megapixels=math.inf)
        _check_size(name, (pixels.shape[1], pixels.shape[0]), size)
        if checksums and pixel_checksum(pixels) != checksums[number]:
            raise _failure(f"{name} does not hold the pixels that were written")


def _check_animation(
    target: Path,
    picture_format: PictureFormat,
    excerpt: Excerpt,
    size: tuple[int, int],
    checksums: Sequence[int],
) -> None:
    read = index_animation if target.suffix.lower() == ".webp" else index_container
    found, times = read(target, EVERYTHING, float("inf")), shown_at(excerpt)
    assert picture_format.unit is not None
    if found.frame_count != len(times) - 1:
        raise _failure(f"it has {found.frame_count} frames instead of {len(times) - 1}")
    _check_size("it", (found.width, found.height), size)
    for number, wanted in enumerate(times):
        got = found.boundary(number) * found.seconds_per_unit
        if abs(got - wanted) > picture_format.unit / 2:
            what = f"frame {number} begins" if number < found.frame_count else "it ends"
            raise _failure(f"{what} at {float(got):.4f} s instead of {float(wanted):.4f} s")
    if found.plays != (plays := picture_format.plays(excerpt.index)):
        raise _failure(f"it is played {found.plays} times instead of {plays}")
    if checksums and tuple(checksums) != found.checksums:
        raise _failure("it does not hold the pixels that were written")


def _check_size(what: str, found: tuple[int, int], size: tuple[int, int]) -> None:
    if found != size:
        raise _failure(f"{what} is {found[0]}x{found[1]} instead of {size[0]}x{size[1]}")


def _failure(difference: str) -> UnverifiedError:
    return UnverifiedError(difference, "run the same command again")
