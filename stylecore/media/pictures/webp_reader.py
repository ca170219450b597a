"""Animated WebP as a source, through Pillow, since FFmpeg's libraries do not read it."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np
from PIL import Image

from stylecore.arrays.images import is_transparent, pixel_checksum, resize, with_channels
from stylecore.errors import DamagedError, MediaError
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import SourceIndex, index_of_pictures, source_changed
from stylecore.media.opening import check_count, check_length
from stylecore.media.pictures.stills import opened_picture
from stylecore.media.reading.profiles import in_srgb, profile_of
from stylecore.settings import SourceSettings

MILLISECOND = Fraction(1, 1000)
UNTIMED_MILLISECONDS = 100
"""What browsers show a frame for whose duration is 0."""
HEADER_BYTES = 21
ANIMATION_FLAG = 0x02
"""Of the byte of flags in the header of an extended WebP file."""


def is_animation(path: Path) -> bool:
    """Whether a file is a WebP with more than one frame; damaged ones count as such."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
        is_extended = header[:4] + header[8:16] == b"RIFFWEBPVP8X"
        if not is_extended or not header[20] & ANIMATION_FLAG:
            return False
        with opened_picture(path, max_megapixels=float("inf")) as image:
            return _frame_count(image) > 1
    except (OSError, IndexError):
        return False
    except MediaError:
        return True


def index_animation(path: Path, settings: SourceSettings, max_megapixels: float) -> SourceIndex:
    """Indexes an animated WebP by decoding all of it; see ``index_source``."""
    durations: list[int] = []
    checksums: list[int] = []
    alpha = False
    notes: list[str] = []
    with opened_picture(path, max_megapixels=max_megapixels) as image:
        size, promised = image.size, _frame_count(image)
        plays = int(image.info.get("loop", 0))
        check_count(path.name, promised, settings.max_hours)
        try:
            for pixels in _decoded(image, path.name, promised):
                durations.append(int(image.info["duration"]))
                checksums.append(pixel_checksum(pixels))
                alpha = alpha or is_transparent(pixels)
        except (OSError, EOFError) as error:
            notes.append(_damage(path, len(durations), promised, settings, error))
    if untimed := durations.count(0):
        notes.append(
            f"Frames that say no duration: {untimed}. Each is taken as {UNTIMED_MILLISECONDS} ms, "
            "as in browsers."
        )
    durations = [duration or UNTIMED_MILLISECONDS for duration in durations]
    check_length(path.name, sum(durations) / 1000, settings.max_hours)
    return index_of_pictures(
        size=size,
        alpha=alpha,
        pts=tuple(accumulate(durations[:-1], initial=0)),
        last_duration=durations[-1],
        time_base=str(MILLISECOND),
        average_rate=str(len(durations) / (sum(durations) * MILLISECOND)),
        checksums=tuple(checksums),
        container="webp",
        reader="animation",
        plays=plays,
        notes=tuple(notes),
    )


def read_animation(
    excerpt: Excerpt, *, size: tuple[int, int] | None, alpha: bool
) -> Iterator[np.ndarray]:
    """Decodes frames of an animated WebP, earlier ones too, one by one; see ``read_frames``."""
    index, start, stop = excerpt.index, excerpt.start, excerpt.stop
    with opened_picture(excerpt.path, max_megapixels=float("inf")) as image:
        count = min(stop, _frame_count(image))
        for number, pixels in enumerate(_decoded(image, excerpt.path.name, count)):
            if number < start:
                continue
            if pixel_checksum(pixels) != index.checksums[number]:
                raise source_changed(number)
            yield resize(
                with_channels(pixels, 4 if alpha else 3), size or (index.width, index.height)
            )
        if _frame_count(image) < stop:
            raise source_changed(_frame_count(image))


def _frame_count(image: Image.Image) -> int:
    return getattr(image, "n_frames", 1)


def _decoded(image: Image.Image, name: str, count: int) -> Iterator[np.ndarray]:
    """The first frames, (H, W, 3) RGB or (H, W, 4) RGBA uint8 each, as they are shown."""
    profile = profile_of(image, name)
    for number in range(count):
        image.seek(number)
        image.load()
        yield np.asarray(in_srgb(image, profile))


def _damage(
    path: Path, found: int, promised: int, settings: SourceSettings, error: Exception
) -> str:
    """A note, where damage is allowed and leaves anything.

    Raises:
        MediaError: it is not, or nothing is left.
    """
    if not found:
        raise DamagedError(f"No frame of {path.name} can be decoded; get a whole copy.") from error
    readable = f"{found} of {promised} frames of {path.name} can be read"
    if not settings.allow_damaged:
        raise MediaError(
            f"Only {readable}: parts of it are damaged. Get a whole copy, or give --allow-damaged."
        ) from error
    return f"Damaged source: {readable}."
