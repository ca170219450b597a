"""What a source says of its colours, decided once and used in both directions."""

import numpy as np
from av.video.frame import VideoFrame

PQ, HLG = 16, 18
"""Code points of ITU-T H.273 for transfer characteristics of high dynamic range."""
MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020"}
"""H.273 code points to the names of ffmpeg's scale filter."""
HD_HEIGHT, HD_WIDTH = 720, 1280


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


def packed_format(pixels: np.ndarray) -> str:
    """ffmpeg's name for (H, W, 3) RGB or (H, W, 4) RGBA of 8 or 16 bits."""
    names = ("rgb24", "rgb48le") if pixels.shape[2] == 3 else ("rgba", "rgba64le")
    return names[pixels.dtype != np.uint8]
