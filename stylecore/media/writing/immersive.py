"""Pictures that surround the viewer, or hold one for each eye: where a file says so.

Matroska has a name for how two views lie in a picture, which its muxer takes as metadata. In MP4
the boxes ``st3d`` and ``sv3d`` belong into the description of the track, which PyAV's muxer does
not write; so they are put there when the file is done. Specification:
https://github.com/google/spatial-media/blob/master/docs/spherical-video-v2-rfc.md
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from stylecore.media.index import SourceIndex, Sphere
from stylecore.media.writing.codecs import M4V, MKV, MOV, MP4, WEBM

EQUIRECTANGULAR, CUBE, TILE = 0, 1, 2
"""Projections, as FFmpeg counts them; others have no box."""
SIDE_BY_SIDE, TOP_AND_BOTTOM, SEQUENCE, CHECKERBOARD, ROWS, COLUMNS = 1, 2, 3, 4, 6, 7
"""Ways in which two views lie in a picture, likewise."""
IN_MP4 = {(TOP_AND_BOTTOM, False): 1, (SIDE_BY_SIDE, False): 2}
"""(Way, whether the right eye's view comes first) to the number in ``st3d``."""
IN_WEBM = {
    (SIDE_BY_SIDE, False): "left_right", (SIDE_BY_SIDE, True): "right_left",
    (TOP_AND_BOTTOM, False): "top_bottom", (TOP_AND_BOTTOM, True): "bottom_top",
}  # fmt: skip
IN_MATROSKA = IN_WEBM | {
    (SEQUENCE, False): "block_lr", (SEQUENCE, True): "block_rl",
    (CHECKERBOARD, False): "checkerboard_lr", (CHECKERBOARD, True): "checkerboard_rl",
    (ROWS, False): "row_interleaved_lr", (ROWS, True): "row_interleaved_rl",
    (COLUMNS, False): "col_interleaved_lr", (COLUMNS, True): "col_interleaved_rl",
}  # fmt: skip
NAMES = {MKV: IN_MATROSKA, WEBM: IN_WEBM}
STEREO_NAME = "stereo_mode"
"""Of the metadata that Matroska's muxer takes."""
MP4_FAMILY = (MP4, M4V, MOV)
WAY_DOWN = (b"trak", b"mdia", b"minf", b"stbl", b"stsd")
BEFORE_ENTRIES, ENTRY_HEAD = 8, 86
"""Bytes of the list of descriptions before the first one, and of a picture's before its boxes."""
BLOCK = 1 << 22


def keeps_sphere(index: SourceIndex, suffix: str) -> bool:
    """Whether a result says how its picture surrounds the viewer, as its source does."""
    sphere = index.sphere
    known = sphere is not None and sphere.projection in (EQUIRECTANGULAR, CUBE, TILE)
    return known and suffix in MP4_FAMILY


def keeps_stereo(index: SourceIndex, suffix: str) -> bool:
    """Whether a result says where the view for each eye is, as its source does."""
    if suffix in MP4_FAMILY:
        return index.stereo in IN_MP4
    return index.stereo in NAMES.get(suffix, {})


def stereo_metadata(index: SourceIndex, suffix: str) -> dict[str, str]:
    """Metadata of the picture for Matroska's muxer."""
    name = NAMES.get(suffix, {}).get(index.stereo) if index.stereo else None
    return {STEREO_NAME: name} if name else {}


def notes_on_immersion(index: SourceIndex, suffix: str, holder: str) -> list[str]:
    """What is said where ``holder`` (as in a sentence) cannot say the same as the source."""
    notes = []
    if index.sphere is not None and not keeps_sphere(index, suffix):
        notes.append(
            f"That the picture surrounds the viewer is left out: {holder} cannot say it, so "
            "players show it flat; .mp4 and .mov can say it of equirectangular pictures and cubes."
        )
    if index.stereo is not None and not keeps_stereo(index, suffix):
        notes.append(
            f"That the picture holds a view for each eye is left out: {holder} cannot say it as "
            "the source does."
        )
    return notes


def add_immersion(path: Path, index: SourceIndex) -> None:
    """Puts into a finished MP4 or MOV file what its source says of sphere and stereo.

    Where nothing is to be said, or another container is, the file stays as it is.
    """
    suffix = path.suffix.lower()
    boxes = b""
    if suffix in MP4_FAMILY and keeps_stereo(index, suffix):
        assert index.stereo is not None
        boxes += _box(b"st3d", struct.pack(">IB", 0, IN_MP4[index.stereo]))
    if keeps_sphere(index, suffix):
        assert index.sphere is not None
        boxes += _sphere_box(index.sphere)
    if not boxes:
        return
    with path.open("r+b") as file:
        start, moov = _header(file)
        end = start + len(moov)
        grown = _grown(moov[8:], WAY_DOWN, boxes)
        moved = _with_offsets(grown, lambda offset: offset + len(boxes) * (offset >= end))
        _insert(file, end, len(boxes))
        file.seek(start)
        file.write(_box(b"moov", moved))


def _sphere_box(sphere: Sphere) -> bytes:
    turned = struct.pack(">Iiii", 0, sphere.yaw, sphere.pitch, sphere.roll)
    if sphere.projection == CUBE:
        shape = _box(b"cbmp", struct.pack(">III", 0, 0, sphere.padding))
    else:
        left, top, right, bottom = sphere.bounds
        shape = _box(b"equi", struct.pack(">IIIII", 0, top, bottom, left, right))
    projection = _box(b"proj", _box(b"prhd", turned) + shape)
    return _box(b"sv3d", _box(b"svhd", bytes(4) + b"stylecore\0") + projection)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _parts(content: bytes) -> list[tuple[bytes, bytes]]:
    """(kind, content) of boxes that follow one another."""
    parts, offset = [], 0
    while offset + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[offset : offset + 8])
        if length < 8:
            break
        parts.append((kind, content[offset + 8 : offset + length]))
        offset += length
    return parts


