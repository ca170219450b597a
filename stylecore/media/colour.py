"""Between YUV and RGB: the matrix and range are decided once and used in both directions.

ffmpeg's defaults convert with BT.601 whatever the tags say, and round coarsely; that is a visible
shift of colour. So every conversion goes through a filter that names matrix, range and rounding.
"""

from fractions import Fraction
from itertools import pairwise

import av
import av.filter
import numpy as np
from av.video.frame import VideoFrame

from stylecore.media.tonemap import HLG, PQ

MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020"}
"""H.273 code points to the names of ffmpeg's scale filter."""
HD_HEIGHT, HD_WIDTH = 720, 1280
ROUNDING = "accurate_rnd+full_chroma_int"


def tag_name(colour_range: int) -> str:
    """ "limited", "full" or "unspecified" for ffmpeg's code."""
    return {1: "limited", 2: "full"}.get(int(colour_range), "unspecified")


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the frame's transfer is PQ or HLG."""
    return int(frame.color_trc) in (PQ, HLG)


def decided_matrix(frame: VideoFrame) -> tuple[str, bool]:
    """Matrix by the frame's tag, else by its size as players do; and whether it was a guess."""
    code = int(frame.colorspace)
    if code in MATRICES:
        return MATRICES[code], False
    return usual_matrix(frame.width, frame.height), True


def usual_matrix(width: int, height: int) -> str:
    """The matrix that players take for pictures of this size, where nothing says another."""
    is_hd = max(width, height) >= HD_WIDTH or min(width, height) >= HD_HEIGHT
    return "bt709" if is_hd else "smpte170m"


def matrix_code(matrix: str) -> int:
    """H.273 code point of a matrix name."""
    return {name: code for code, name in MATRICES.items()}[matrix]


def decoding_graph(
    frame: VideoFrame,
    time_base: Fraction,
    *,
    matrix: str,
    full_range: bool,
    size: tuple[int, int],
    pixel_format: str,
    deinterlace: bool,
) -> av.filter.Graph:
    """Filters from decoded frames like ``frame`` to packed RGB of ``size`` = (width, height)."""
    width, height = size
    same_size = (frame.width, frame.height) == size
    options = f"w={width}:h={height}:flags={'neighbor' if same_size else 'area'}+{ROUNDING}"
    if not frame.format.is_rgb:
        options += f":in_color_matrix={matrix}:in_range={_range(full_range)}:out_range=pc"
    steps = [("scale", options), ("format", pixel_format)]
    if deinterlace:
        steps.insert(0, ("bwdif", "mode=send_frame:deint=interlaced"))
    return _graph(frame, time_base, steps)


def encoding_graph(
    frame: VideoFrame, time_base: Fraction, *, matrix: str, full_range: bool, pixel_format: str
) -> av.filter.Graph:
    """Filters from packed RGB frames like ``frame`` to what the encoder takes."""
    options = (
        f"flags=area+{ROUNDING}:in_range=pc:out_color_matrix={matrix}"
        f":out_range={_range(full_range)}"
    )
    return _graph(frame, time_base, [("scale", options), ("format", pixel_format)])


def packed_format(pixels: np.ndarray) -> str:
    """ffmpeg's name for (H, W, 3) RGB or (H, W, 4) RGBA of 8 or 16 bits."""
    names = ("rgb24", "rgb48le") if pixels.shape[2] == 3 else ("rgba", "rgba64le")
    return names[pixels.dtype != np.uint8]


def _range(full: bool) -> str:
    return "pc" if full else "tv"


def _graph(frame: VideoFrame, time_base: Fraction, steps: list[tuple[str, str]]) -> av.filter.Graph:
    graph = av.filter.Graph()
    nodes = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=time_base
        )
    ]
    nodes += [graph.add(name, options) for name, options in steps]
    nodes.append(graph.add("buffersink"))
    for source, sink in pairwise(nodes):
        source.link_to(sink)
    graph.configure()
    return graph
