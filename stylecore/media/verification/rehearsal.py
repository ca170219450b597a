"""The result in small, before the first frame is painted: what would fail at the end fails here.

A few plain frames go through the writer, the encoder and the verification of the end, with the
result's own times, streams, tags and names. Sound is copied whole, since what is wrong with it may
come late; of the frames of a long video a part stands for all.
"""

import hashlib
from functools import cache
from pathlib import Path

import av
import numpy as np

from stylecore.arrays.images import pixel_checksum
from stylecore.errors import OutputError, UnverifiedError
from stylecore.media.excerpt import Excerpt
from stylecore.media.files import hidden_beside
from stylecore.media.names import path_on_disk
from stylecore.media.targets import wants_alpha, write_frames
from stylecore.media.verification.verify import verify_frames
from stylecore.media.writing.codecs import CONTAINERS
from stylecore.media.writing.encoders import TRIAL_SIDE, require_encoder
from stylecore.settings import OutputSettings

MOST_FRAMES = 240
"""Of a rehearsal; they take the fastest encoder 0.1 s and the slowest 2 s."""
SMALL = (96, 64)
"""Size of the frames: every encoder takes it, but for those of graphics cards."""
SCENE = 7
"""Frames that look alike, so that an encoder chooses keyframes and others as it does for a film."""


def rehearse(
    excerpt: Excerpt,
    output: Path,
    encoding: OutputSettings,
    *,
    size: tuple[int, int],
    folder: Path,
) -> None:
    """Writes and verifies a small file like the result.

    Args:
        excerpt: what will be painted.
        output: what will be written; nothing is written there now.
        size: (width, height) of the result.
        folder: where the small file may lie; who gives it removes it.

    Raises:
        SettingsError: the encoder cannot be opened for frames of that size.
        OutputError: the result could not be written, or would not pass verification.
    """
    if output.suffix.lower() in CONTAINERS:
        require_encoder(encoding, output.suffix, size, excerpt.index)
    beside = hidden_beside(output, "rehearsal")
    target = folder / beside.relative_to(path_on_disk(output).parent)
    part, small = abridged(excerpt, MOST_FRAMES), _small(size, encoding)
    alpha = wants_alpha(output, encoding, excerpt.index, size)
    frames = [_picture(number // SCENE, small, alpha=alpha, deep=excerpt.index.bit_depth > 8)
              for number in range(part.count)]  # fmt: skip
    try:
        write_frames(frames, target, part, encoding)
        checksums = [pixel_checksum(frame) for frame in frames]
        verify_frames(target, part, encoding, size=small, checksums=checksums)
    except UnverifiedError as error:
        raise OutputError(
            f"{output.name} would not pass verification: {error.difference}. A rehearsal with "
            "small frames found it, and none was painted; try another --codec or container."
        ) from error


def rehearsed_as(output: Path, encoding: OutputSettings) -> str:
    """What a rehearsal of a source depends on, in words."""
    kind = output.suffix.lower() or "folder"
    return f"{kind} by PyAV {av.__version__}: {encoding.model_dump_json()}"


def abridged(excerpt: Excerpt, most: int) -> Excerpt:
    """The excerpt with no more than so many frames, at their own times.

    The first ones, the last ones, and those that follow each other soonest; what lies between is
    one long frame. Captions are read from the source in one piece, so with them only the first.
    """
    if excerpt.count <= most:
        return excerpt
    index, start, stop = excerpt.index, excerpt.start, excerpt.stop
    soonest = sorted(range(start, stop - 1), key=lambda number: index.pts[number + 1]
                     - index.pts[number])[: most // 8]  # fmt: skip
    chosen = {*range(start, start + most // 2), *range(stop - most // 4, stop)}
    chosen |= {number + after for number in soonest for after in (0, 1)}
    if index.captions:
        chosen = set(range(start, start + most))
    numbers = [*range(start), *sorted(chosen), *range(stop, index.frame_count)]
    few = {
        name: tuple(every[number] for number in numbers)
        for name in ("pts", "checksums", "frame_files", "captions")
        if (every := getattr(index, name))
    }
    return Excerpt(excerpt.path, index.model_copy(update=few), start, start + len(chosen))


def _small(size: tuple[int, int], encoding: OutputSettings) -> tuple[int, int]:
    """A size that is odd where ``size`` is, since that decides how colours are stored."""
    least = SMALL if encoding.hardware == "none" else (TRIAL_SIDE, TRIAL_SIDE)
    width, height = (min(side, few + side % 2) for side, few in zip(size, least, strict=True))
    return width, height


@cache
def _picture(scene: int, size: tuple[int, int], *, alpha: bool, deep: bool) -> np.ndarray:
    """(H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16: one colour, another for each scene."""
    colour = hashlib.sha256(bytes([scene % 256])).digest()[: 4 if alpha else 3]
    pixels = np.empty((size[1], size[0], len(colour)), np.uint8)
    pixels[:] = np.frombuffer(colour, np.uint8)
    return pixels.astype(np.uint16) * 257 if deep else pixels
