"""Walks the boxes of MP4 and MOV (ISO/IEC 14496-12), before ffmpeg sets up anything from them.

A file of 700 bytes can list 60 million samples, for each of which ffmpeg sets up 40 bytes.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from stylecore.errors import MediaError

FOLDERS = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex", b"edts", b"udta"}
    | {b"free"}
)
"""Boxes that hold boxes, as ffmpeg reads them; it looks for a lost header in free space too."""
COUNTS = {b"stsz": 8, b"stz2": 8, b"trun": 4}
"""Tables with a row for each sample, and where in them the number of rows is said."""


def check_sample_tables(path: Path) -> None:
    """Refuses MP4 files whose headers would grow in memory; any other file passes.

    Raises:
        MediaError: more samples are listed than there are bytes, or the header is compressed.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        listed = 0
        for kind, start in boxes_of(file, size):
            if kind == b"cmov":
                raise MediaError(
                    f"{path.name} has a compressed header, which QuickTime gave up long ago; "
                    "convert it to .mp4 first."
                )
            if kind in COUNTS:
                file.seek(start + COUNTS[kind])
                listed += int.from_bytes(file.read(4))
            if listed > size:
                raise MediaError(
                    f"{path.name} is damaged: its header lists more pictures or sounds than it "
                    "has bytes. Get a whole copy of it."
                )


def has_lost_header(path: Path) -> bool:
    """Whether a file is an MP4 whose header, which comes last in many, is not there."""
    with path.open("rb") as file:
        kinds = {kind for kind, _ in boxes_of(file, file.seek(0, 2))}
    return b"mdat" in kinds and b"mvhd" not in kinds


def boxes_of(file: BinaryIO, end: int, start: int = 0) -> Iterator[tuple[bytes, int]]:
    """Walks all boxes between two offsets; (kind, start of the content) of those that hold none."""
    position, ends = start, [end]
    while ends:
        box = _box(file, position, ends[-1])
        if box is None:
            position = ends.pop()
            continue
        kind, start, end = box
        if kind in FOLDERS:
            ends.append(end)
            position = start
        else:
            yield kind, start
            position = end


def _box(file: BinaryIO, position: int, limit: int) -> tuple[bytes, int, int] | None:
    """(kind, start of the content, end) of the box at ``position``; None where there is none."""
    file.seek(position)
    header = file.read(16)
    if position + 8 > limit or len(header) < 8:
        return None
    length, kind, start = *struct.unpack(">I4s", header[:8]), position + 8
    if length == 1 and len(header) == 16:
        length, start = int.from_bytes(header[8:]), position + 16
    if length == 0:
        length = limit - position
    if position + length < start:
        return None
    return kind, start, min(position + length, limit)
