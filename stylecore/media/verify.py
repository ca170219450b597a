"""The proof that a result is what it should be, by decoding it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from stylecore.config import OutputSettings
from stylecore.errors import MediaError, OutputError
from stylecore.media.encoders import codec_for
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import UNTAGGED, SourceIndex, StreamInfo
from stylecore.media.opening import EVERYTHING, open_container
from stylecore.media.pictures.check import verify_pictures
from stylecore.media.pictures.kinds import is_exact, kind_of
from stylecore.media.sources import index_source
from stylecore.media.streams import KIND_NAMES, copied_streams, file_metadata, stream_facts

LIKE_SMPTE170M = {"bt470bg": "smpte170m", "fcc": "smpte170m"}
"""Matrices that some codecs write as SMPTE 170M, which is the same or differs by less than 0.3%."""
SYNC_SECONDS = Fraction(2, 1000)
"""Sound may move so much against the picture: both are rounded to Matroska's milliseconds."""
CODED_ALIKE = ("audio", "subtitle", "attachment", "cover")
"""Kinds of streams that are copied bit by bit."""
NAMES = ("title", "artist", "comment", "copyright", "creation_time")
"""Metadata that people look for."""
UNDATED = "1970-01-01T00:00:00.000000Z"
"""What a creation time of 0 reads as."""


@dataclass(frozen=True)
class Verification:
    """What was found equal; ``statements`` say it in words."""

    frames: int
    delay: Fraction
    """Seconds by which everything, sound too, begins later; not 0 only where the source's sound
    begins before 0 and the target's container cannot say so."""
    copied: tuple[str, ...]
    """What was compared bit by bit, like "2 sound tracks"."""
    notes: tuple[str, ...] = ()
    """What the container does not hold, in sentences."""
    facts: tuple[str, ...] = ()
    """What was found of a result that is no video file, in place of all but the number."""

    @property
    def statements(self) -> tuple[str, ...]:
        count = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        if self.facts:
            return (count, *self.facts)
        later = f", all {float(self.delay):.3f} s later" if self.delay else ""
        same = (f"{', '.join(self.copied)} copied bit for bit",) if self.copied else ()
        return (count, f"timestamps equal{later}", *same)


def verify_frames(
    target: Path,
    excerpt: Excerpt,
    encoding: OutputSettings,
    *,
    size: tuple[int, int],
    checksums: Sequence[int] = (),
) -> Verification:
    """Compares ``target`` with what it was made from.

    Timestamps are equal when they differ by no more than half a unit of the target's time base,
    after ``Verification.delay``.

    Args:
        excerpt, encoding: what was given to ``write_frames``.
        size: (width, height) of the frames that were written.
        checksums: ``pixel_checksum`` of each of them; where the result ``is_exact`` they must be
            those of what it holds.

    Raises:
        OutputError: it does not decode, or a count, a timestamp, the duration, the size, a tag, a
            copied stream or a chapter differs.
    """
    kind = kind_of(target)
    if kind is not None:
        exact = is_exact(target, encoding, excerpt.index)
        facts = verify_pictures(
            target, kind, excerpt, size=size, checksums=checksums if exact else ()
        )
        return Verification(excerpt.count, Fraction(0), (), facts=facts)
    try:
        # Covers are copied unseen: the result may hold a bomb that its source held.
        found = index_source(target, EVERYTHING, max_megapixels=4 * size[0] * size[1] / 1e6)
    except MediaError as error:
        raise OutputError(f"The encoded file does not pass verification: {error}") from error
    if found.frame_count != excerpt.count:
        raise _failure(f"it has {found.frame_count} frames instead of {excerpt.count}")
    if (found.width, found.height) != size:
        raise _failure(f"it is {found.width}x{found.height} instead of {size[0]}x{size[1]}")
    delay = _delay(target, found, excerpt) if excerpt.whole else Fraction(0)
    _compare_times(found, excerpt, delay)
    _compare_tags(found, excerpt.index, codec_for(encoding, target.suffix).full_range)
    copied = _compare_streams(target, found, excerpt, encoding, delay)
    is_copy = excerpt.whole and excerpt.index.reader == "container"
    notes = _lost_names(target, excerpt.path) if is_copy else ()
    return Verification(found.frame_count, delay, copied, notes)


