"""Verifies a video file: frames, times, tags, copied streams and captions are its source's."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from stylecore.errors import MediaError, UnverifiedError
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import UNTAGGED, SourceIndex, StreamInfo
from stylecore.media.opening import EVERYTHING, open_container
from stylecore.media.reading.indexing import index_container
from stylecore.media.reading.packets import stream_facts
from stylecore.media.reading.timecode import later, timecode_at
from stylecore.media.verification.findings import Verification
from stylecore.media.writing.captions import captions_in, keeps_captions
from stylecore.media.writing.clock import Clock
from stylecore.media.writing.codecs import M4V, MOV, MP4, codec_for
from stylecore.media.writing.immersive import keeps_sphere, keeps_stereo
from stylecore.media.writing.streams import (
    COPIED,
    KIND_NAMES,
    copied_streams,
    named_metadata,
    needed_delay,
)
from stylecore.settings import OutputSettings

LIKE_SMPTE170M = {"bt470bg": "smpte170m", "fcc": "smpte170m"}
"""Matrices that some codecs write as SMPTE 170M, which is the same or differs by less than 0.3%."""
SYNC_SECONDS = Fraction(2, 1000)
"""Sound may move so much against the picture: both are rounded to Matroska's milliseconds."""


def verify_video(
    target: Path, excerpt: Excerpt, encoding: OutputSettings, size: tuple[int, int]
) -> Verification:
    """Decodes a video file and compares it with its source; see ``verify_frames``."""
    found = _found_in(target, size)
    if found.frame_count != excerpt.count:
        raise UnverifiedError(f"it has {found.frame_count} frames instead of {excerpt.count}")
    if (found.width, found.height) != size:
        raise UnverifiedError(f"it is {found.width}x{found.height} instead of {size[0]}x{size[1]}")
    suffix, unit = target.suffix.lower(), found.seconds_per_unit
    held = copied_streams(excerpt.path, excerpt.index, suffix, encoding)
    clock = Clock(unit, needed_delay(excerpt, suffix, held, unit))
    off = _compare_times(target, found, excerpt, clock)
    _compare_tags(found, excerpt.index, codec_for(encoding, suffix).full_range)
    copied = _compare_streams(target, found, excerpt, held, clock.delay)
    copied += _compare_captions(found, excerpt, keeps_captions(encoding, suffix))
    _compare_immersion(found, excerpt.index, suffix)
    is_copy = excerpt.whole and excerpt.index.reader == "container"
    notes = _lost_names(target, excerpt.path) if is_copy else ()
    notes += _lost_timecode(suffix, found, excerpt)
    return Verification(found.frame_count, clock.delay, copied, off, notes)


def _found_in(target: Path, size: tuple[int, int]) -> SourceIndex:
    try:
        # Covers are copied unseen: the result may hold a bomb that its source held.
        return index_container(target, EVERYTHING, max_megapixels=4 * size[0] * size[1] / 1e6)
    except MediaError as error:
        raise UnverifiedError(str(error).rstrip(".")) from error


def _end(target: Path, found: SourceIndex) -> int:
    """When the last frame ends, in units of the target's time base.

    MP4 tells how long the track is, but of a frame only when the next one in the order of decoding
    is decoded.
    """
    if target.suffix.lower() in (MP4, M4V, MOV):
        with open_container(target) as container:
            stream = container.streams[found.stream]
            if stream.start_time is not None and stream.duration is not None:
                return int(stream.start_time + stream.duration)
    return found.boundary(found.frame_count)


def _compare_times(target: Path, found: SourceIndex, excerpt: Excerpt, clock: Clock) -> Fraction:
    """Compares every frame's time, and when the last one ends, with their ticks of the clock.

    Returns:
        ``Verification.off``.
    """
    off = clock.error(excerpt.boundaries()[:-1])
    if off > clock.unit:
        raise UnverifiedError(
            f"the source's frames follow each other sooner than {target.suffix.lower()} can tell "
            f"({clock.unit} s), so that one is shown {float(off):.4f} s late"
        )
    *wanted, end = clock.ticks(excerpt.boundaries())
    for number, (tick, pts) in enumerate(zip(wanted, found.pts, strict=True), excerpt.start):
        if pts != tick:
            shown, due = (float(ticks * clock.unit) for ticks in (pts, tick))
            raise UnverifiedError(
                f"frame {number} is shown at {shown:.4f} s instead of {due:.4f} s"
            )
    ends = _end(target, found)
    if abs(ends - end) > 1:
        lasts, due = (float((ticks - wanted[0]) * clock.unit) for ticks in (ends, end))
        raise UnverifiedError(f"it lasts {lasts:.4f} s instead of {due:.4f} s")
    return off


