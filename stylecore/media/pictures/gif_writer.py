"""GIF, each frame with the 256 colours that suit it.

FFmpeg chooses the colours, Pillow packs the indices, and the blocks around them are written here:
FFmpeg's encoder loses the transparency of some frames, and leaves opaque frames to be seen through
the holes of the next. Specification: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
"""

import io
import struct
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.filter
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from stylecore.arrays.images import of_8_bits
from stylecore.media.colour import packed_format
from stylecore.media.reading.gif import COLOURS_FOLLOW, END

HUNDREDTH = Fraction(1, 100)
DITHER = "sierra2_4a"
"""Diffuses the error of the colours; the nearest to the picture of those that FFmpeg has."""
HEADER = b"GIF89a"
REPEATED = b"!\xff\x0bNETSCAPE2.0\x03\x01"
"""Beginning of the block that says how often an animation is played again, 0 for without end."""
HAS_HOLES, LEFT, CLEARED = 1, 1 << 2, 2 << 2
"""Flags of a frame: one index is transparent; when its time is over it is left or cleared."""


def write_gif(
    frames: Iterable[np.ndarray],
    target: Path,
    times: Sequence[int],
    on_frame: Callable[[int], None],
    *,
    plays: int,
) -> None:
    """Encodes every frame whole, with a palette of its own.

    Args:
        frames: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16; opacity below half is none.
        times: hundredths of a second, when each frame begins and the last one ends.
        on_frame: called with the number of frames that are written.
        plays: how often the animation is played, up to ``PictureFormat.most_plays``; 0 for
            without end.
    """
    durations = [end - begin for begin, end in pairwise(times)]
    graph: av.filter.Graph | None = None
    with target.open("wb") as file:
        for done, (pixels, duration) in enumerate(zip(frames, durations, strict=True), start=1):
            packed = np.ascontiguousarray(of_8_bits(pixels))
            frame = VideoFrame.from_ndarray(packed, format=packed_format(packed))
            frame.pts, frame.time_base = done, HUNDREDTH
            if graph is None:
                graph = _palette_graph(frame)
                file.write(HEADER + struct.pack("<HHBBB", frame.width, frame.height, 0, 0, 0))
                if plays != 1:
                    file.write(REPEATED + struct.pack("<Hx", max(plays - 1, 0)))
            graph.push(frame)
            file.write(_blocks(graph.pull(), duration))
            on_frame(done)
        file.write(END)


def _blocks(frame: VideoFrame, duration: int) -> bytes:
    """A frame of indices with its colours and its time, in hundredths of a second."""
    indices, colours = frame.to_ndarray()
    (transparent,) = np.nonzero(colours[:, 0] == 0)
    flags = CLEARED | HAS_HOLES if len(transparent) else LEFT
    hole = int(transparent[0]) if len(transparent) else 0
    control = b"!\xf9\x04" + struct.pack("<BHBx", flags, duration, hole)
    return control + _image_block(indices, colours[:, 1:])


def _image_block(indices: np.ndarray, colours: np.ndarray) -> bytes:
    """(H, W) uint8 and (256, 3) RGB as a block with a table of colours of its own."""
    image = Image.fromarray(indices, "P")
    image.putpalette(colours.tobytes())
    file = io.BytesIO()
    image.save(file, "GIF", interlace=0, optimize=False)
    table, still = colours.tobytes(), file.getvalue()
    offset = len(HEADER) + 7 + len(table)
    head, packed = still[offset : offset + 9], still[offset + 10 : -len(END)]
    return head + bytes([COLOURS_FOLLOW | 7]) + table + packed


def _palette_graph(frame: VideoFrame) -> av.filter.Graph:
    """Filters from packed RGB or RGBA like ``frame`` to a palette of its own for every frame."""
    transparent = int(frame.format.name == "rgba")
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=HUNDREDTH
    )
    both = graph.add("split")
    palette = graph.add("palettegen", f"stats_mode=single:reserve_transparent={transparent}")
    used = graph.add("paletteuse", f"new=1:dither={DITHER}")
    sink = graph.add("buffersink")
    source.link_to(both)
    both.link_to(used, 0, 0)
    both.link_to(palette, 1, 0)
    palette.link_to(used, 0, 1)
    used.link_to(sink)
    graph.configure()
    return graph