def _compare_times(found: SourceIndex, excerpt: Excerpt, delay: Fraction) -> None:
    unit = found.seconds_per_unit
    boundaries = excerpt.boundaries()
    for place, pts in enumerate(found.pts):
        number, wanted, got = excerpt.start + place, boundaries[place] + delay, pts * unit
        if abs(got - wanted) > unit / 2:
            raise _failure(
                f"frame {number} is shown at {float(got):.4f} s instead of {float(wanted):.4f} s"
            )
    lasts = boundaries[-1] - boundaries[0]
    if abs(found.seconds - lasts) > unit:
        raise _failure(f"it lasts {float(found.seconds):.4f} s instead of {float(lasts):.4f} s")


def _compare_tags(found: SourceIndex, index: SourceIndex, holds_full_range: bool) -> None:
    if Fraction(found.sample_aspect_ratio) != Fraction(index.sample_aspect_ratio):
        raise _failure(
            f"its pixels have the aspect {found.sample_aspect_ratio} instead of "
            f"{index.sample_aspect_ratio}"
        )
    if found.orientation.changes:
        raise _failure("it is marked as turned, and its pixels are upright already")
    matrix = index.result_matrix
    if LIKE_SMPTE170M.get(found.matrix, found.matrix) != LIKE_SMPTE170M.get(matrix, matrix):
        raise _failure(f"its colour matrix is {found.matrix} instead of {matrix}")
    if found.full_range != (index.full_range and holds_full_range):
        raise _failure("its colour range differs from the source's")
    for name in ("colour_primaries", "colour_transfer"):
        was, now = getattr(index, name), getattr(found, name)
        if was not in (UNTAGGED, now):
            raise _failure(f"its {name.replace('_', ' ')} are {now} instead of {was}")


def _delay(target: Path, found: SourceIndex, excerpt: Excerpt) -> Fraction:
    """How much later the first sound begins, if it began before 0 and now begins at 0 or after."""
    was, now = _first_sound(excerpt.path, excerpt.index), _first_sound(target, found)
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


def _compare_streams(
    target: Path,
    found: SourceIndex,
    excerpt: Excerpt,
    encoding: OutputSettings,
    delay: Fraction,
) -> tuple[str, ...]:
    """Kinds and numbers of streams that are the same; nothing is compared of a part."""
    same = []
    held = copied_streams(excerpt.path, excerpt.index, target.suffix, encoding)
    for kind in CODED_ALIKE:
        expected = [info for info in held if info.kind == kind]
        copied = [info for info in found.streams if info.kind == kind]
        plural = "s" if len(expected) != 1 else ""
        if len(copied) != len(expected):
            raise _failure(
                f"it has {len(copied)} instead of {len(expected)} {KIND_NAMES[kind]}{plural}"
            )
        if expected and excerpt.whole:
            _compare_packets(target, copied, excerpt.path, expected, delay)
            same.append(f"{len(expected)} {KIND_NAMES[kind]}{plural}")
    return tuple(same)


def _compare_packets(
    target: Path,
    copied: list[StreamInfo],
    source: Path,
    expected: list[StreamInfo],
    delay: Fraction,
) -> None:
    facts = zip(stream_facts(target, copied), stream_facts(source, expected), expected, strict=True)
    for now, was, info in facts:
        name = KIND_NAMES[info.kind]
        if now.digest.digest() != was.digest.digest():
            raise _failure(f"a {name} differs from the source's")
        late = max(abs(now.first - was.first - delay), abs(now.last - was.last - delay))
        if info.kind in ("audio", "subtitle") and late > SYNC_SECONDS:
            raise _failure(f"a {name} is {float(late) * 1000:.0f} ms off against the picture")


def _lost_names(target: Path, source: Path) -> tuple[str, ...]:
    """A note about metadata that the container does not hold; chapters must be the same."""
    with open_container(source) as origin, open_container(target) as result:
        chapters = [_chapters(container) for container in (origin, result)]
        was, now = (
            {key.lower(): value for key, value in file_metadata(container).items() if value}
            for container in (origin, result)
        )
    if chapters[0] and chapters[0] != chapters[1]:
        raise _failure("its chapters differ from the source's")
    lost = [key for key in NAMES if was.get(key, UNDATED) != UNDATED and was[key] != now.get(key)]
    if not lost:
        return ()
    return (f"Of the source's metadata {', '.join(lost)} is lost in {target.suffix}.",)


def _chapters(container: InputContainer) -> list[tuple[int, str]]:
    """(milliseconds, title) of each chapter."""
    return [
        (
            round(chapter["start"] * chapter["time_base"] * 1000),
            chapter["metadata"].get("title", ""),
        )
        for chapter in container.chapters()
    ]


def _failure(difference: str) -> OutputError:
    return OutputError(
        f"The encoded file does not pass verification: {difference}. Nothing was replaced and all "
        "frames are kept; try another --codec or container."
    )