def _compare_tags(found: SourceIndex, index: SourceIndex, holds_full_range: bool) -> None:
    if Fraction(found.sample_aspect_ratio) != Fraction(index.sample_aspect_ratio):
        raise UnverifiedError(
            f"its pixels have the aspect {found.sample_aspect_ratio} instead of "
            f"{index.sample_aspect_ratio}"
        )
    if found.orientation.changes:
        raise UnverifiedError("it is marked as turned, and its pixels are upright already")
    matrix = index.result_matrix
    if LIKE_SMPTE170M.get(found.matrix, found.matrix) != LIKE_SMPTE170M.get(matrix, matrix):
        raise UnverifiedError(f"its colour matrix is {found.matrix} instead of {matrix}")
    if found.full_range != (index.full_range and holds_full_range):
        raise UnverifiedError("its colour range differs from the source's")
    for name in ("colour_primaries", "colour_transfer"):
        was, now = getattr(index, name), getattr(found, name)
        if was not in (UNTAGGED, now):
            raise UnverifiedError(f"its {name.replace('_', ' ')} are {now} instead of {was}")


def _compare_streams(
    target: Path,
    found: SourceIndex,
    excerpt: Excerpt,
    held: Sequence[StreamInfo],
    delay: Fraction,
) -> tuple[str, ...]:
    """Kinds and numbers of streams that are the same; nothing is compared of a part.

    Args:
        held: the source's streams that the target must hold.
        delay: seconds by which they begin later in it.
    """
    same = []
    for kind in COPIED:
        expected = [info for info in held if info.kind == kind]
        copied = [info for info in found.streams if info.kind == kind]
        plural = "s" if len(expected) != 1 else ""
        if len(copied) != len(expected):
            raise UnverifiedError(
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
            raise UnverifiedError(f"a {name} differs from the source's")
        late = max(abs(now.first - was.first - delay), abs(now.last - was.last - delay))
        if info.kind in ("audio", "subtitle") and late > SYNC_SECONDS:
            raise UnverifiedError(
                f"a {name} is {float(late) * 1000:.0f} ms off against the picture"
            )


def _lost_names(target: Path, source: Path) -> tuple[str, ...]:
    """A note about metadata that the container does not hold; chapters must be the same."""
    with open_container(source) as origin, open_container(target) as result:
        chapters = [_chapters(container) for container in (origin, result)]
        was, now = (named_metadata(container) for container in (origin, result))
    if chapters[0] and chapters[0] != chapters[1]:
        raise UnverifiedError("its chapters differ from the source's")
    lost = [key for key, value in was.items() if value != now.get(key)]
    if not lost:
        return ()
    return (f"Of the source's metadata {', '.join(lost)} is lost in {target.suffix}.",)


def _compare_captions(found: SourceIndex, excerpt: Excerpt, kept: bool) -> tuple[str, ...]:
    expected = captions_in(excerpt) if kept else ()
    if found.captions != expected:
        raise UnverifiedError("its closed captions differ from the source's")
    return ("closed captions",) if expected else ()


def _compare_immersion(found: SourceIndex, index: SourceIndex, suffix: str) -> None:
    if found.sphere != (index.sphere if keeps_sphere(index, suffix) else None):
        raise UnverifiedError("it does not surround the viewer as the source does")
    if found.stereo != (index.stereo if keeps_stereo(index, suffix) else None):
        raise UnverifiedError("the views for both eyes are not where they are in the source")


def _lost_timecode(suffix: str, found: SourceIndex, excerpt: Excerpt) -> tuple[str, ...]:
    """A note where the first frame's timecode is not what it was in the source."""
    was = timecode_at(excerpt)
    if not was or later(found.timecode, Fraction(excerpt.index.average_rate), 0) == was:
        return ()
    return (f"The timecode {was} is lost in {suffix}.",)


def _chapters(container: InputContainer) -> list[tuple[int, str]]:
    """(milliseconds, title) of each chapter."""
    return [
        (
            round(chapter["start"] * chapter["time_base"] * 1000),
            chapter["metadata"].get("title", ""),
        )
        for chapter in container.chapters()
    ]
