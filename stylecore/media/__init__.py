"""Bytes to frames and back: safe opening, the frame index, exact reading, writing, verification."""

from stylecore.media.ffmpeg import ffmpeg_version, find_ffmpeg, run_ffmpeg, split_to_disk
from stylecore.media.files import STEM_LENGTH, as_utf8, publish, require_utf8
from stylecore.media.index import SourceIndex, StreamInfo
from stylecore.media.opening import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    open_container,
    require_file,
)
from stylecore.media.sources import check_source, index_source, read_frames
from stylecore.media.stills import check_picture_name, read_picture, write_picture
from stylecore.media.streams import fitting_name
from stylecore.media.targets import (
    check_output,
    estimated_bytes,
    usual_suffix,
    wants_alpha,
    write_frames,
)
from stylecore.media.verify import Verification, verify_frames

__all__ = [
    "PICTURE_SUFFIXES",
    "STEM_LENGTH",
    "VIDEO_SUFFIXES",
    "SourceIndex",
    "StreamInfo",
    "Verification",
    "as_utf8",
    "check_output",
    "check_picture_name",
    "check_source",
    "estimated_bytes",
    "ffmpeg_version",
    "find_ffmpeg",
    "fitting_name",
    "index_source",
    "open_container",
    "publish",
    "read_frames",
    "read_picture",
    "require_file",
    "require_utf8",
    "run_ffmpeg",
    "split_to_disk",
    "usual_suffix",
    "verify_frames",
    "wants_alpha",
    "write_frames",
    "write_picture",
]
