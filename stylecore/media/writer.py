"""Encoding frames with the source's timestamps, and everything else of the source beside them.

Encoded pictures and copied packets go into one file in one pass, since every detour through a
second container moves sound against picture by some milliseconds. The same frames give the same
bytes.
"""

import errno
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from stylecore.config import OutputSettings
from stylecore.errors import OutputError, SettingsError
from stylecore.media.colour import encoding_graph, matrix_code
from stylecore.media.index import SourceIndex, StreamInfo
from stylecore.media.opening import inert_name, open_container
from stylecore.overlap import ahead

THREADS = "4"
"""Fixed, since the number of threads changes what x264 writes."""
BIT_EXACT = {"fflags": "+bitexact"}
"""No random identifiers and no times of creation in the file."""


@dataclass(frozen=True)
class Codec:
    """An encoder with its defaults.

    ``formats`` are (8 bits, 8 bits odd size, more bits, more bits odd size); "" where it has none.
    ``full_range`` is whether the codec can say that luma spans 0 to the top, ``aspect`` whether it
    can say by itself that pixels are not square (MP4 can say it for any codec, Matroska cannot).
    ``worst_quality`` is the end of its scale, ``preset_option`` what the encoder calls its preset.
    """

    encoder: str
    containers: frozenset[str]
    quality: int | None
    preset: str | None
    formats: tuple[str, str, str, str]
    options: tuple[tuple[str, str], ...] = ()
    full_range: bool = True
    aspect: bool = True
    worst_quality: int = 51
    preset_option: str = "preset"

    def pixel_format(self, size: tuple[int, int], *, deep: bool) -> str:
        """What frames of ``size`` are stored as; "" where the codec cannot hold them."""
        odd = bool(size[0] % 2 or size[1] % 2)
        return self.formats[2 * deep + odd]


KIND_NAMES = {"audio": "sound", "video": "picture"}
MP4, MOV, MKV, WEBM = ".mp4", ".mov", ".mkv", ".webm"
CONTAINERS = {MP4: "mp4", ".m4v": "mp4", MOV: "mov", MKV: "matroska", WEBM: "webm"}
"""Suffixes to the names of ffmpeg's muxers."""
_YUV420 = ("yuv420p", "yuv444p", "yuv420p10le", "yuv444p10le")
CODECS = {
    "h264": Codec(
        # The preset: at this quality the files are as large as with "medium", 0.9 dB from it, in a
        # third of the time (docs/fast.md).
        "libx264", frozenset({MP4, ".m4v", MOV, MKV}), 16, "veryfast", _YUV420,
        # The macroblock tree looks at memory that nobody wrote, so that bytes differ from run to
        # run (seen with x264 165 and glibc's MALLOC_PERTURB_).
        (("x264-params", "mbtree=0"),),
    ),
    "hevc": Codec(
        "libx265", frozenset({MP4, ".m4v", MOV, MKV}), 18, "medium", _YUV420,
        # The number of frame threads, which follows the machine's cores, changes what x265 writes.
        (("x265-params", "log-level=error:frame-threads=2"), ("tag", "hvc1")),
    ),
    "vp9": Codec(
        "libvpx-vp9", frozenset({MP4, MKV, WEBM}), 24, "3",
        ("yuv420p", "yuv420p", "", ""), (("b", "0"), ("row-mt", "1")),
        aspect=False, worst_quality=63, preset_option="cpu-used",
    ),
    "av1": Codec(
        "libsvtav1", frozenset({MP4, MKV, WEBM}), 24, "8", ("yuv420p", "", "yuv420p10le", ""),
        aspect=False, worst_quality=63,
    ),
    "prores": Codec(
        "prores_ks", frozenset({MOV, MKV}), None, None, ("yuv422p10le",) * 4,
        (("profile", "3"),), full_range=False, aspect=False,
    ),
    "ffv1": Codec(
        "ffv1", frozenset({MKV}), None, None, ("yuv444p", "yuv444p", "yuv444p10le", "yuv444p10le"),
        (("level", "3"), ("slices", "4"), ("slicecrc", "1")),
        aspect=False,
    ),
}  # fmt: skip


