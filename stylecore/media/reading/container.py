"""The frame index of a video file: what is really in it, found by decoding it once.

Headers lie: after an edit, or in a file that was cut short, the number of frames they promise is
not the number that decodes. So the truth is taken from the decoder, and the header only compared.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.stream import AttachmentStream, Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from stylecore.errors import MediaError
from stylecore.media.index import UNKNOWN_CODEC, UNTAGGED, SourceIndex, StreamInfo
from stylecore.media.opening import (
    check_count,
    check_length,
    check_size,
    decoder_limit,
    open_container,
)
from stylecore.media.pictures import apng
from stylecore.media.pictures.apng import apng_plays, apng_profile, with_exact_times
from stylecore.media.pictures.gif import gif_plays, has_end_mark, is_cut
from stylecore.media.pictures.profiles import UNUSABLE, effective, is_usable
from stylecore.media.reading.colour import decided_matrix, is_hdr, tag_name
from stylecore.media.reading.cropping import Margins, shown_part
from stylecore.media.reading.orientation import orientation_of
from stylecore.media.reading.side_data import caption_checksum, sphere_of, stereo_of
from stylecore.media.reading.truncation import is_incomplete
from stylecore.media.reading.yuv import shared
from stylecore.media.writing.timecode import has_timecode, timecode_of
from stylecore.settings import SourceSettings

BT709 = 1
"""Code point of ITU-T H.273 for primaries, transfer and matrix."""
OPAQUE = 0.98
"""Lossy codecs blur alpha a little: what is above this is opaque."""
CUT_SHORT = "it is cut short"
HEADLESS = ("mpegts", "mpeg", "gif")
"""Formats that do not say how long a video is."""
MOST_ASPECT = 100
"""Of a pixel; what is beyond comes from a damaged header, and no container can hold it."""
END_SLACK_SECONDS = 0.5
"""A file whose last packet ends so much before its promised end is taken for cut short."""


@dataclass
class _Scan:
    """What one pass over the file finds."""

    first: VideoFrame | None = None
    pts: list[int | None] = field(default_factory=list)
    checksums: list[int] = field(default_factory=list)
    captions: list[int] = field(default_factory=list)
    last_duration: int = 0
    packets: int = 0
    failures: int = 0
    corrupt: int = 0
    """Frames that decode in part."""
    resized: int = 0
    """Frames from the first on that has another size; they are not in ``pts``."""
    damaged_sound: bool = False
    untimed: int = 0
    interlaced: bool = False
    alpha: bool = False
    end_seconds: float = 0.0

    def add(self, frame: VideoFrame) -> None:
        self.first = self.first or frame
        size = (frame.width, frame.height)
        if self.resized or size != (self.first.width, self.first.height):
            self.resized += 1
            return
        self.corrupt += bool(frame.is_corrupt)
        self.pts.append(frame.pts if frame.pts is not None else frame.dts)
        self.untimed += frame.pts is None
        self.checksums.append(picture_checksum(frame))
        self.captions.append(caption_checksum(frame))
        self.interlaced |= bool(frame.interlaced_frame)
        self.alpha = self.alpha or is_transparent(frame)
        self.last_duration = frame.duration or self.last_duration

    def keep(self, count: int) -> None:
        """Forgets the frames from ``count`` on, which are not whole."""
        self.pts = self.pts[:count]
        self.checksums = self.checksums[:count]
        self.captions = self.captions[:count]


def index_container(path: Path, settings: SourceSettings, max_megapixels: float) -> SourceIndex:
    """``index_source`` of a video file, by decoding all of it.

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
        decoder = alpha_decoder(stream)
        pixels = max_megapixels * 1e6
        context = decoding_context(stream, decoder, pixels, one_thread=one_thread)
        scan = _scan(path, container, stream, context, settings, max_megapixels)
        reason = _damage(path, container, stream, scan)
        if (reason or not scan.pts) and not one_thread:
            return None
        notes = _check_whole(path, container, stream, scan, reason, settings, max_megapixels)
        index = _describe(path, container, stream, scan, notes, decoder, settings)
        facts = {"patched_up": bool(reason), "plays": _plays(path, container)}
        return with_exact_times(path, index.model_copy(update=facts))


def _plays(path: Path, container: InputContainer) -> int | None:
    """``SourceIndex.plays``, which FFmpeg does not tell."""
    readers = {"gif": gif_plays, "apng": apng_plays}
    read = readers.get(container.format.name)
    return read(path) if read else None


def picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The stream with the picture: the default one of those that are no cover art, else the first.

    Raises:
        MediaError: there is none.
    """
    pictures = [stream for stream in container.streams.video if not is_cover(stream)]
    decodable = [stream for stream in pictures if stream.codec_context is not None]
    if decodable:
        chosen = (one for one in decodable if one.disposition & Disposition.default)
        return next(chosen, decodable[0])
    if pictures:
        raise MediaError(
            f"The picture of {path.name} is coded in a way that is not known here, or its header "
            "is damaged; convert it to .mp4 first."
        )
    raise MediaError(
        f"{path.name} has no picture, only {_kinds(container) or 'no streams'}; give a video."
    )


def is_cover(stream: Stream) -> bool:
    """Whether a stream is a still that belongs to the file, like the cover of an album."""
    return bool(stream.disposition & Disposition.attached_pic)


ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""ffmpeg's own decoders of these codecs lose the transparency."""


def alpha_decoder(stream: VideoStream) -> str:
    """Name of the decoder that a stream with transparency beside its picture needs, else ""."""
    marked = stream.metadata.get("alpha_mode", stream.metadata.get("ALPHA_MODE")) == "1"
    return ALPHA_DECODERS.get(stream.codec_context.name, "") if marked else ""


def decode_leniently(
    container: InputContainer, stream: VideoStream, index: SourceIndex
) -> Iterator[VideoFrame | None]:
    """All frames that decode from here to the end; None for a packet that does not."""
    context = decoding_context(
        stream, index.decoder, index.coded_pixels, one_thread=index.patched_up
    )
    for packet in container.demux(stream):
        try:
            yield from context.decode(packet)
        except av.FFmpegError:
            yield None


def decoding_context(
    stream: VideoStream, decoder: str, pixels: float, *, one_thread: bool
) -> VideoCodecContext:
    """The stream's own decoder, or the one with that name, for pictures of so many pixels."""
    context = stream.codec_context
    if decoder:
        context = av.CodecContext.create(decoder, "r")
        context.extradata = stream.codec_context.extradata
    if one_thread:
        context.thread_count = 1
    else:
        context.thread_type = "AUTO"
    context.options = {"max_pixels": decoder_limit(pixels)}
    return context


def picture_checksum(frame: VideoFrame) -> int:
    """CRC-32 of a decoded frame's first plane (luma, or all of packed RGB), without row padding."""
    plane, layout = frame.planes[0], frame.format
    packed = len(frame.planes) == 1
    bits = layout.padded_bits_per_pixel if packed else 8 * (1 + (layout.components[0].bits > 8))
    row_bytes = frame.width * bits // 8
    rows = np.frombuffer(plane, np.uint8)[: frame.height * plane.line_size]
    picture = rows.reshape(frame.height, plane.line_size)[:, :row_bytes]
    return zlib.crc32(np.ascontiguousarray(picture).data)


def _scan(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    context: VideoCodecContext,
    settings: SourceSettings,
    max_megapixels: float,
) -> _Scan:
    scan = _Scan()
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.duration is not None and packet.time_base:
                end = float((packet.pts + packet.duration) * packet.time_base)
                scan.end_seconds = max(scan.end_seconds, end)
            if packet.stream is not stream:
                scan.damaged_sound |= packet.is_corrupt
                continue
            scan.packets += packet.size > 0
            try:
                frames = context.decode(packet)
            except av.FFmpegError:
                scan.failures += 1
                continue
            for frame in frames:
                scan.add(frame)
                check_size(path.name, frame.width, frame.height, max_megapixels)
            check_count(path.name, len(scan.pts), settings.max_hours)
    except av.FFmpegError:
        scan.failures += 1
    return scan


def _check_whole(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    scan: _Scan,
    reason: str,
    settings: SourceSettings,
    max_megapixels: float,
) -> list[str]:
    """Notes about damage, where it is allowed."""
    expected = max(scan.packets, len(scan.pts) + scan.resized)
    if reason == CUT_SHORT:
        listed = _listed(container, stream)
        expected = max(expected, listed or _promised_frames(path, container, stream))
    if not scan.pts:
        raise MediaError(
            f"No frame of {path.name} can be decoded (0 of {expected}): the file is damaged, or "
            f"its pictures are larger than the limit of {max_megapixels:g} million pixels "
            "(--max-megapixels)."
        )
    notes = []
    if scan.damaged_sound:
        notes.append("Parts of the sound are damaged; they are copied as they are.")
    if container.format.name == "gif" and not has_end_mark(path):
        notes.append("The GIF has no end mark: frames may be missing behind the last one.")
    if not reason:
        return notes
    whole = len(scan.pts) - scan.corrupt
    found = f"{whole} of {expected} frames" if expected > whole else f"{whole} frames"
    found += f" of {path.name} can be read"
    if scan.corrupt:
        found += f", and {scan.corrupt} more in part"
    if not settings.allow_damaged:
        raise MediaError(f"Only {found}: {reason}. Get a whole copy, or give --allow-damaged.")
    return [f"Damaged source: {found}.", *notes]


