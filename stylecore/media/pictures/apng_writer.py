"""Animated PNG, written frame by frame.

FFmpeg rounds every delay, which adds up, and forgets how long the last frame is shown.
Specification: https://www.w3.org/TR/png-3/#apng-frame-based-animation
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np

from stylecore.media.pictures.encoding import png_bytes
from stylecore.media.reading.apng import SIGNATURE

LARGEST = 2**16 - 1
"""Of a delay's numerator and denominator."""
FINE = 10_000
"""Parts of a second that delays are rounded to where they are no fraction of small numbers."""


def write_apng(
    frames: Iterable[np.ndarray],
    target: Path,
    times: Sequence[Fraction],
    on_frame: Callable[[int], None],
    *,
    plays: int,
) -> None:
    """Encodes every frame whole and lossless.

    Args:
        frames: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16.
        times: seconds, when each frame begins and the last one ends.
        on_frame: called with the number of frames that are written.
        plays: how often the animation is played, up to ``PictureFormat.most_plays``; 0 for
            without end.
    """
    count = len(times) - 1
    numbers = iter(range(2**31))
    with target.open("wb") as file:
        file.write(SIGNATURE)
        for done, (pixels, delay) in enumerate(zip(frames, _delays(times), strict=True), start=1):
            chunks = list(_chunks(png_bytes(pixels)))
            if done == 1:
                _write(file, b"IHDR", next(data for kind, data in chunks if kind == b"IHDR"))
                _write(file, b"acTL", struct.pack(">II", count, plays))
            height, width = pixels.shape[:2]
            control = struct.pack(">IIIII", next(numbers), width, height, 0, 0)
            _write(file, b"fcTL", control + struct.pack(">HHBB", *delay, 0, 0))
            for data in (data for kind, data in chunks if kind == b"IDAT"):
                if done == 1:
                    _write(file, b"IDAT", data)
                else:
                    _write(file, b"fdAT", struct.pack(">I", next(numbers)) + data)
            on_frame(done)
        _write(file, b"IEND", b"")


def _delays(times: Sequence[Fraction]) -> Iterator[tuple[int, int]]:
    """Numerators and denominators of the times between, rounded so that errors do not add up."""
    written = Fraction(0)
    for end in times[1:]:
        delay = end - written
        if max(delay.numerator, delay.denominator) > LARGEST:
            parts = min(FINE, max(1, int(LARGEST / delay)))
            delay = Fraction(round(delay * parts), parts)
        written += delay
        yield delay.numerator, delay.denominator


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, data) of every chunk."""
    offset = len(SIGNATURE)
    while offset < len(png):
        length, kind = struct.unpack(">I4s", png[offset : offset + 8])
        yield kind, png[offset + 8 : offset + 8 + length]
        offset += 12 + length


def _write(file: BinaryIO, kind: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + kind + data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