def check_output(
    output: Path,
    settings: OutputSettings,
    *,
    index: SourceIndex | None = None,
    size: tuple[int, int] | None = None,
) -> None:
    """Finds out before hours of work whether the result can be written.

    Args:
        index: the source, where it is known: its bit depth and size must suit the codec too.
        size: (width, height) of the result; the source's own when None.

    Raises:
        SettingsError: the suffix is no container, cannot hold the codec, or the codec the frames.
        OutputError: the folder is missing or cannot be written.
    """
    suffix = output.suffix.lower()
    if suffix not in CONTAINERS:
        raise SettingsError(
            f"{output.name} does not end like a video; use one of {', '.join(sorted(CONTAINERS))}."
        )
    codec = CODECS[settings.codec]
    if suffix not in codec.containers:
        fitting = [name for name, other in CODECS.items() if suffix in other.containers]
        raise SettingsError(
            f"A {suffix} file cannot hold {settings.codec}; use --codec {' or '.join(fitting)}, or "
            f"an output that ends in {' or '.join(sorted(codec.containers))}."
        )
    _require_choices(settings)
    if index is not None:
        _fitting_format(settings, size or (index.width, index.height), deep=index.bit_depth > 8)
        _require_aspect(output, settings, index)
    if not output.parent.is_dir():
        raise OutputError(f"There is no folder {output.parent}; make it first.")
    try:
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"Nothing can be written in {output.parent}: {error.strerror}."
        ) from error


def _require_choices(settings: OutputSettings) -> None:
    """Whether the encoder knows the quality and the preset that were asked for."""
    name, codec = settings.codec, CODECS[settings.codec]
    if settings.quality is not None:
        if codec.quality is None:
            raise SettingsError(f"{name} has no quality to choose; leave out --quality.")
        if settings.quality > codec.worst_quality:
            raise SettingsError(
                f"--quality {settings.quality} is beyond the scale of {name}; use 0 (best) to "
                f"{codec.worst_quality}."
            )
    if settings.preset is None:
        return
    if codec.preset is None:
        raise SettingsError(f"{name} has no presets; leave out --preset.")
    encoder = av.CodecContext.create(codec.encoder, "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 64, codec.formats[0]
    encoder.time_base = Fraction(1, 25)
    encoder.options = encoder_options(settings)
    try:
        encoder.open()
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SettingsError(
            f"{name} has no preset {settings.preset!r}; its default is {codec.preset!r}."
        ) from error


def encoder_options(settings: OutputSettings) -> dict[str, str]:
    """The encoder's own names and values of what was chosen."""
    codec = CODECS[settings.codec]
    options = {**dict(codec.options), "threads": THREADS}
    if codec.quality is not None:
        options["crf"] = str(codec.quality if settings.quality is None else settings.quality)
    if codec.preset is not None:
        options[codec.preset_option] = settings.preset or codec.preset
    return options


def _require_aspect(output: Path, settings: OutputSettings, index: SourceIndex) -> None:
    square = Fraction(index.sample_aspect_ratio) == 1
    if square or CODECS[settings.codec].aspect or output.suffix.lower() not in (MKV, WEBM):
        return
    raise SettingsError(
        f"The pixels of the source are not square, which {settings.codec} in {output.suffix} "
        "cannot say; use --codec h264 or hevc, or an output that ends in .mp4 or .mov."
    )


def _fitting_format(settings: OutputSettings, size: tuple[int, int], *, deep: bool) -> str:
    chosen = CODECS[settings.codec].pixel_format(size, deep=deep)
    if not chosen:
        fitting = [name for name, codec in CODECS.items() if codec.pixel_format(size, deep=deep)]
        raise SettingsError(
            f"{settings.codec} cannot hold frames of {size[0]}x{size[1]} with "
            f"{'more than 8' if deep else '8'} bits here; use --codec {' or '.join(fitting)}."
        )
    return chosen


def copied_streams(source: Path, index: SourceIndex, suffix: str) -> tuple[StreamInfo, ...]:
    """The source's sound and subtitle streams that a file with this suffix can hold as they are."""
    return tuple(info for info in index.streams if _holds(suffix, source, info))


def _holds(suffix: str, source: Path, info: StreamInfo) -> bool:
    """Whether a copy can be written, by trying: muxers refuse some codecs that they list."""
    if info.kind not in ("audio", "subtitle"):
        return False
    try:
        with (
            open_container(source) as origin,
            av.open(io.BytesIO(), "w", format=CONTAINERS[suffix.lower()]) as scratch,
        ):
            stream = origin.streams[info.index]
            copy = scratch.add_stream_from_template(stream)
            scratch.start_encoding()
            if info.kind == "audio":  # Subtitles may begin late; looking for one reads it all.
                packet = next(packet for packet in origin.demux(stream) if packet.dts is not None)
                packet.stream = copy
                scratch.mux(packet)
    except (av.FFmpegError, ValueError, StopIteration):
        return False
    return True


def write_video(
    frames: Iterable[np.ndarray],
    target: Path,
    *,
    source: Path,
    index: SourceIndex,
    start: int,
    stop: int,
    output: OutputSettings,
    on_frame: Callable[[int], None] = lambda done: None,
) -> tuple[str, ...]:
    """Encodes frames [start, stop) of a job into ``target``; returns notes for the person.

    Frame ``start`` gets the source's first timestamp. Sound, subtitles, chapters and metadata are
    copied packet by packet, cut to the range.

    Args:
        frames: (H, W, 3) RGB uint8 or uint16 each.
        target: file to write; its suffix names the container. It is removed when this fails.
        source, index: the video that gives timestamps and other streams.
        on_frame: called with the number of frames that are encoded, in the caller's thread.

    Raises:
        OutputError: no space is left, or the encoder refuses.
    """
    _require_aspect(target, output, index)
    try:
        with (
            open_container(source) as origin,
            av.open(
                inert_name(target),
                "w",
                format=CONTAINERS[target.suffix.lower()],
                options=BIT_EXACT,
                container_options=_container_options(target, index),
            ) as result,
        ):
            copied = copied_streams(source, index, target.suffix) if output.audio == "keep" else ()
            writer = _Writer(source, origin, result, index, start, stop, output, copied)
            return writer.write(iter(frames), on_frame)
    except (av.FFmpegError, OSError) as error:
        target.unlink(missing_ok=True)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"No space is left for {target.name}; all finished frames are kept. Free some "
                "space and run the same command again."
            ) from error
        raise OutputError(
            f"{target.name} could not be encoded as {output.codec} ({error}); try another --codec."
        ) from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


