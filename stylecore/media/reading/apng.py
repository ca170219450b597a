"""APNG's chunks: the delays, plays and colour profile that FFmpeg rounds or leaves out.

Specification: https://www.w3.org/TR/png-3/#apng-frame-based-animation
"""

import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from math import lcm
from pathlib import Path

from stylecore.media.index import SourceIndex

SIGNATURE = b"\x89PNG\r\n\x1a\n"
USUAL_DENOMINATOR = 100
"""Of delays that say 0."""
UNTIMED = Fraction(1, 10)
"""Seconds that browsers show a frame for that says 0."""
MOST_PARTS = 1_000_000
"""Of a second, that times are counted in."""
CHECKSUM_BYTES = 4
"""Behind the content of every chunk."""
LARGEST_PROFILE = 2**22
"""Bytes of a colour profile that are unpacked."""


def frame_delays(path: Path) -> list[Fraction]:
    """Reads the seconds that each frame says it is shown, in order; 0 for as short as possible."""
    delays = []
    for data in _contents(path, b"fcTL"):
        numerator, denominator = struct.unpack(">HH", data[20:24])
        delays.append(Fraction(numerator, denominator or USUAL_DENOMINATOR))
    return delays


def apng_plays(path: Path) -> int:
    """How often an APNG is played, 0 for without end."""
    control = next(_contents(path, b"acTL"), None)
    return 1 if control is None else int.from_bytes(control[4:8])


def apng_profile(path: Path) -> bytes:
    """The ICC profile; empty where there is none, or it cannot be unpacked."""
    packed = next(_contents(path, b"iCCP"), b"").partition(b"\0")[2][1:]
    try:
        return zlib.decompressobj().decompress(packed, LARGEST_PROFILE)
    except zlib.error:
        return b""


def is_cut(path: Path) -> bool:
    """Whether an APNG ends in the middle of a chunk or before its end mark."""
    return next(_contents(path, b"IEND"), None) is None


def promised_frames(path: Path) -> int:
    """Frames that the header of an APNG says it has."""
    control = next(_contents(path, b"acTL"), b"")
    return int.from_bytes(control[:4])


def whole_frames(path: Path) -> int:
    """Frames of which all is there, since another one begins behind them; of a file that is cut."""
    return max(0, len(list(_contents(path, b"fcTL"))) - 1)


def _contents(path: Path, wanted: bytes) -> Iterator[bytes]:
    """What whole chunks of one kind hold."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if file.tell() + length + CHECKSUM_BYTES > size:
                return
            if kind == wanted:
                yield file.read(length)
                length = 0
            file.seek(length + CHECKSUM_BYTES, 1)


def with_exact_times(path: Path, index: SourceIndex) -> SourceIndex:
    """Replaces the times in an index by those that an APNG says; any other index stays."""
    delays = frame_delays(path) if index.container == "apng" else []
    if not delays or len(delays) != index.frame_count:
        return index
    notes = index.notes
    if untimed := delays.count(Fraction(0)):
        delays = [delay or UNTIMED for delay in delays]
        notes += (
            f"Frames that say no duration: {untimed}. Each is taken as 100 ms, as in browsers.",
        )
    parts = lcm(*(delay.denominator for delay in delays))
    parts = parts if parts <= MOST_PARTS else MOST_PARTS
    *pts, end = (round(time * parts) for time in accumulate(delays, initial=Fraction(0)))
    exact = {
        "pts": tuple(pts),
        "last_duration": end - pts[-1],
        "time_base": str(Fraction(1, parts)),
        "average_rate": str(len(pts) / sum(delays)),
        "exact_seeking": False,
        "notes": notes,
    }
    return index.model_copy(update=exact)
