"""What decoders give beside the pixels of a frame."""

import zlib

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame


def captions_of(frame: VideoFrame) -> bytes:
    """The closed captions that came with a decoded frame, in pieces of 3 bytes; mostly none."""
    data = frame.side_data.get(Type.A53_CC)
    return bytes(data) if data is not None else b""


def caption_checksum(frame: VideoFrame) -> int:
    """CRC-32 of a frame's captions; 0 for none."""
    return zlib.crc32(captions_of(frame))
