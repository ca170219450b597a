"""Encodes frames at the source's timestamps and muxes everything else of the source beside them.

Encoded pictures and copied packets go into one file in one pass, since every detour through a
second container moves sound against picture by some milliseconds. The same frames give the same
bytes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from stylecore.errors import OutputError
from stylecore.media.colour import matrix_code
from stylecore.media.excerpt import Excerpt
from stylecore.media.files import not_written
from stylecore.media.index import SourceIndex
from stylecore.media.opening import inert_name, open_container
from stylecore.media.reading.packets import is_ruined
from stylecore.media.reading.timecode import moved
from stylecore.media.reading.yuv import yuv_frame
from stylecore.media.writing.captions import Captions, captions_in, keeps_captions, note_on_captions
from stylecore.media.writing.clock import Clock, encoding_unit
from stylecore.media.writing.codecs import CONTAINERS, M4V, MKV, MOV, MP4, codec_for, codec_name
from stylecore.media.writing.encoders import encoder_options, require_aspect
from stylecore.media.writing.immersive import add_immersion, notes_on_immersion, stereo_metadata
from stylecore.media.writing.pixel_formats import (
    MOST_BITS,
    bits_of,
    fitting_format,
    halves_colours,
    keeps_alpha,
)
from stylecore.media.writing.schedule import Schedule
from stylecore.media.writing.streams import (
    add_copy,
    add_cover_file,
    copied_streams,
    file_metadata,
    needed_delay,
    notes_on_left_out,
    stream_metadata,
)
from stylecore.runtime.prefetch import prefetch
from stylecore.settings import OutputSettings

BIT_EXACT = {"fflags": "+bitexact"}
"""No random identifiers and no times of creation in the file."""


def write_container(
    frames: Iterable[np.ndarray],
    target: Path,
    excerpt: Excerpt,
    encoding: OutputSettings,
    on_frame: Callable[[int], None],
) -> tuple[str, ...]:
    """Encodes frames into a video file and muxes copies beside them; see ``write_frames``."""
    require_aspect(target, encoding, excerpt.index)
    try:
        with ExitStack() as files:
            has_streams = excerpt.index.reader == "container"
            origin = files.enter_context(open_container(excerpt.path)) if has_streams else None
            result = files.enter_context(
                av.open(
                    inert_name(target),
                    "w",
                    format=CONTAINERS[target.suffix.lower()],
                    options=BIT_EXACT,
                    container_options=_container_options(target, encoding_unit(excerpt.index)),
                )
            )
            writer = _Writer(excerpt, origin, target, result, encoding)
            notes = writer.write(iter(frames), on_frame)
        add_immersion(target, excerpt.index)
        return notes
    except (av.FFmpegError, OSError) as error:
        target.unlink(missing_ok=True)
        if (refused := not_written(target, error)) is not None:
            raise refused from error
        raise OutputError(
            f"{target.name} could not be encoded as {codec_name(encoding, target.suffix)} "
            f"({error}); try another --codec."
        ) from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def take_over_notes(index: SourceIndex, pixel_format: str) -> list[str]:
    """What of the source's picture the format cannot hold, in sentences."""
    notes = []
    if index.alpha and not keeps_alpha(pixel_format):
        notes.append(
            "The transparency is left out; --codec vp9 in .webm or .mkv, prores in .mov and ffv1 "
            "in .mkv keep it, and so do .webp, .apng and folders of PNG files."
        )
    if halves_colours(pixel_format, index):
        notes.append(
            f"Colour is stored at a lower resolution than the source's ({pixel_format} for "
            f"{index.pixel_format}), as every player expects; --chroma source keeps it."
        )
    if index.plays not in (None, 1):
        often = f"{index.plays} times" if index.plays else "without end"
        notes.append(
            f"The source is played {often}, which video files cannot say; .gif, .apng and .webp "
            "can."
        )
    bits = bits_of(pixel_format)
    if index.bit_depth > bits:
        remedy = "" if bits == MOST_BITS else ", as every player expects; --bits 10 keeps more"
        notes.append(f"The source's {index.bit_depth} bits are rounded to {bits}{remedy}.")
    return notes


