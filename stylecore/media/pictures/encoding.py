"""One frame as the content of a picture file."""

import io
import struct
import zlib
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from PIL import Image

from stylecore.arrays.images import of_8_bits, with_channels
from stylecore.errors import OutputError
from stylecore.media.colour import packed_format
from stylecore.media.reading.profiles import srgb_profile

PNG_OPTIONS = (
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
)  # fmt: skip
"""For painterly frames as small as the slow settings of OpenCV's encoder."""

PNG_HEADER_BYTES = 8 + 25
"""The signature and the first chunk."""
TIFF_PROFILE, TIFF_BYTES = 34675, 7
"""Tag of an ICC profile, the last of those that FFmpeg writes, and the type of its content."""


def encoded_picture(pixels: np.ndarray, suffix: str, *, quality: int) -> bytes:
    """Encodes a picture; the file says, where its format can, that its colours are those of sRGB.

    Args:
        pixels: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16.
        suffix: names the format; BMP, JPEG and WebP have 8 bits, BMP and JPEG no opacity.
        quality: of JPEG and WebP, up to 100; WebP is lossless then.
    """
    if suffix == ".png":
        return _tagged_png(png_bytes(pixels))
    if suffix in (".tif", ".tiff"):
        return _tagged_tiff(_tiff_bytes(pixels))
    if suffix == ".webp":
        return webp_bytes(pixels, quality=quality, profile=srgb_profile())
    image = Image.fromarray(np.ascontiguousarray(with_channels(of_8_bits(pixels), 3)))
    if suffix == ".bmp":
        return _saved(image, "BMP")
    return _saved(image, "JPEG", quality=quality, subsampling="4:4:4", icc_profile=srgb_profile())


def png_bytes(pixels: np.ndarray) -> bytes:
    """Encodes (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16, as PNG.

    Raises:
        OutputError: OpenCV cannot.
    """
    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    encoded, data = cv2.imencode(".png", cv2.cvtColor(pixels, order), PNG_OPTIONS)
    if not encoded:
        raise OutputError("A frame could not be encoded as PNG.")
    return data.tobytes()


def webp_bytes(pixels: np.ndarray, *, quality: int, profile: bytes = b"") -> bytes:
    """Encodes (H, W, 3) RGB or (H, W, 4) RGBA as WebP with 8 bits; lossless at quality 100."""
    image = Image.fromarray(of_8_bits(pixels))
    lossless = quality == 100
    return _saved(
        image, "WEBP", quality=quality, lossless=lossless, exact=True, icc_profile=profile
    )


def _tagged_png(png: bytes) -> bytes:
    """With an ``sRGB`` chunk behind the header."""
    chunk = b"sRGB\0"
    tag = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:PNG_HEADER_BYTES] + tag + png[PNG_HEADER_BYTES:]


def _tagged_tiff(tiff: bytes) -> bytes:
    """With a profile in its directory, which is written again at the end of the file."""
    (offset,) = struct.unpack("<I", tiff[4:8])
    (count,) = struct.unpack("<H", tiff[offset : offset + 2])
    entries = tiff[offset + 2 : offset + 2 + 12 * count]
    profile = srgb_profile()
    start = len(tiff) + len(tiff) % 2
    content = tiff.ljust(start, b"\0") + profile
    tag = struct.pack("<HHII", TIFF_PROFILE, TIFF_BYTES, len(profile), start)
    directory = struct.pack("<H", count + 1) + entries + tag + bytes(4)
    return content[:4] + struct.pack("<I", len(content)) + content[8:] + directory


def _tiff_bytes(pixels: np.ndarray) -> bytes:
    """Through FFmpeg: Pillow has no 16 bits, and OpenCV does not say that the alpha is straight."""
    encoder = av.CodecContext.create("tiff", "w")
    assert isinstance(encoder, VideoCodecContext)
    frame = VideoFrame.from_ndarray(pixels, format=packed_format(pixels))
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base = Fraction(1)
    encoder.options = {"compression_algo": "deflate"}
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
