"""The proof that a result is what it should be, by decoding it."""

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.packet import Packet

from stylecore.config import OutputSettings
from stylecore.errors import MediaError, OutputError
from stylecore.media.index import SourceIndex, index_source
from stylecore.media.opening import open_container
from stylecore.media.writer import CODECS, copied_streams

LIKE_SMPTE170M = {"bt470bg": "smpte170m", "fcc": "smpte170m"}
"""Matrices that some codecs write as SMPTE 170M, which is the same or differs by less than 0.3%."""

SYNC_SECONDS = Fraction(2, 1000)
"""Sound may move so much against the picture: both are rounded to Matroska's milliseconds."""


@dataclass(frozen=True)
class Verification:
    """What was found equal; ``statements`` say it in words."""

    frames: int
    delay: Fraction
    """Seconds by which everything, sound too, begins later; not 0 only where the source's sound
    begins before 0 and the target's container cannot say so."""
    sound_identical: bool | None
    """None where there was nothing to compare: no sound that the container can hold, or only a
    part of the source."""

    @property
    def statements(self) -> tuple[str, ...]:
        sound = ("sound copied bit for bit",) if self.sound_identical else ()
        count = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        later = f", all {float(self.delay):.3f} s later" if self.delay else ""
        return (count, f"timestamps equal{later}", *sound)


def verify_video(
    target: Path,
    *,
    source: Path,
    index: SourceIndex,
    start: int,
    stop: int,
    size: tuple[int, int],
    output: OutputSettings,
) -> Verification:
    """Compares ``target`` with what it was made from.

    Timestamps are equal when they differ by no more than half a unit of the target's time base,
    after ``Verification.delay``.

    Args:
        size: (width, height) of the frames that were written.

    Raises:
        OutputError: it does not decode, or a count, a timestamp, the size or the sound differs.
    """
    try:
        found = index_source(target)
    except MediaError as error:
        raise OutputError(f"The encoded file does not pass verification: {error}") from error
    if found.frame_count != stop - start:
        raise _failure(f"it has {found.frame_count} frames instead of {stop - start}")
    if (found.width, found.height) != size:
        raise _failure(f"it is {found.width}x{found.height} instead of {size[0]}x{size[1]}")
    whole = (start, stop) == (0, index.frame_count)
    delay = _delay(source, target, index, found) if whole else Fraction(0)
    shift = index.pts[start] - index.pts[0]
    for number, pts in enumerate(found.pts, start=start):
        wanted = (index.pts[number] - shift) * index.seconds_per_unit + delay
        got = pts * found.seconds_per_unit
        if abs(got - wanted) > found.seconds_per_unit / 2:
            raise _failure(
                f"frame {number} is shown at {float(got):.4f} s instead of {float(wanted):.4f} s"
            )
    _compare_tags(found, index, output)
    sound = _compare_sound(target, source, index, found, output, whole=whole, delay=delay)
    return Verification(found.frame_count, delay, sound)


def _compare_tags(found: SourceIndex, index: SourceIndex, output: OutputSettings) -> None:
    if Fraction(found.sample_aspect_ratio) != Fraction(index.sample_aspect_ratio):
        raise _failure(
            f"its pixels have the aspect {found.sample_aspect_ratio} instead of "
            f"{index.sample_aspect_ratio}"
        )
    if LIKE_SMPTE170M.get(found.matrix, found.matrix) != LIKE_SMPTE170M.get(
        index.matrix, index.matrix
    ):
        raise _failure(f"its colour matrix is {found.matrix} instead of {index.matrix}")
    if found.full_range != (index.full_range and CODECS[output.codec].full_range):
        raise _failure("its colour range differs from the source's")


def _delay(source: Path, target: Path, index: SourceIndex, found: SourceIndex) -> Fraction:
    """How much later the first sound begins, if it began before 0 and now begins at 0 or after."""
    was, now = _first_sound(source, index), _first_sound(target, found)
    if was is None or now is None or not was < 0 <= now:
        return Fraction(0)
    return now - was


def _first_sound(path: Path, index: SourceIndex) -> Fraction | None:
    streams = [stream.index for stream in index.streams if stream.kind == "audio"]
    if not streams:
        return None
    with open_container(path) as container:
        for packet in container.demux([container.streams[number] for number in streams]):
            if packet.pts is not None:
                return packet.pts * Fraction(packet.time_base)
    return None


def _compare_sound(
    target: Path,
    source: Path,
    index: SourceIndex,
    found: SourceIndex,
    output: OutputSettings,
    *,
    whole: bool,
    delay: Fraction,
) -> bool | None:
    if output.audio == "drop":
        return None
    copied = [stream.index for stream in found.streams if stream.kind == "audio"]
    held = copied_streams(source, index, target.suffix)
    expected = [info.index for info in held if info.kind == "audio"]
    if len(copied) != len(expected):
        raise _failure(f"it has {len(copied)} sound tracks instead of {len(expected)}")
    if not expected or not whole:
        return None
    for now, was in zip(_sounds(target, copied), _sounds(source, expected), strict=True):
        if now.digest.digest() != was.digest.digest():
            raise _failure("its sound differs from the source's")
        late = max(abs(now.first - was.first - delay), abs(now.last - was.last - delay))
        if late > SYNC_SECONDS:
            raise _failure(f"its sound is {float(late) * 1000:.0f} ms off against the picture")
    return True


@dataclass
class _Sound:
    """All packets of a sound track: their bytes, and when the first and the last one begin."""

    digest: Any = field(default_factory=hashlib.sha256)
    first: Fraction = Fraction(0)
    last: Fraction = Fraction(0)
    packets: int = 0

    def add(self, packet: Packet) -> None:
        self.digest.update(_without_adts(packet))
        if packet.pts is not None:
            self.last = packet.pts * Fraction(packet.time_base)
            self.first = self.first if self.packets else self.last
            self.packets += 1


def _sounds(path: Path, streams: list[int]) -> list[_Sound]:
    found = {number: _Sound() for number in streams}
    with open_container(path) as container:
        for packet in container.demux([container.streams[number] for number in streams]):
            if packet.dts is not None:
                found[packet.stream.index].add(packet)
    return list(found.values())


def _without_adts(packet: Packet) -> bytes:
    """The raw AAC frame of an ADTS frame (ISO 13818-7, 6.2); any other packet as it is.

    MP4 and Matroska hold raw frames, so the muxer takes the header off.
    """
    data = bytes(packet)
    is_adts = len(data) > 7 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0
    if not is_adts or packet.stream.codec_context.name != "aac":
        return data
    has_checksum = not data[1] & 1
    return data[9 if has_checksum else 7 :]


def _failure(difference: str) -> OutputError:
    return OutputError(
        f"The encoded file does not pass verification: {difference}. Nothing was replaced and all "
        "frames are kept; try another --codec or container."
    )