class _Writer:
    """One output file in the making."""

    def __init__(
        self,
        excerpt: Excerpt,
        origin: InputContainer | None,
        target: Path,
        result: OutputContainer,
        encoding: OutputSettings,
    ) -> None:
        self.excerpt, self.index, self.encoding = excerpt, excerpt.index, encoding
        self.origin, self.result = origin, result
        self.suffix = target.suffix.lower()
        self.codec = codec_for(encoding, self.suffix)
        self.copied = copied_streams(excerpt.path, excerpt.index, self.suffix, encoding)
        self.full_range = excerpt.index.full_range and self.codec.full_range
        self.captions: Captions | None = None
        self.notes: list[str] = []
        self.ruined = 0

    def write(
        self, frames: Iterator[np.ndarray], on_frame: Callable[[int], None]
    ) -> tuple[str, ...]:
        first = next(frames)
        video = self._add_video(first)
        copies = self._add_copies()
        self._copy_metadata()
        self.result.start_encoding()
        unit = Fraction(video.time_base)
        self.clock = Clock(unit, needed_delay(self.excerpt, self.suffix, self.copied, unit))
        self.schedule = Schedule(
            self.excerpt, self.clock, sums_decoding=self.suffix in (MP4, M4V, MOV)
        )
        if keeps_captions(self.encoding, self.suffix) and captions_in(self.excerpt):
            codec = codec_name(self.encoding, self.suffix)
            self.captions = Captions(self.excerpt, self.schedule.given, codec)
        packets = _Lookahead(self._copied_packets(copies))
        with closing(prefetch(self._encodable(_chain(first, frames), video.pix_fmt))) as encodable:
            for done, frame in enumerate(encodable, start=1):
                for packet in packets.before(self.schedule.seconds(frame.pts)):
                    self._mux_copy(packet)
                self.result.mux(self.schedule.placed(self._coded(video.encode(frame))))
                on_frame(done)
        self.result.mux(self.schedule.placed(self._coded(video.encode(None))))
        for packet in packets.rest():
            self._mux_copy(packet)
        if self.ruined:
            self.notes.append(
                f"{self.ruined} pieces of sound are damaged beyond copying and left out."
            )
        return tuple(self.notes)

    def _coded(self, packets: list[Packet]) -> Iterable[Packet]:
        return self.captions.added(packets) if self.captions else packets

    def _encodable(self, frames: Iterator[np.ndarray], pixel_format: str) -> Iterator[VideoFrame]:
        """The frames as the encoder takes them: in its colours, with their timestamps."""
        for pts, pixels in zip(self.schedule.given, frames, strict=True):
            frame = yuv_frame(
                pixels,
                matrix=self.index.result_matrix,
                full_range=self.full_range,
                pixel_format=pixel_format,
            )
            frame.pts, frame.time_base = pts, self.schedule.encoding_unit
            # ProRes takes its tags from the frames, the other encoders from the context.
            frame.colorspace = matrix_code(self.index.result_matrix)
            frame.color_range = 2 if self.full_range else 1
            frame.color_primaries = self.index.colour_primaries
            frame.color_trc = self.index.colour_transfer
            is_long = pts == self.schedule.given[-1] and self.schedule.ends_long
            frame.pict_type = PictureType.I if is_long else PictureType.NONE
            yield frame

    def _mux_copy(self, packet: Packet) -> None:
        try:
            self.result.mux(packet)
        except (av.InvalidDataError, av.ArgumentError) as error:
            raise OutputError(
                f"The sound or the subtitles of {self.excerpt.path.name} are damaged and cannot be "
                "copied; leave them out with --audio drop. All finished frames are kept."
            ) from error

    def _add_video(self, first: np.ndarray) -> VideoStream:
        height, width = first.shape[:2]
        chosen = fitting_format(self.encoding, self.suffix, (width, height), self.index)
        self.notes += take_over_notes(self.index, chosen)
        if self.encoding.audio == "keep" and not keeps_captions(self.encoding, self.suffix):
            self.notes += note_on_captions(self.index, codec_name(self.encoding, self.suffix))
        if chosen != fitting_format(self.encoding, self.suffix, (16, 16), self.index):
            self.notes.append(
                f"The size {width}x{height} is odd, so colour is stored at full resolution "
                "(4:4:4); some players cannot show it. An even --size avoids that."
            )
        stream = self.result.add_stream(
            self.codec.encoder,
            rate=Fraction(self.index.average_rate),
            options=encoder_options(self.encoding, self.suffix, chosen),
        )
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = width, height, chosen
        context.time_base = stream.time_base = encoding_unit(self.index)
        context.sample_aspect_ratio = Fraction(self.index.sample_aspect_ratio)
        context.colorspace = matrix_code(self.index.result_matrix)
        context.color_range = 2 if self.full_range else 1
        context.color_primaries = self.index.colour_primaries
        context.color_trc = self.index.colour_transfer
        if self.origin is not None:
            metadata = stream_metadata(self.origin.streams[self.index.stream])
            stream.metadata.update(moved(metadata, self.excerpt))
        stream.metadata.update(stereo_metadata(self.index, self.suffix))
        self.notes += notes_on_immersion(self.index, self.suffix, f"a {self.suffix} file")
        if keeps_alpha(chosen):
            stream.metadata["alpha_mode"] = "1"
        return stream

    def _add_copies(self) -> dict[int, Stream]:
        """Output streams for those of the source that are copied, by their index there."""
        if self.origin is None or self.encoding.audio == "drop":
            return {}
        copies: dict[int, Stream] = {}
        for info in self.copied:
            if info.kind == "cover" and self.suffix == MKV:
                add_cover_file(self.result, self.excerpt.path, info)
                continue
            copy = add_copy(self.result, self.origin.streams[info.index])
            copy.metadata.update(moved(copy.metadata, self.excerpt))
            copies[info.index] = copy
        left = [info for info in self.index.streams if info not in self.copied]
        self.notes += notes_on_left_out(self.excerpt.path, left, self.suffix, self.codec.containers)
        return copies

    def _copy_metadata(self) -> None:
        if self.origin is None:
            return
        self.result.metadata.update(moved(file_metadata(self.origin), self.excerpt))
        chapters = self.origin.chapters()
        if chapters and self.excerpt.whole:
            self.result.set_chapters(chapters)
        elif chapters:
            self.notes.append("The chapters are left out, since only a part of it is painted.")

    def _copied_packets(self, copies: dict[int, Stream]) -> Iterator[tuple[Fraction, Packet]]:
        """(time in seconds, packet) of the copied streams within the range, in file order."""
        kinds = {info.index: info.kind for info in self.copied}
        timed = [number for number in copies if kinds[number] != "attachment"]
        if self.origin is None or not timed:
            return
        shift = self.excerpt.shift
        begin, *_, end = (time + shift for time in self.excerpt.boundaries())
        units = {number: Fraction(self.origin.streams[number].time_base) for number in timed}
        placing = {number: self._placing(units[number], copies[number]) for number in timed}
        for packet in self.origin.demux([self.origin.streams[number] for number in timed]):
            number = packet.stream.index
            if kinds[number] == "cover" and packet.size:
                packet.pts = packet.dts = 0
                packet.stream = copies[number]
                yield begin, packet
            if packet.dts is None or packet.pts is None or kinds[number] == "cover":
                continue
            if is_ruined(packet):
                self.ruined += 1
                continue
            time = packet.pts * units[number]
            packet.stream = copies[number]
            if self.excerpt.whole or begin <= time < end:
                placing[number](packet)
                yield time - shift, packet

    def _placing(self, own: Fraction, copy: Stream) -> Callable[[Packet], None]:
        """Places packets, whose times count ``own`` seconds, on the clock of their stream."""
        unit = Fraction(copy.time_base)
        moment = Clock(unit, self.clock.delay).converter(own, self.excerpt.shift)
        length = Clock(unit).converter(own, Fraction(0))

        def place(packet: Packet) -> None:
            assert packet.pts is not None and packet.dts is not None
            packet.pts, packet.dts = moment(packet.pts), moment(packet.dts)
            packet.duration = length(packet.duration or 0)
            packet.time_base = unit

        return place


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


def _container_options(target: Path, unit: Fraction) -> dict[str, str]:
    if target.suffix.lower() not in (MP4, M4V, MOV):
        return {}
    # A start that is not 0 is written in units of the movie's time scale: milliseconds by default.
    scale = unit.denominator
    return {"movflags": "+faststart", "movie_timescale": str(scale * ceil(1000 / scale))}
