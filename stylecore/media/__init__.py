"""Bytes to frames and back: safe opening, the frame index, exact reading, writing, verification."""

from stylecore.media.animations import is_animation
from stylecore.media.ffmpeg import find_ffmpeg, run_ffmpeg, split_to_disk
from stylecore.media.files import discard, hidden_beside, publish, require_free
from stylecore.media.index import SourceIndex, StreamInfo
from stylecore.media.names import frame_files, is_sequence, place_of, wants_folder
from stylecore.media.opening import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    open_container,
    require_file,
)
from stylecore.media.results import is_exact
from stylecore.media.sources import check_source, index_source, read_frames
from stylecore.media.stills import check_picture_name, read_picture, write_picture
from stylecore.media.streams import fitting_name
from stylecore.media.targets import check_output, estimated_bytes, wants_alpha, write_frames
from stylecore.media.verify import Verification, verify_frames

__all__ = [
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "SourceIndex",
    "StreamInfo",
    "Verification",
    "check_output",
    "check_picture_name",
    "check_source",
    "discard",
    "estimated_bytes",
    "find_ffmpeg",
    "fitting_name",
    "frame_files",
    "hidden_beside",
    "index_source",
    "is_animation",
    "is_exact",
    "is_sequence",
    "open_container",
    "place_of",
    "publish",
    "read_frames",
    "read_picture",
    "require_file",
    "require_free",
    "run_ffmpeg",
    "split_to_disk",
    "verify_frames",
    "wants_alpha",
    "wants_folder",
    "write_frames",
    "write_picture",
]
