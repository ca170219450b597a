"""A small video for a page: few bytes, plays in browsers, quick to jump about in."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TICKS = 90_000
"""Units of a second that its frames are timed in."""
QUALITY = 27
MOST_BITS = 3_000_000
"""A second."""
KEYFRAME_EVERY = 12
"""Frames; a jump decodes so many at most."""


def write_proxy(
    frames: Iterable[tuple[float, np.ndarray]],
    path: Path,
    *,
    size: tuple[int, int],
    rate: Fraction,
    most_bits: float,
) -> None:
    """Writes an H.264 video without sound.

    Args:
        frames: (seconds at which it is shown, (H, W, 3) uint8 RGB), in order.
        path: of the new file, ``.mp4``.
        size: (width, height) of the frames, both even.
        rate: frames a second on average.
        most_bits: a second, at most.

    Raises:
        OSError: it cannot be written.
    """
    bits = str(int(min(most_bits, MOST_BITS)))
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.options = {
            "crf": str(QUALITY), "preset": "veryfast", "maxrate": bits, "bufsize": bits,
            "g": str(KEYFRAME_EVERY), "bf": "0", "colorprim": "bt709",
            "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv",
        }  # fmt: skip
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS)
        for seconds, pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame = frame.reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = round(seconds * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
