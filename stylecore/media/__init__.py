"""Bytes to frames and back: safe opening, the frame index, exact reading, writing, verification."""

from stylecore.media.ffmpeg import find_ffmpeg, run_ffmpeg, split_to_disk
from stylecore.media.files import publish
from stylecore.media.index import SourceIndex, StreamInfo, index_source
from stylecore.media.opening import (
    MAX_PIXELS,
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    open_container,
    require_file,
)
from stylecore.media.reader import read_frames
from stylecore.media.stills import check_picture_name, read_picture, write_picture
from stylecore.media.verify import Verification, verify_video
from stylecore.media.writer import check_output, write_video

__all__ = [
    "MAX_PIXELS",
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "SourceIndex",
    "StreamInfo",
    "Verification",
    "check_output",
    "check_picture_name",
    "find_ffmpeg",
    "index_source",
    "open_container",
    "publish",
    "read_frames",
    "read_picture",
    "require_file",
    "run_ffmpeg",
    "split_to_disk",
    "verify_video",
    "write_picture",
    "write_video",
]
