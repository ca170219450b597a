"""RGB to YUV and back, by the numbers of ITU-T H.273 and with one rounding.

ffmpeg's scaler (8.1) writes colours of the full range half a level too low, and reads sources of
more than 8 bits up to a level too dark; what it reads of 8 bits is right.
"""

from functools import lru_cache

import av
import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from stylecore.arrays.images import as_16_bits

WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020": (0.2627, 0.0593),
}
"""Shares of red and blue in luma, by the names of ffmpeg's scale filter (H.273, table 4)."""
WORK_BITS = 16
"""Levels of any depth are held as so many bits, shifted up."""
SEMI_PLANAR = {"nv12": "yuv420p", "p010le": "yuv420p10le"}
"""Formats of graphics cards, and those with the same values in a plane for each colour."""


def rgb_of(yuv: np.ndarray, *, matrix: str, full_range: bool, bit_depth: int) -> np.ndarray:
    """Converts YUV of any depth to RGB (ITU-T H.273, 8.3).

    Args:
        yuv: (H, W, 3) uint16, levels of ``bit_depth`` bits shifted up to 16.
        matrix: by the name that ffmpeg's filters know.
        full_range: whether black is 0 and white all ones.

    Returns:
        (H, W, 3) uint16 over the full range; colours that RGB does not have are clipped.
    """
    return cv2.transform(yuv, _to_rgb(matrix, full_range, bit_depth))


def yuv_frame(
    pixels: np.ndarray, *, matrix: str, full_range: bool, pixel_format: str
) -> VideoFrame:
    """Converts RGB to a frame in one of ``codecs.FORMATS`` or ``SEMI_PLANAR`` (ITU-T H.273, 8.3).

    Args:
        pixels: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16. Places that share a colour share
            its mean; where the last column or row has no partner, it is its own.
        matrix: by the name that ffmpeg's filters know.
        full_range: whether black becomes 0 and white all ones.
    """
    height, width = pixels.shape[:2]
    if pixel_format in SEMI_PLANAR:
        planar = yuv_frame(
            pixels, matrix=matrix, full_range=full_range, pixel_format=SEMI_PLANAR[pixel_format]
        )
        return planar.reformat(format=pixel_format)
    layout = VideoFormat(pixel_format, width, height)
    bits = layout.components[0].bits
    white = np.iinfo(pixels.dtype).max
    wide = pixels[..., :3].astype(np.uint16)
    yuv = cv2.transform(wide, _from_rgb(matrix, full_range, bits, white))
    across, down = shared(layout)
    colours = yuv[..., 1:]
    if (across, down) != (1, 1):
        colours = cv2.copyMakeBorder(
            colours, 0, height % down, 0, width % across, cv2.BORDER_REPLICATE
        )
        size = (colours.shape[1] // across, colours.shape[0] // down)
        colours = cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
    planes = [yuv[..., 0], colours[..., 0], colours[..., 1]]
    if len(layout.components) == 4:
        planes.append(as_16_bits(pixels[..., 3]))
    frame = VideoFrame(width, height, pixel_format)
    for plane, values in zip(frame.planes, planes, strict=True):
        _fill(plane, _rounded(values, bits))
    return frame


def with_whole_colours(frame: VideoFrame) -> VideoFrame:
    """Doubles the last column and row of a frame where a colour spans beyond them.

    ffmpeg's scaler would stretch the 81 colours of 161 columns over them. Formats whose names say
    the full range become those whose names do not, since the scaler obeys these names alone.
    """
    width, height = whole_size(frame.format)
    name = frame.format.name.replace("yuvj", "yuv")
    if (width, height, name) == (frame.width, frame.height, frame.format.name):
        return frame
    whole = VideoFrame(width, height, name)
    for plane, origin in zip(whole.planes, frame.planes, strict=True):
        values = plane_values(origin, frame.format)
        missing = (plane.height - values.shape[0], plane.width - values.shape[1])
        _fill(plane, np.pad(values, [(0, count) for count in missing], mode="edge"))
    whole.pts, whole.time_base = frame.pts, frame.time_base
    return whole


def whole_size(layout: VideoFormat) -> tuple[int, int]:
    """(width, height) of a picture with as many pixels as its colours belong to."""
    if not layout.name.startswith("yuv") or layout.is_big_endian or not layout.is_planar:
        return layout.width, layout.height
    across, down = shared(layout)
    return -(-layout.width // across) * across, -(-layout.height // down) * down


def shared(layout: VideoFormat) -> tuple[int, int]:
    """How many pixels share a colour, across and down."""
    if len(layout.components) < 3 or layout.is_rgb:
        return 1, 1
    return 16 // layout.chroma_width(16), 16 // layout.chroma_height(16)


def plane_values(plane: av.video.plane.VideoPlane, layout: VideoFormat) -> np.ndarray:
    """(H, W) uint8 or uint16 of a plane, without the padding of its rows."""
    values = np.frombuffer(plane, np.uint16 if layout.components[0].bits > 8 else np.uint8)
    return values.reshape(-1, plane.line_size // values.itemsize)[: plane.height, : plane.width]


def _fill(plane: av.video.plane.VideoPlane, values: np.ndarray) -> None:
    """Writes (H, W) into a plane of that size."""
    rows = np.frombuffer(plane, values.dtype).reshape(-1, plane.line_size // values.itemsize)
    rows[: values.shape[0], : values.shape[1]] = values


def _rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """uint16 to levels of so many bits."""
    shift = WORK_BITS - bits
    levels = cv2.add(values, 1 << (shift - 1)) >> shift
    return levels.astype(np.uint8 if bits == 8 else np.uint16)


@lru_cache(maxsize=16)
def _from_rgb(matrix: str, full_range: bool, bits: int, white: int) -> np.ndarray:
    """(3, 4): RGB up to ``white`` to levels of YUV, shifted up to 16 bits."""
    (red, blue), (luma, colour), (black, middle) = _scale(matrix, full_range, bits)
    rows = np.array(
        [
            [red, 1 - red - blue, blue],
            [-red / (2 - 2 * blue), (red + blue - 1) / (2 - 2 * blue), 0.5],
            [0.5, (red + blue - 1) / (2 - 2 * red), -blue / (2 - 2 * red)],
        ]
    )
    scaled = rows * np.array([[luma], [colour], [colour]]) / white
    return np.column_stack([scaled, [black, middle, middle]]).astype(np.float32)


@lru_cache(maxsize=16)
def _to_rgb(matrix: str, full_range: bool, bits: int) -> np.ndarray:
    """(3, 4): levels of YUV, shifted up to 16 bits, to RGB up to 65535."""
    (red, blue), (luma, colour), (black, middle) = _scale(matrix, full_range, bits)
    green = 1 - red - blue
    rows = np.array(
        [
            [1, 0, 2 - 2 * red],
            [1, -blue * (2 - 2 * blue) / green, -red * (2 - 2 * red) / green],
            [1, 2 - 2 * blue, 0],
        ]
    )
    scaled = rows / np.array([luma, colour, colour]) * (2**WORK_BITS - 1)
    return np.column_stack([scaled, -scaled @ [black, middle, middle]]).astype(np.float32)


def _scale(
    matrix: str, full_range: bool, bits: int
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Weights of red and blue; span of luma and of a colour; black and a colour's middle."""
    middle = 2.0 ** (WORK_BITS - 1)
    if full_range:
        span = float((2**bits - 1) << (WORK_BITS - bits))
        return WEIGHTS[matrix], (span, span), (0.0, middle)
    return WEIGHTS[matrix], (219 * 256.0, 224 * 256.0), (16 * 256.0, middle)
