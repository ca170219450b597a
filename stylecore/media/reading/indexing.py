"""The frame index of a video file: what is really in it, found by decoding it once.

The truth is taken from the decoder, and headers are only compared with it (``damage``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from stylecore.errors import MediaError
from stylecore.media.colour import decided_matrix, is_hdr, tag_name
from stylecore.media.geometry import Margins, Orientation
from stylecore.media.index import UNTAGGED, SourceIndex
from stylecore.media.opening import check_count, check_length, check_size, open_container
from stylecore.media.reading import apng, gif
from stylecore.media.reading.cropping import shown_part
from stylecore.media.reading.damage import damage_of, notes_on_damage
from stylecore.media.reading.orientation import orientation_of
from stylecore.media.reading.profiles import UNUSABLE, effective, is_usable
from stylecore.media.reading.scan import OpenedVideo, Scan, scan
from stylecore.media.reading.side_data import sphere_of, stereo_of
from stylecore.media.reading.streams import moving_pictures, other_streams, picture_stream
from stylecore.media.reading.timecode import timecode_of
from stylecore.media.reading.timestamps import average_rate, frame_units, increasing, last_duration
from stylecore.media.reading.yuv import shared
from stylecore.settings import SourceSettings

BT709 = 1
"""Code point of ITU-T H.273 for primaries, transfer and matrix."""
MOST_ASPECT = 100
"""Of a pixel; what is beyond comes from a damaged header, and no container can hold it."""


def index_container(path: Path, settings: SourceSettings, max_megapixels: float) -> SourceIndex:
    """Indexes a video file by demuxing and decoding all of it; see ``index_source``.

    A damaged one is decoded again by one thread: several lose frames that are near the damage, and
    do not patch it up alike each time.
    """
    index = _indexed(path, settings, max_megapixels, one_thread=False)
    return index or cast(SourceIndex, _indexed(path, settings, max_megapixels, one_thread=True))


def _indexed(
    path: Path, settings: SourceSettings, max_megapixels: float, *, one_thread: bool
) -> SourceIndex | None:
    """The index; None where several threads found damage."""
    with open_container(path, max_megapixels=max_megapixels) as container:
        stream = picture_stream(path, container)
        check_size(path.name, stream.width, stream.height, max_megapixels)
        check_length(path.name, (container.duration or 0) / av.time_base, settings.max_hours)
        check_count(path.name, stream.frames, settings.max_hours)
        video = OpenedVideo(path, container, stream, settings, max_megapixels)
        found = scan(video, one_thread=one_thread)
        reason = damage_of(video, found)
        if (reason or not found.pts) and not one_thread:
            return None
        notes = notes_on_damage(video, found, reason)
        index = _described(video, found, notes)
        facts = {"patched_up": bool(reason), "plays": _plays(video)}
        return apng.with_exact_times(path, index.model_copy(update=facts))


def _plays(video: OpenedVideo) -> int | None:
    """``SourceIndex.plays``, which FFmpeg does not tell."""
    readers = {"gif": gif.gif_plays, "apng": apng.apng_plays}
    read = readers.get(video.format_name)
    return read(video.path) if read else None


@dataclass(frozen=True)
class _Shape:
    """Which part of a coded picture is shown, and how."""

    orientation: Orientation
    margins: Margins
    size: tuple[int, int]
    """(width, height) of the upright picture."""
    aspect: Fraction
    """Width by height of an upright pixel."""

    @classmethod
    def of(cls, video: OpenedVideo, first: VideoFrame) -> "_Shape":
        stream, coded = video.stream, (first.width, first.height)
        orientation = orientation_of(first, stream.codec_context.name)
        number = moving_pictures(video.container).index(stream)
        margins, said = shown_part(video.path, video.format_name, number, stream.id, coded)
        margins = margins.on_grid(coded, shared(first.format))
        aspect = Fraction(stream.sample_aspect_ratio or 1) if said is None else said
        if not 1 / MOST_ASPECT <= aspect <= MOST_ASPECT:
            aspect = Fraction(1)
        return cls(
            orientation,
            margins,
            orientation.size(*margins.size(*coded)),
            1 / aspect if orientation.transposed else aspect,
        )


def _described(video: OpenedVideo, scan: Scan, notes: list[str]) -> SourceIndex:
    """The index, without what is found by other means than FFmpeg's; ``notes`` are on damage.

    Raises:
        MediaError: the source is of high dynamic range and not to be tone-mapped, or turned by no
            quarter.
    """
    stream, first = video.stream, scan.first
    assert first is not None
    hdr = _tone_mapped_from(video, first)
    pts, exact = increasing(scan.pts, stream)
    shape = _Shape.of(video, first)
    profile = apng.apng_profile(video.path) if video.format_name == "apng" else b""
    matrix, _ = decided_matrix(first)
    return SourceIndex(
        stream=stream.index,
        pts=tuple(pts),
        checksums=tuple(scan.checksums),
        last_duration=last_duration(
            pts, scan.last_duration, frame_units(stream), rounded="matroska" in video.format_name
        ),
        time_base=str(Fraction(stream.time_base)),
        average_rate=str(average_rate(stream)),
        width=shape.size[0],
        height=shape.size[1],
        orientation=shape.orientation,
        margins=shape.margins,
        sample_aspect_ratio=str(shape.aspect),
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in first.format.components),
        alpha=scan.alpha,
        decoder=video.decoder,
        matrix=matrix,
        tone_mapped_from=hdr,
        full_range=_is_full_range(first, video.settings),
        colour_primaries=BT709 if hdr else _tag("color_primaries", first, stream),
        colour_transfer=BT709 if hdr else _tag("color_trc", first, stream),
        colour_profile=effective(profile, _pillow_mode(first)).hex(),
        interlaced=scan.interlaced,
        exact_seeking=exact and not scan.failures and not scan.untimed,
        container=video.format_name,
        sphere=sphere_of(first),
        stereo=stereo_of(first),
        captions=tuple(scan.captions) if any(scan.captions) else (),
        timecode=timecode_of(video.container, stream),
        streams=tuple(other_streams(video.container, stream)),
        notes=(*notes, *_notes(scan, shape.margins, profile, exact=exact)),
    )


def _notes(scan: Scan, margins: Margins, profile: bytes, *, exact: bool) -> Iterator[str]:
    """What is done about a picture that is out of the ordinary, in sentences."""
    first = scan.first
    assert first is not None
    if margins.any:
        yield (
            f"The file says that only a part of its pictures of {first.width}x{first.height} is "
            "shown: cropped, as players do."
        )
    if scan.interlaced:
        yield "Interlaced source: deinterlaced, one frame for each frame."
    if not exact:
        yield "Some timestamps were missing or out of order and have been mended."
    if is_hdr(first):
        yield "High dynamic range: tone-mapped to BT.709."
    matrix, guessed = decided_matrix(first)
    if guessed and not first.format.is_rgb:
        yield f"The source does not say its colour matrix; taken as {matrix}."
    if profile and not is_usable(profile, _pillow_mode(first)):
        yield f"The source's colour profile is {UNUSABLE}"


def _tone_mapped_from(video: OpenedVideo, first: VideoFrame) -> int:
    """``SourceIndex.tone_mapped_from``.

    Raises:
        MediaError: the source is of high dynamic range and not to be tone-mapped.
    """
    if not is_hdr(first):
        return 0
    if video.settings.hdr == "refuse":
        raise MediaError(
            f"{video.path.name} is of high dynamic range (PQ or HLG), which would come out with "
            "wrong colours; give --hdr tonemap to bring it into the standard range (BT.709)."
        )
    return int(first.color_trc)


def _pillow_mode(frame: VideoFrame) -> str:
    """Pillow's name for pixels like a frame's, to which a colour profile must belong."""
    return "L" if frame.format.name.startswith(("gray", "ya")) else "RGB"


def _tag(name: str, frame: VideoFrame, stream: VideoStream) -> int:
    """A tag of the frame or, where its decoder was told of none, of the stream."""
    found = int(getattr(frame, name))
    return int(getattr(stream.codec_context, name)) if found == UNTAGGED else found


def _is_full_range(frame: VideoFrame, settings: SourceSettings) -> bool:
    """Whether luma spans 0 to the top, as it was chosen or else as the frame says."""
    if settings.colour_range != "tagged":
        return settings.colour_range == "full"
    return tag_name(frame.color_range) == "full" or frame.format.name.startswith("yuvj")