def _damage(path: Path, container: InputContainer, stream: VideoStream, scan: _Scan) -> str:
    """What is wrong with a file that is not whole; nothing when it is."""
    if container.format.name == "gif" and is_cut(path):
        # FFmpeg decodes what there is of a GIF's last frame, and does not tell.
        scan.keep(len(scan.pts) - 1)
        return CUT_SHORT
    if container.format.name == "apng" and apng.is_cut(path):
        scan.keep(apng.whole_frames(path))
        return CUT_SHORT
    if scan.resized:
        return "the picture changes its size in the middle"
    promised = container.duration / av.time_base if container.duration else 0.0
    # Matroska's duration may count from 0, the others' from the first packet.
    counts_from_zero = "matroska" in container.format.name
    start = 0.0 if counts_from_zero else max(0.0, (container.start_time or 0) / av.time_base)
    listed = _listed(container, stream)
    end_seconds = scan.end_seconds
    if stream.duration and scan.packets == listed:
        end = ((stream.start_time or 0) + stream.duration) * stream.time_base
        end_seconds = max(end_seconds, float(end))
    ends_early = end_seconds - start < promised - END_SLACK_SECONDS
    if scan.packets < listed or ends_early or is_incomplete(path, container.format.name):
        return CUT_SHORT
    return "parts of it are damaged" if scan.failures or scan.corrupt else ""


def _listed(container: InputContainer, stream: VideoStream) -> int:
    """Frames that the header lists; AVI's count is a duration with gaps in it, MP4's a list."""
    return stream.frames if "mp4" in container.format.name else 0


def _promised_frames(path: Path, container: InputContainer, stream: VideoStream) -> int:
    """What the header's number or duration comes to; 0 where there is no such header."""
    if container.format.name == "apng":
        return apng.promised_frames(path)
    if container.format.name in HEADLESS:
        return 0
    seconds = (container.duration or 0) / av.time_base
    return max(stream.frames, round(seconds * float(stream.average_rate or 0)))


def _describe(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    scan: _Scan,
    notes: list[str],
    decoder: str,
    settings: SourceSettings,
) -> SourceIndex:
    first = scan.first
    assert first is not None
    if is_hdr(first) and settings.hdr == "refuse":
        raise MediaError(
            f"{path.name} is of high dynamic range (PQ or HLG), which would come out with wrong "
            "colours; give --hdr tonemap to bring it into the standard range (BT.709)."
        )
    millisecond = ceil(Fraction(1, 1000) / Fraction(stream.time_base))
    pts, exact = _increasing(scan.pts, _unit(stream), millisecond)
    orientation = orientation_of(first, stream.codec_context.name)
    margins, aspect = _shown_part(path, container, stream, first)
    width, height = orientation.size(*margins.size(first.width, first.height))
    if not 1 / MOST_ASPECT <= aspect <= MOST_ASPECT:
        aspect = Fraction(1)
    if orientation.transposed:
        aspect = 1 / aspect
    matrix, guessed = decided_matrix(first)
    if margins.any:
        notes.append(
            f"The file says that only a part of its pictures of {first.width}x{first.height} is "
            "shown: cropped, as players do."
        )
    if scan.interlaced:
        notes.append("Interlaced source: deinterlaced, one frame for each frame.")
    if not exact:
        notes.append("Some timestamps were missing or out of order and have been mended.")
    if is_hdr(first):
        notes.append("High dynamic range: tone-mapped to BT.709.")
    if guessed and not first.format.is_rgb:
        notes.append(f"The source does not say its colour matrix; taken as {matrix}.")
    profile = apng_profile(path) if container.format.name == "apng" else b""
    kind = "L" if first.format.name.startswith(("gray", "ya")) else "RGB"
    if profile and not is_usable(profile, kind):
        notes.append(f"The source's colour profile is {UNUSABLE}")
    return SourceIndex(
        stream=stream.index,
        pts=tuple(pts),
        checksums=tuple(scan.checksums),
        last_duration=_last_duration(container, stream, scan, pts),
        time_base=str(Fraction(stream.time_base)),
        average_rate=str(Fraction(stream.average_rate or stream.base_rate or 25)),
        width=width,
        height=height,
        orientation=orientation,
        margins=margins,
        sample_aspect_ratio=str(aspect),
        pixel_format=first.format.name,
        bit_depth=max(component.bits for component in first.format.components),
        alpha=scan.alpha,
        decoder=decoder,
        matrix=matrix,
        tone_mapped_from=int(first.color_trc) if is_hdr(first) else 0,
        full_range=_is_full_range(first, settings),
        colour_primaries=BT709 if is_hdr(first) else _tag("color_primaries", first, stream),
        colour_transfer=BT709 if is_hdr(first) else _tag("color_trc", first, stream),
        colour_profile=effective(profile, kind).hex(),
        interlaced=scan.interlaced,
        exact_seeking=exact and not scan.failures and not scan.untimed,
        container=container.format.name,
        sphere=sphere_of(first),
        stereo=stereo_of(first),
        captions=tuple(scan.captions) if any(scan.captions) else (),
        timecode=timecode_of(container, stream),
        streams=tuple(_stream_infos(container, stream)),
        notes=tuple(notes),
    )


