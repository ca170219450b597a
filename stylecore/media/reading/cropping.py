"""The part of coded pictures that a container says is shown, which FFmpeg's decoders do not apply.

MP4 and MOV say it in a ``clap`` box (ISO/IEC 14496-12, 12.1.4), Matroska in PixelCrop elements
(RFC 9559, 5.1.4.1.28). Players show that part alone, and so do we.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from math import floor
from pathlib import Path
from typing import BinaryIO

from stylecore.media.boxes import boxes_of
from stylecore.media.geometry import Margins

SAMPLE_ENTRY_BYTES = 86
"""Of a picture's sample description, before the boxes in it."""
FOLDERS = {0x18538067, 0x1654AE6B, 0xAE, 0xE0}
"""Matroska's elements that hold those that are looked for: segment, tracks, track, video."""
CLUSTER, TRACK, TRACK_TYPE, PICTURE = 0x1F43B675, 0xAE, 0x83, 1
CROPS = {0x54CC: "left", 0x54BB: "top", 0x54DD: "right", 0x54AA: "bottom"}
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT, UNKNOWN_UNIT = 0x54B0, 0x54BA, 0x54B2, 4
MOST_DIGITS = 8
"""Bytes of a number."""
MOST_ELEMENTS = 100_000
"""That are looked at."""


def shown_part(
    path: Path, container: str, number: int, track: int, size: tuple[int, int]
) -> tuple[Margins, Fraction | None]:
    """Reads which part of a picture is shown, and its pixels' aspect where FFmpeg's would be wrong.

    Args:
        path: a video file.
        container: name of its format, as FFmpeg has it.
        number: position of the stream among the pictures of the file.
        track: identifier of the stream, as FFmpeg has it.
        size: (width, height) of a coded picture.

    Returns:
        No margins where none are said, or none that make sense.
    """
    with path.open("rb") as file:
        if "mp4" in container:
            margins, aspect = _by_clean_aperture(file, track, size)
        elif "matroska" in container:
            margins, aspect = _by_pixel_crop(file, number, size)
        else:
            return Margins(), None
    if min(margins.model_dump().values()) < 0 or min(margins.size(*size)) < 1 or not margins.any:
        return Margins(), None
    return margins, aspect


def _by_clean_aperture(
    file: BinaryIO, track: int, size: tuple[int, int]
) -> tuple[Margins, Fraction | None]:
    current, shown_as = 0, (0, 0)
    for kind, start in boxes_of(file, file.seek(0, 2)):
        if kind not in (b"tkhd", b"stsd"):
            continue
        file.seek(start)
        head = file.read(96)
        if kind == b"tkhd" and len(head) == 96:
            wide = 12 * head[0]  # version 1 has longer times
            (current,) = struct.unpack_from(">I", head, 20 if wide else 12)
            width, height = struct.unpack_from(">II", head, 76 + wide)
            shown_as = (width >> 16, height >> 16)
        elif kind == b"stsd" and current == track:
            entry = start + 8
            length = int.from_bytes(head[8:12])
            inner = dict(boxes_of(file, entry + length, entry + SAMPLE_ENTRY_BYTES))
            if b"clap" not in inner:
                break
            file.seek(inner[b"clap"])
            margins = _margins_of_clap(file.read(32), size)
            square = b"pasp" not in inner and shown_as == margins.size(*size)
            return margins, Fraction(1) if square else None
    return Margins(), None


def _margins_of_clap(data: bytes, size: tuple[int, int]) -> Margins:
    """By the width, height and position of the middle, each a fraction, that a box says."""
    if len(data) < 32:
        return Margins()
    numbers = struct.unpack(">IIIIiIiI", data)
    if not all(numbers[1::2]):
        return Margins()
    width, height, right, down = (Fraction(*numbers[first : first + 2]) for first in range(0, 8, 2))
    sides = []
    for length, shown, moved in ((size[0], width, right), (size[1], height, down)):
        middle = Fraction(length - 1, 2) + moved
        first, last = middle - (shown - 1) / 2, middle + (shown - 1) / 2
        sides.append((floor(first), length - 1 - floor(last)))
    (left, right_margin), (top, bottom) = sides
    return Margins(left=left, top=top, right=right_margin, bottom=bottom)


def _by_pixel_crop(
    file: BinaryIO, number: int, size: tuple[int, int]
) -> tuple[Margins, Fraction | None]:
    pictures: list[dict[int, int]] = []
    values: dict[int, int] = {}
    for kind, value in islice(_elements(file, file.seek(0, 2)), MOST_ELEMENTS):
        if kind == TRACK:
            values = {}
        values[kind] = value
        if kind == TRACK_TYPE and value == PICTURE:
            pictures.append(values)
    if number >= len(pictures):
        return Margins(), None
    found = pictures[number]
    margins = Margins(**{name: found.get(kind, 0) for kind, name in CROPS.items()})
    width, height = margins.size(*size)
    shown_as = (found.get(DISPLAY_WIDTH, 0), found.get(DISPLAY_HEIGHT, 0))
    if not all(shown_as) or found.get(DISPLAY_UNIT) == UNKNOWN_UNIT or min(width, height) < 1:
        return margins, None
    return margins, Fraction(shown_as[0] * height, shown_as[1] * width)


def _elements(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """(identifier, number that it holds) of Matroska's elements up to the first cluster."""
    position = 0
    while position < size:
        file.seek(position)
        kind, head = _variable(file.read(4), keep_marker=True)
        file.seek(position + head)
        length, digits = _variable(file.read(8), keep_marker=False)
        content = position + head + digits
        if not head or not digits or kind == CLUSTER:
            return
        if kind in FOLDERS:
            yield kind, 0
            position = content
            continue
        file.seek(content)
        yield kind, int.from_bytes(file.read(length)) if length <= MOST_DIGITS else 0
        position = content + length


def _variable(data: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and how many bytes it takes; 0 of them where there is none."""
    if not data or not data[0]:
        return 0, 0
    count = 9 - data[0].bit_length()
    if count > len(data):
        return 0, 0
    number = int.from_bytes(data[:count])
    return (number if keep_marker else number & ((1 << 7 * count) - 1)), count
