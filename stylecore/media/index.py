"""The frame index: what is really in a file, found by decoding it once.

Headers lie: after an edit, or in a file that was cut short, the number of frames they promise is
not the number that decodes. So the truth is taken from the decoder, and the header only compared.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from pydantic import BaseModel, ConfigDict

from stylecore.errors import MediaError
from stylecore.media.colour import decided_matrix, is_hdr, tag_name
from stylecore.media.opening import MAX_PIXELS, open_container
from stylecore.media.orientation import Orientation, orientation_of

END_SLACK_SECONDS = 0.5
"""A file whose last packet ends so much before its promised end is taken for cut short."""


class StreamInfo(BaseModel):
    """A stream of the source, as far as a person cares."""

    model_config = ConfigDict(frozen=True)
    index: int
    kind: str
    codec: str
    language: str = ""


class SourceIndex(BaseModel):
    """Every frame's presentation timestamp, and all that must come out as it went in."""

    model_config = ConfigDict(frozen=True)
    stream: int
    """Position of the video stream in the file."""
    pts: tuple[int, ...]
    """Presentation timestamps in units of ``time_base``, strictly increasing."""
    checksums: tuple[int, ...]
    """``picture_checksum`` of every frame, decoded from the beginning of the file."""
    last_duration: int
    """Duration of the last frame in units of ``time_base``."""
    time_base: str
    """Seconds per unit, a fraction like "1/12800"."""
    average_rate: str
    """Frames per second, a fraction like "24000/1001"."""
    width: int
    height: int
    """Size of the upright picture, as readers give it."""
    orientation: Orientation
    """How decoded pixels are turned to be upright."""
    sample_aspect_ratio: str
    """Width by height of an upright pixel, a fraction like "16/11"."""
    pixel_format: str
    bit_depth: int
    matrix: str
    """Of YUV to RGB, by the name that ffmpeg's filters know."""
    full_range: bool
    colour_primaries: int
    colour_transfer: int
    """Code points of ITU-T H.273."""
    interlaced: bool
    """Whether any frame is; those that are will be deinterlaced."""
    exact_seeking: bool
    """Whether a frame can be found by its timestamp; else the file is read from its beginning."""
    container: str
    streams: tuple[StreamInfo, ...]
    """All streams but the picture."""
    notes: tuple[str, ...] = ()
    """What will not come out as it went in, in sentences."""

    @property
    def frame_count(self) -> int:
        return len(self.pts)

    @property
    def seconds_per_unit(self) -> Fraction:
        return Fraction(self.time_base)

    def boundary(self, number: int) -> int:
        """When frame ``number`` begins, or when the last one ends, in units of ``time_base``."""
        if number < self.frame_count:
            return self.pts[number]
        return self.pts[-1] + self.last_duration


@dataclass
class _Scan:
    """What one pass over the file finds."""

    frames: list[VideoFrame] = field(default_factory=list)
    pts: list[int | None] = field(default_factory=list)
    checksums: list[int] = field(default_factory=list)
    last_duration: int = 0
    sizes: set[tuple[int, int]] = field(default_factory=set)
    packets: int = 0
    failures: int = 0
    untimed: int = 0
    interlaced: bool = False
    end_seconds: float = 0.0


def index_source(
    path: Path, *, max_pixels: int = MAX_PIXELS, allow_damaged: bool = False
) -> SourceIndex:
    """Finds every frame of a video by decoding it.

    Args:
        path: the file.
        max_pixels: larger pictures are refused.
        allow_damaged: use what can be read of a damaged file, with a note.

    Raises:
        MediaError: it cannot be read, holds no picture, is damaged or cut short, is too large, or
            is of a kind that would come out wrong (HDR).
    """
    with open_container(path) as container:
        stream = picture_stream(path, container)
        if stream.width * stream.height > max_pixels:
            raise MediaError(
                f"{path.name} is {stream.width}x{stream.height}, more than the limit of "
                f"{max_pixels / 1e6:.0f} million pixels; scale it down first."
            )
        scan = _scan(container, stream)
        notes = _check_whole(path, container, stream, scan, allow_damaged=allow_damaged)
        return _describe(path, container, stream, scan, notes)


def picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The stream with the picture: the first video stream that is no cover art.

    Raises:
        MediaError: there is none.
    """
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    raise MediaError(
        f"{path.name} has no picture, only {_kinds(container) or 'no streams'}; give a video."
    )


def decode_leniently(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | None]:
    """All frames that decode from here to the end; None for a packet that does not."""
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except av.FFmpegError:
            yield None


def picture_checksum(frame: VideoFrame) -> int:
    """CRC-32 of a decoded frame's first plane (luma, or all of packed RGB), without row padding."""
    plane, layout = frame.planes[0], frame.format
    packed = len(frame.planes) == 1
    bits = layout.padded_bits_per_pixel if packed else 8 * (1 + (layout.components[0].bits > 8))
    row_bytes = frame.width * bits // 8
    rows = np.frombuffer(plane, np.uint8)[: frame.height * plane.line_size]
    picture = rows.reshape(frame.height, plane.line_size)[:, :row_bytes]
    return zlib.crc32(np.ascontiguousarray(picture).data)