class _Writer:
    """One output file in the making."""

    def __init__(
        self,
        source: Path,
        origin: InputContainer,
        result: OutputContainer,
        index: SourceIndex,
        start: int,
        stop: int,
        output: OutputSettings,
        copied: tuple[StreamInfo, ...],
    ) -> None:
        self.source, self.origin, self.result = source, origin, result
        self.index, self.start, self.stop = index, start, stop
        self.output, self.copied = output, copied
        self.codec = CODECS[output.codec]
        self.full_range = index.full_range and self.codec.full_range
        self.notes: list[str] = []
        self.shift = index.pts[start] - index.pts[0]

    def write(
        self, frames: Iterator[np.ndarray], on_frame: Callable[[int], None]
    ) -> tuple[str, ...]:
        first = next(frames)
        video = self._add_video(first)
        copies = self._add_copies() if self.output.audio == "keep" else {}
        self._copy_metadata()
        packets = _Lookahead(self._copied_packets(copies))
        with closing(ahead(self._encodable(_chain(first, frames), video.pix_fmt))) as encodable:
            for done, frame in enumerate(encodable, start=1):
                for packet in packets.before(frame.pts * self.index.seconds_per_unit):
                    self.result.mux(packet)
                self._mux_picture(video.encode(frame))
                on_frame(done)
        self._mux_picture(video.encode(None))
        for packet in packets.rest():
            self.result.mux(packet)
        return tuple(self.notes)

    def _encodable(self, frames: Iterator[np.ndarray], pixel_format: str) -> Iterator[VideoFrame]:
        """The frames as the encoder takes them: in its colours, with their timestamps."""
        graph = None
        for number, pixels in enumerate(frames, start=self.start):
            raw = VideoFrame.from_ndarray(
                pixels, format="rgb24" if pixels.dtype == np.uint8 else "rgb48le"
            )
            raw.pts = self.index.pts[number] - self.shift
            raw.time_base = self.index.seconds_per_unit
            graph = graph or encoding_graph(
                raw,
                self.index.seconds_per_unit,
                matrix=self.index.matrix,
                full_range=self.full_range,
                pixel_format=pixel_format,
            )
            graph.push(raw)
            frame = graph.pull()
            frame.pts, frame.time_base = raw.pts, raw.time_base
            # ProRes takes its tags from the frames, the other encoders from the context.
            frame.color_primaries = self.index.colour_primaries
            frame.color_trc = self.index.colour_transfer
            frame.pict_type = 0
            yield frame

    def _mux_picture(self, packets: list[Packet]) -> None:
        """Gives packets their durations, which encoders forget, and muxes them."""
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.get(packet.pts, packet.duration or 0)
            self.result.mux(packet)

    def _add_video(self, first: np.ndarray) -> VideoStream:
        height, width = first.shape[:2]
        deep = first.dtype != np.uint8
        pixel_format = _fitting_format(self.output, (width, height), deep=deep)
        if pixel_format != self.codec.pixel_format((2, 2), deep=deep):
            self.notes.append(
                f"The size {width}x{height} is odd, so colour is stored at full resolution "
                "(4:4:4); some players cannot show it. An even --size avoids that."
            )
        stream = self.result.add_stream(
            self.codec.encoder,
            rate=Fraction(self.index.average_rate),
            options=encoder_options(self.output),
        )
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        context.time_base = self.index.seconds_per_unit
        stream.time_base = self.index.seconds_per_unit
        context.sample_aspect_ratio = Fraction(self.index.sample_aspect_ratio)
        context.colorspace = matrix_code(self.index.matrix)
        context.color_range = 2 if self.full_range else 1
        context.color_primaries = self.index.colour_primaries
        context.color_trc = self.index.colour_transfer
        self._durations = {
            self.index.pts[number] - self.shift: self.index.boundary(number + 1)
            - self.index.pts[number]
            for number in range(self.start, self.stop)
        }
        return stream

    def _add_copies(self) -> dict[int, Stream]:
        """Output streams for the source streams that this container can hold, by source index."""
        copies: dict[int, Stream] = {}
        for info in self.index.streams:
            stream = self.origin.streams[info.index]
            if info not in self.copied:
                self.notes.append(self._left_out(info))
                continue
            copy = self.result.add_stream_from_template(stream)
            copy.metadata.update(stream.metadata)
            copy.disposition = stream.disposition
            copies[info.index] = copy
        return copies

    def _left_out(self, info: StreamInfo) -> str:
        holding = [
            suffix for suffix in sorted(self.codec.containers) if _holds(suffix, self.source, info)
        ]
        remedy = f" An output that ends in {' or '.join(holding)} can." if holding else ""
        return (
            f"One {KIND_NAMES.get(info.kind, info.kind)} stream ({info.codec}) is left out: "
            f"{self.result.format.name} cannot hold a copy of it.{remedy}"
        )

    def _copy_metadata(self) -> None:
        container_own = {"major_brand", "minor_version", "compatible_brands", "encoder"}
        self.result.metadata.update(
            {key: value for key, value in self.origin.metadata.items() if key not in container_own}
        )
        chapters = self.origin.chapters()
        if chapters and (self.start, self.stop) == (0, self.index.frame_count):
            self.result.set_chapters(chapters)

    def _copied_packets(self, copies: dict[int, Stream]) -> Iterator[tuple[Fraction, Packet]]:
        """(time in seconds, packet) of the copied streams within the range, in file order."""
        if not copies:
            return
        unit = self.index.seconds_per_unit
        whole = (self.start, self.stop) == (0, self.index.frame_count)
        begin = self.index.pts[self.start] * unit
        end = self.index.boundary(self.stop) * unit
        for packet in self.origin.demux([self.origin.streams[number] for number in copies]):
            if packet.dts is None or packet.pts is None:
                continue
            time = packet.pts * Fraction(packet.time_base)
            if not whole and not begin <= time < end:
                continue
            shift = round(self.shift * unit / Fraction(packet.time_base))
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = copies[packet.stream.index]
            yield time - self.shift * unit, packet


class _Lookahead:
    """Packets given out up to a moment, so that streams are interleaved as they play."""

    def __init__(self, packets: Iterator[tuple[Fraction, Packet]]) -> None:
        self._packets = packets
        self._next = next(packets, None)

    def before(self, time: Fraction) -> Iterator[Packet]:
        while self._next is not None and self._next[0] <= time:
            packet = self._next[1]
            self._next = next(self._packets, None)
            yield packet

    def rest(self) -> Iterator[Packet]:
        while self._next is not None:
            packet = self._next[1]
            self._next = next(self._packets, None)
            yield packet


def _chain(first: np.ndarray, rest: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from rest


def _container_options(target: Path, index: SourceIndex) -> dict[str, str]:
    if target.suffix.lower() not in (MP4, ".m4v", MOV):
        return {}
    # A start that is not 0 is written in units of the movie's time scale: milliseconds by default.
    unit = index.seconds_per_unit.denominator
    return {"movflags": "+faststart", "movie_timescale": str(unit * ceil(1000 / unit))}
