"""What decoders give beside the pixels of a frame."""

import struct
import zlib

from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame

from stylecore.media.index import Sphere

FLAT = 0
"""The kind of stereo that is none."""
INVERTED = 1
"""Flag of stereo: the right eye's view comes first."""


OF_PNG = ("rgb", "gray", "ya", "pal8", "mono")
"""Beginnings of the names of PNG's pixel formats. A colour profile of a PNG has a name, which PyAV
(18.1) frees twice once any side data of the frame has been looked at."""


def captions_of(frame: VideoFrame) -> bytes:
    """The closed captions that came with a decoded frame, in pieces of 3 bytes; mostly none."""
    data = _side_data(frame, Type.A53_CC)
    return bytes(data) if data is not None else b""


def caption_checksum(frame: VideoFrame) -> int:
    """CRC-32 of a frame's captions; 0 for none."""
    return zlib.crc32(captions_of(frame))


def sphere_of(frame: VideoFrame) -> Sphere | None:
    """Reads how a decoded frame surrounds the viewer; None where it is flat."""
    data = _side_data(frame, Type.SPHERICAL)
    if data is None:
        return None
    projection, yaw, pitch, roll, left, top, right, bottom, padding = struct.unpack(
        "=4i5I", bytes(data)[:36]
    )
    return Sphere(projection=projection, yaw=yaw, pitch=pitch, roll=roll,
                  bounds=(left, top, right, bottom), padding=padding)  # fmt: skip


def stereo_of(frame: VideoFrame) -> tuple[int, bool] | None:
    """How a view for each eye lies in a decoded frame, and whether the right one comes first."""
    data = _side_data(frame, Type.STEREO3D)
    if data is None:
        return None
    kind, flags = struct.unpack("=2i", bytes(data)[:8])
    return None if kind == FLAT else (kind, bool(flags & INVERTED))


def _side_data(frame: VideoFrame, kind: Type) -> SideData | None:
    """What a decoder gives of one kind.

    Nothing of PNG's frames, which are not asked, and nothing where there is some of a kind that
    PyAV (18.1) does not know, since it then gives none at all: tags of cameras in Motion JPEG, say.
    """
    if frame.format.name.startswith(OF_PNG):
        return None
    try:
        return frame.side_data.get(kind)
    except ValueError:
        return None
