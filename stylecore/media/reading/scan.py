"""Decoding a whole video file once, and what is found by it."""

from dataclasses import dataclass, field
from pathlib import Path

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from stylecore.media.opening import check_count, check_size
from stylecore.media.reading.decoder import alpha_decoder, decoding_context
from stylecore.media.reading.planes import is_transparent, picture_checksum
from stylecore.media.reading.side_data import caption_checksum
from stylecore.settings import SourceSettings


@dataclass(frozen=True)
class OpenedVideo:
    """A video file that is open to be indexed, and what was chosen about it."""

    path: Path
    container: InputContainer
    stream: VideoStream
    """The picture."""
    settings: SourceSettings
    max_megapixels: float

    @property
    def format_name(self) -> str:
        """Of the container, as FFmpeg has it."""
        return str(self.container.format.name)

    @property
    def decoder(self) -> str:
        """``SourceIndex.decoder``."""
        return alpha_decoder(self.stream)


@dataclass
class Scan:
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
        """Takes the facts of the next frame in order of presentation."""
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


def scan(video: OpenedVideo, *, one_thread: bool) -> Scan:
    """Demuxes the file and decodes its picture, from the beginning to the end.

    Raises:
        MediaError: a frame is too large, or there are too many.
    """
    found = Scan()
    context = decoding_context(
        video.stream, video.decoder, video.max_megapixels * 1e6, one_thread=one_thread
    )
    try:
        _pass_over(video, context, found)
    except av.FFmpegError:
        found.failures += 1
    return found


def _pass_over(video: OpenedVideo, context: VideoCodecContext, found: Scan) -> None:
    """Adds the facts of every packet and frame to ``found``."""
    for packet in video.container.demux():
        if packet.pts is not None and packet.duration is not None and packet.time_base:
            end = float((packet.pts + packet.duration) * packet.time_base)
            found.end_seconds = max(found.end_seconds, end)
        if packet.stream is not video.stream:
            found.damaged_sound |= packet.is_corrupt
            continue
        found.packets += packet.size > 0
        try:
            frames = context.decode(packet)
        except av.FFmpegError:
            found.failures += 1
            continue
        for frame in frames:
            found.add(frame)
            check_size(video.path.name, frame.width, frame.height, video.max_megapixels)
        check_count(video.path.name, len(found.pts), video.settings.max_hours)
