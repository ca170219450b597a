"""Setting up the decoder of a picture, alike for the index and for every later reading."""

from collections.abc import Iterator

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from stylecore.media.index import SourceIndex
from stylecore.media.opening import decoder_limit

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""ffmpeg's own decoders of these codecs lose the transparency."""


def alpha_decoder(stream: VideoStream) -> str:
    """Name of the decoder that a stream with transparency beside its picture needs, else ""."""
    marked = stream.metadata.get("alpha_mode", stream.metadata.get("ALPHA_MODE")) == "1"
    return ALPHA_DECODERS.get(stream.codec_context.name, "") if marked else ""


def decoding_context(
    stream: VideoStream, decoder: str, pixels: float, *, one_thread: bool
) -> VideoCodecContext:
    """Sets up the decoder of a stream.

    Args:
        stream: the picture.
        decoder: name of the decoder; "" for the stream's own.
        pixels: that a picture may have, see ``decoder_limit``.
        one_thread: decode damage alike each time.
    """
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


def decode_leniently(
    container: InputContainer, stream: VideoStream, index: SourceIndex
) -> Iterator[VideoFrame | None]:
    """Decodes all frames from here to the end; None for a packet that does not decode."""
    context = decoding_context(
        stream, index.decoder, index.coded_pixels, one_thread=index.patched_up
    )
    for packet in container.demux(stream):
        try:
            yield from context.decode(packet)
        except av.FFmpegError:
            yield None
