"""One picture: a still, or a frame of a moving source, which is written ``clip.mp4@48``."""

import os
import re
from pathlib import Path

import numpy as np

from stylecore.errors import MediaError
from stylecore.media.excerpt import Excerpt
from stylecore.media.names import PICTURE_SUFFIXES, VIDEO_SUFFIXES, is_sequence
from stylecore.media.opening import require_file
from stylecore.media.pictures.stills import read_pixels
from stylecore.media.sources import index_source, is_moving, read_frames
from stylecore.settings import SourceSettings

FRAME_OF = re.compile(r"(?s)(.+)@(\d{1,9})")
STILL_SUFFIXES = PICTURE_SUFFIXES | {".gif", ".apng"}
"""Of files that can be read as a still, of an animation its first frame."""
AS_SEEN = SourceSettings(hdr="tonemap", allow_damaged=True)
"""A single frame is looked at: high dynamic range is brought into the standard range, and damage
elsewhere in the file does not matter."""


def named_frame(path: Path) -> tuple[Path, int] | None:
    """``clip.mp4@48`` as the source and the frame's number; None for any other name.

    A file that has such a name itself is that file.
    """
    match = FRAME_OF.fullmatch(str(path))
    if match is None or os.path.lexists(path):
        return None
    return Path(match[1]), int(match[2])


def read_single(path: Path, *, max_megapixels: float) -> np.ndarray:
    """A still, or the frame of a moving source that ``SOURCE@NUMBER`` names, from 0.

    Args:
        path: a picture, or a video, an animation, a folder of frames or a pattern with ``@NUMBER``.
        max_megapixels: larger pictures are refused.

    Returns:
        (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16, upright and in the colours of sRGB.

    Raises:
        MediaError: it cannot be read, is a video and no frame is named, or has no such frame.
    """
    named = named_frame(path)
    if named is None:
        if is_sequence(path) or path.suffix.lower() in VIDEO_SUFFIXES - STILL_SUFFIXES:
            raise MediaError(
                f"{path} holds many frames; say which one is meant by its number, like {path}@0."
            )
        return read_pixels(path, max_megapixels=max_megapixels)
    source, number = named
    if not is_sequence(source):
        require_file(source)
    if not is_moving(source):
        raise MediaError(f"{source} is one picture and has no frame {number}; leave out @{number}.")
    index = index_source(source, AS_SEEN, max_megapixels=max_megapixels)
    if number >= index.frame_count:
        raise MediaError(
            f"{source} has no frame {number}: it has {index.frame_count}, numbered from 0."
        )
    excerpt = Excerpt(source, index, number, number + 1)
    return next(read_frames(excerpt, alpha=index.alpha))