def _scan(container: InputContainer, stream: VideoStream) -> _Scan:
    scan = _Scan()
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.duration is not None and packet.time_base:
                end = float((packet.pts + packet.duration) * packet.time_base)
                scan.end_seconds = max(scan.end_seconds, end)
            if packet.stream is not stream:
                continue
            scan.packets += packet.size > 0
            try:
                frames = packet.decode()
            except av.FFmpegError:
                scan.failures += 1
                continue
            for frame in frames:
                scan.pts.append(frame.pts if frame.pts is not None else frame.dts)
                scan.untimed += frame.pts is None
                scan.checksums.append(picture_checksum(frame))
                scan.sizes.add((frame.width, frame.height))
                scan.interlaced |= bool(frame.interlaced_frame)
                scan.last_duration = frame.duration or scan.last_duration
                if len(scan.frames) < 1:
                    scan.frames.append(frame)
    except av.FFmpegError:
        scan.failures += 1
    return scan


def _check_whole(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    scan: _Scan,
    *,
    allow_damaged: bool,
) -> list[str]:
    """Notes about damage, where it is allowed."""
    if not scan.pts:
        raise MediaError(
            f"No frame of {path.name} can be decoded; the file is damaged. Get a whole copy of it."
        )
    if len(scan.sizes) > 1:
        raise MediaError(
            f"The picture of {path.name} changes its size in the middle; convert it to one size "
            "first."
        )
    promised = container.duration / av.time_base if container.duration else 0.0
    # Matroska's duration may count from 0, the others' from the first packet.
    counts_from_zero = "matroska" in container.format.name
    start = 0.0 if counts_from_zero else max(0.0, (container.start_time or 0) / av.time_base)
    # Only MP4 and its kin list their frames; AVI's count is a duration, with gaps in it.
    listed = stream.frames if "mp4" in container.format.name else 0
    cut_short = scan.packets < listed or scan.end_seconds - start < promised - END_SLACK_SECONDS
    if not cut_short and not scan.failures:
        return []
    expected = listed or round(promised * float(stream.average_rate or 0))
    found = f"{len(scan.pts)} of {max(expected, len(scan.pts))} frames of {path.name} can be read"
    if not allow_damaged:
        reason = "it is cut short" if cut_short else "parts of it are damaged"
        raise MediaError(f"Only {found}: {reason}. Get a whole copy, or give --allow-damaged.")
    return [f"Damaged source: {found}."]


def _describe(
    path: Path, container: InputContainer, stream: VideoStream, scan: _Scan, notes: list[str]
) -> SourceIndex:
    first = scan.frames[0]
    if is_hdr(first):
        raise MediaError(
            f"{path.name} is high dynamic range (PQ or HLG), which would come out with wrong "
            "colours; convert it to standard dynamic range (BT.709) first."
        )
    pts, exact = _increasing(scan.pts, _unit(stream))
    orientation = orientation_of(first)
    width, height = orientation.size(first.width, first.height)
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    if aspect <= 0:
        aspect = Fraction(1)
    if orientation.transposed:
        aspect = 1 / aspect
    matrix, guessed = decided_matrix(first)
    if scan.interlaced:
        notes.append("Interlaced source: deinterlaced, one frame for each frame.")
    if not exact:
        notes.append("Some timestamps were missing or out of order and have been mended.")
    if _has_alpha(first, stream):
        notes.append("The source has transparency, which the result has not.")
    if guessed and not first.format.is_rgb:
        notes.append(f"The source does not say its colour matrix; taken as {matrix}.")
    return SourceIndex(
        stream=stream.index,
        pts=tuple(pts),
        checksums=tuple(scan.checksums),
        last_duration=scan.last_duration or _typical_step(pts, _unit(stream)),
        time_base=str(Fraction(stream.time_base)),
        average_rate=str(Fraction(stream.average_rate or stream.base_rate or 25)),
        width=width,
        height=height,
        orientation=orientation,
        sample_aspect_ratio=str(aspect),
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in first.format.components),
        matrix=matrix,
        full_range=tag_name(first.color_range) == "full" or first.format.name.startswith("yuvj"),
        colour_primaries=int(first.color_primaries),
        colour_transfer=int(first.color_trc),
        interlaced=scan.interlaced,
        exact_seeking=exact and not scan.failures and not scan.untimed,
        container=container.format.name,
        streams=tuple(_stream_infos(container, stream)),
        notes=tuple(notes),
    )


def _unit(stream: VideoStream) -> int:
    """Duration of a frame at the average rate, in units of the stream's time base."""
    rate = Fraction(stream.average_rate or stream.base_rate or 25)
    return max(1, round(1 / (rate * Fraction(stream.time_base))))


def _increasing(found: list[int | None], unit: int) -> tuple[list[int], bool]:
    """Strictly increasing timestamps, and whether the found ones were so already."""
    pts: list[int] = []
    exact = True
    for value in found:
        if value is None or (pts and value <= pts[-1]):
            exact = False
            value = pts[-1] + 1 if pts and value is not None else (pts[-1] + unit if pts else 0)
        pts.append(value)
    return pts, exact


def _typical_step(pts: list[int], unit: int) -> int:
    return pts[-1] - pts[-2] if len(pts) > 1 else unit


def _has_alpha(frame: VideoFrame, stream: VideoStream) -> bool:
    name = frame.format.name
    named = name.startswith(("yuva", "gbrap", "rgba", "bgra", "argb", "abgr", "ya8", "ya16"))
    return named or stream.metadata.get("alpha_mode") == "1"


def _stream_infos(container: InputContainer, picture: VideoStream) -> Iterator[StreamInfo]:
    for stream in container.streams:
        if stream is not picture:
            codec = stream.codec_context.name if stream.codec_context else "unknown"
            yield StreamInfo(
                index=stream.index,
                kind=stream.type or "data",
                codec=codec,
                language=stream.metadata.get("language", ""),
            )


def _kinds(container: InputContainer) -> str:
    return " and ".join(sorted({stream.type or "data" for stream in container.streams}))