def _shown_part(
    path: Path, container: InputContainer, stream: VideoStream, first: VideoFrame
) -> tuple[Margins, Fraction]:
    """What is not shown of pictures like the ``first``, and the aspect of their pixels."""
    pictures = [other for other in container.streams.video if not is_cover(other)]
    size = (first.width, first.height)
    margins, aspect = shown_part(
        path, container.format.name, pictures.index(stream), stream.id, size
    )
    found = Fraction(stream.sample_aspect_ratio or 1) if aspect is None else aspect
    return margins.on_grid(size, shared(first.format)), found


def _tag(name: str, frame: VideoFrame, stream: VideoStream) -> int:
    """A tag of the frame or, where its decoder was told of none, of the stream."""
    found = int(getattr(frame, name))
    return int(getattr(stream.codec_context, name)) if found == UNTAGGED else found


def _is_full_range(frame: VideoFrame, settings: SourceSettings) -> bool:
    if settings.colour_range != "tagged":
        return settings.colour_range == "full"
    return tag_name(frame.color_range) == "full" or frame.format.name.startswith("yuvj")


def _unit(stream: VideoStream) -> int:
    """Duration of a frame at the average rate, in units of the stream's time base."""
    rate = Fraction(stream.average_rate or stream.base_rate or 25)
    return max(1, round(1 / (rate * Fraction(stream.time_base))))


def _increasing(found: list[int | None], unit: int, step: int) -> tuple[list[int], bool]:
    """Strictly increasing timestamps, and whether the found ones were so already.

    From the first one on that has to be mended they are ``step`` apart at least, which is what
    every container can tell apart.
    """
    pts: list[int] = []
    exact = True
    for value in found:
        soonest = pts[-1] + (1 if exact else step) if pts else None
        if value is None:
            exact = False
            value = pts[-1] + unit if pts else 0
        elif soonest is not None and value < soonest:
            exact = False
            value = pts[-1] + step
        pts.append(value)
    return pts, exact


def _last_duration(
    container: InputContainer, stream: VideoStream, scan: _Scan, pts: list[int]
) -> int:
    """How long the last frame is shown, in units.

    Matroska gives all frames one duration, which FFmpeg cuts to whole milliseconds.
    """
    steady = _unit(stream)
    by_packet = scan.last_duration or (pts[-1] - pts[-2] if len(pts) > 1 else steady)
    if "matroska" in container.format.name and abs(by_packet - steady) <= 1:
        return steady
    return by_packet


def is_transparent(frame: VideoFrame) -> bool:
    """Whether any pixel of a decoded frame is clearly less than opaque."""
    name = frame.format.name
    packed = {"rgba": 3, "bgra": 3, "argb": 0, "abgr": 0, "ya8": 1}
    deep = max(component.bits for component in frame.format.components) > 8
    if name.startswith(("yuva", "gbrap")):
        plane = frame.planes[3]
        values = np.frombuffer(plane, np.uint16 if deep else np.uint8)
        rows = values.reshape(-1, plane.line_size // values.itemsize)[: frame.height, : frame.width]
    elif name in packed:
        plane = frame.planes[0]
        values = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height]
        channels = len(frame.format.components)
        rows = values[:, packed[name] : channels * frame.width : channels]
    elif name.startswith(("rgba64", "bgra64")):
        plane = frame.planes[0]
        values = np.frombuffer(plane, np.uint16).reshape(-1, plane.line_size // 2)
        rows = values[: frame.height, 3 : 4 * frame.width : 4]
        if name.endswith("be"):
            rows = rows.byteswap()
    else:
        return False
    bits = frame.format.components[-1].bits
    return int(rows.min()) < OPAQUE * (2**bits - 1)


def _stream_infos(container: InputContainer, picture: VideoStream) -> Iterator[StreamInfo]:
    for stream in container.streams:
        if stream is not picture:
            codec = stream.codec_context.name if stream.codec_context else UNKNOWN_CODEC
            codec = stream.mimetype if isinstance(stream, AttachmentStream) else codec
            yield StreamInfo(
                index=stream.index,
                kind=_kind(stream),
                codec=codec,
                language=stream.metadata.get("language", ""),
            )


def _kind(stream: Stream) -> str:
    if is_cover(stream):
        return "cover"
    if stream.type in ("data", None):
        return "timecode" if has_timecode(stream.metadata) else "data"
    return str(stream.type)


def _kinds(container: InputContainer) -> str:
    return " and ".join(sorted({stream.type or "data" for stream in container.streams}))