def _grown(content: bytes, way: tuple[bytes, ...], boxes: bytes) -> bytes:
    """The content of a box, with more boxes in the description of the first picture track."""
    kind, *rest = way
    made, done = b"", False
    for name, inner in _parts(content):
        if name == kind and not done and (kind != b"trak" or _is_picture(inner)):
            done = True
            inner = _grown(inner, tuple(rest), boxes) if rest else _described(inner, boxes)
        made += _box(name, inner)
    return made


def _is_picture(track: bytes) -> bool:
    media = dict(_parts(dict(_parts(track)).get(b"mdia", b"")))
    return media.get(b"hdlr", b"")[8:12] == b"vide"


def _described(descriptions: bytes, boxes: bytes) -> bytes:
    head, entries = descriptions[:BEFORE_ENTRIES], _parts(descriptions[BEFORE_ENTRIES:])
    (kind, first), *others = entries
    return head + _box(kind, first + boxes) + b"".join(_box(*other) for other in others)


def _with_offsets(content: bytes, move: Callable[[int], int]) -> bytes:
    """The content of a box, with all offsets of samples in the file changed."""
    made = b""
    for kind, inner in _parts(content):
        if kind in WAY_DOWN[:-1]:
            inner = _with_offsets(inner, move)
        elif kind in (b"stco", b"co64"):
            form = ">I" if kind == b"stco" else ">Q"
            offsets = [offset for (offset,) in struct.iter_unpack(form, inner[8:])]
            inner = inner[:8] + b"".join(struct.pack(form, move(offset)) for offset in offsets)
        made += _box(kind, inner)
    return made


def _header(file: BinaryIO) -> tuple[int, bytes]:
    """Where the header begins, and the header itself."""
    start = 0
    while True:
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1:
            length = int.from_bytes(file.read(8))
        if kind == b"moov":
            file.seek(start)
            return start, file.read(length)
        start += length


def _insert(file: BinaryIO, offset: int, count: int) -> None:
    """Moves everything from ``offset`` on ``count`` bytes further."""
    end = file.seek(0, 2)
    while end > offset:
        begin = max(offset, end - BLOCK)
        file.seek(begin)
        block = file.read(end - begin)
        file.seek(begin + count)
        file.write(block)
        end = begin
