"""Animated WebP, written frame by frame.

libwebp's own animation encoder keeps the whole file in memory and joins frames that look alike;
here every frame is a picture of its own. Specification:
https://developers.google.com/speed/webp/docs/riff_container
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np

from stylecore.errors import OutputError
from stylecore.media.pictures.encoding import webp_bytes

MILLISECOND = Fraction(1, 1000)
ANIMATED, TRANSPARENT = 0x02, 0x10
"""Flags of the header."""
WITHOUT_BLENDING = 0x02
"""Flag of a frame that replaces the one before, transparent places too."""
OF_A_FRAME = (b"ALPH", b"VP8 ", b"VP8L")
LARGEST_FILE = 2**32 - 10


def write_webp(
    frames: Iterable[np.ndarray],
    target: Path,
    times: Sequence[int],
    on_frame: Callable[[int], None],
    *,
    quality: int,
    plays: int,
) -> None:
    """Encodes every frame whole.

    Args:
        frames: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16.
        times: milliseconds, when each frame begins and the last one ends.
        on_frame: called with the number of frames that are written.
        quality: up to 100, which is lossless.
        plays: how often the animation is played, up to ``PictureFormat.most_plays``; 0 for
            without end.

    Raises:
        OutputError: the file would be larger than the format allows.
    """
    durations = [end - begin for begin, end in pairwise(times)]
    with target.open("wb") as file:
        file.write(b"RIFF\0\0\0\0WEBP")
        for done, (pixels, duration) in enumerate(zip(frames, durations, strict=True), start=1):
            height, width, channels = pixels.shape
            sides = _24_bits(width - 1) + _24_bits(height - 1)
            if done == 1:
                flags = ANIMATED | (TRANSPARENT if channels == 4 else 0)
                _write(file, b"VP8X", bytes([flags, 0, 0, 0]) + sides)
                _write(file, b"ANIM", bytes(4) + struct.pack("<H", plays))
            head = bytes(6) + sides + _24_bits(duration) + bytes([WITHOUT_BLENDING])
            picture = webp_bytes(pixels, quality=quality)
            _write(file, b"ANMF", head + b"".join(_frame_chunks(picture)))
            if file.tell() > LARGEST_FILE:
                raise OutputError(
                    f"{target.name} would be larger than 4 GB, more than a WebP can be; use an "
                    "output that ends in .mp4, or a smaller --size."
                )
            on_frame(done)
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))


def _frame_chunks(picture: bytes) -> Iterator[bytes]:
    """The chunks of a still WebP that hold its pixels, with their heads and padding."""
    offset = 12
    while offset < len(picture):
        kind, length = struct.unpack("<4sI", picture[offset : offset + 8])
        end = offset + 8 + length + length % 2
        if kind in OF_A_FRAME:
            yield picture[offset:end]
        offset = end


def _write(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack("<4sI", kind, len(data)) + data + bytes(len(data) % 2))


def _24_bits(number: int) -> bytes:
    return number.to_bytes(3, "little")
