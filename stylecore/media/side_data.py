"""What decoders give beside the pixels of a frame."""

import struct
import zlib

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from stylecore.media.index import Sphere

FLAT = 0
"""The kind of stereo that is none."""
INVERTED = 1
"""Flag of stereo: the right eye's view comes first."""


def captions_of(frame: VideoFrame) -> bytes:
    """The closed captions that came with a decoded frame, in pieces of 3 bytes; mostly none."""
    data = frame.side_data.get(Type.A53_CC)
    return bytes(data) if data is not None else b""


def caption_checksum(frame: VideoFrame) -> int:
    """CRC-32 of a frame's captions; 0 for none."""
    return zlib.crc32(captions_of(frame))


def sphere_of(frame: VideoFrame) -> Sphere | None:
    """How a decoded frame surrounds the viewer."""
    data = frame.side_data.get(Type.SPHERICAL)
    if data is None:
        return None
    projection, yaw, pitch, roll, left, top, right, bottom, padding = struct.unpack(
        "=4i5I", bytes(data)[:36]
    )
    return Sphere(projection=projection, yaw=yaw, pitch=pitch, roll=roll,
                  bounds=(left, top, right, bottom), padding=padding)  # fmt: skip


def stereo_of(frame: VideoFrame) -> tuple[int, bool] | None:
    """How a view for each eye lies in a decoded frame, and whether the right one comes first."""
    data = frame.side_data.get(Type.STEREO3D)
    if data is None:
        return None
    kind, flags = struct.unpack("=2i", bytes(data)[:8])
    return None if kind == FLAT else (kind, bool(flags & INVERTED))
