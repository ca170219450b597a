"""Which streams a video file holds, and which of them is the picture."""

from collections.abc import Iterator
from pathlib import Path

from av.container import InputContainer
from av.stream import AttachmentStream, Disposition, Stream
from av.video.stream import VideoStream

from stylecore.errors import MediaError
from stylecore.media.index import UNKNOWN_CODEC, StreamInfo
from stylecore.media.reading.timecode import has_timecode


def picture_stream(path: Path, container: InputContainer) -> VideoStream:
    """The stream with the picture: the default one of those that are no cover art, else the first.

    Raises:
        MediaError: there is none, or none that can be decoded.
    """
    pictures = moving_pictures(container)
    decodable = [stream for stream in pictures if stream.codec_context is not None]
    if decodable:
        chosen = (one for one in decodable if one.disposition & Disposition.default)
        return next(chosen, decodable[0])
    if pictures:
        raise MediaError(
            f"The picture of {path.name} is coded in a way that is not known here, or its header "
            "is damaged; convert it to .mp4 first."
        )
    kinds = " and ".join(sorted({stream.type or "data" for stream in container.streams}))
    raise MediaError(f"{path.name} has no picture, only {kinds or 'no streams'}; give a video.")


def moving_pictures(container: InputContainer) -> list[VideoStream]:
    """All video streams of a file but cover art, in their order."""
    return [stream for stream in container.streams.video if not is_cover(stream)]


def is_cover(stream: Stream) -> bool:
    """Whether a stream is a still that belongs to the file, like the cover of an album."""
    return bool(stream.disposition & Disposition.attached_pic)


def other_streams(container: InputContainer, picture: VideoStream) -> Iterator[StreamInfo]:
    """Every stream of a file but its picture, in their order."""
    for stream in container.streams:
        if stream is not picture:
            codec = stream.codec_context.name if stream.codec_context else UNKNOWN_CODEC
            codec = stream.mimetype if isinstance(stream, AttachmentStream) else codec
            yield StreamInfo(
                index=stream.index,
                kind=_kind_of(stream),
                codec=codec,
                language=stream.metadata.get("language", ""),
            )


def _kind_of(stream: Stream) -> str:
    """FFmpeg's type of a stream; "cover" and "timecode" are ours."""
    if is_cover(stream):
        return "cover"
    if stream.type in ("data", None):
        return "timecode" if has_timecode(stream.metadata) else "data"
    return str(stream.type)
