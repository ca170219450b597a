"""Facts of a decoded frame, taken from its planes before any colour is converted."""

import zlib

import numpy as np
from av.video.frame import VideoFrame

from stylecore.media.reading.yuv import plane_values

OPAQUE = 0.98
"""Lossy codecs blur alpha a little: what is above this is opaque."""
PACKED_ALPHA = {"rgba": 3, "bgra": 3, "argb": 0, "abgr": 0, "ya8": 1}
"""Position of the opacity among the bytes of a pixel, by FFmpeg's name of the format."""


def picture_checksum(frame: VideoFrame) -> int:
    """CRC-32 of a decoded frame's first plane (luma, or all of packed RGB), without row padding."""
    plane, layout = frame.planes[0], frame.format
    packed = len(frame.planes) == 1
    bits = layout.padded_bits_per_pixel if packed else 8 * (1 + (layout.components[0].bits > 8))
    row_bytes = frame.width * bits // 8
    rows = np.frombuffer(plane, np.uint8)[: frame.height * plane.line_size]
    picture = rows.reshape(frame.height, plane.line_size)[:, :row_bytes]
    return zlib.crc32(np.ascontiguousarray(picture).data)


def is_transparent(frame: VideoFrame) -> bool:
    """Whether any pixel of a decoded frame is clearly less than opaque."""
    opacity = _opacity(frame)
    if opacity is None:
        return False
    bits = frame.format.components[-1].bits
    return int(opacity.min()) < OPAQUE * (2**bits - 1)


def _opacity(frame: VideoFrame) -> np.ndarray | None:
    """(H, W) uint8 or uint16; None where the format has none."""
    name = frame.format.name
    if name.startswith(("yuva", "gbrap")):
        return plane_values(frame.planes[3], frame.format)
    if name in PACKED_ALPHA:
        channels = len(frame.format.components)
        values = np.frombuffer(frame.planes[0], np.uint8).reshape(-1, frame.planes[0].line_size)
        return values[: frame.height, PACKED_ALPHA[name] : channels * frame.width : channels]
    if name.startswith(("rgba64", "bgra64")):
        values = np.frombuffer(frame.planes[0], np.uint16)
        rows = values.reshape(-1, frame.planes[0].line_size // 2)
        opacity = rows[: frame.height, 3 : 4 * frame.width : 4]
        return opacity.byteswap() if name.endswith("be") else opacity
    return None
