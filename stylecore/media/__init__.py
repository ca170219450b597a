"""Demuxes, indexes and decodes sources; encodes, muxes and verifies results.

From below: the ground (``names``, ``files``, ``opening``, ``index``, ``excerpt``, ...),
``reading``, ``writing``, ``pictures``, the doors ``sources`` and ``targets``, ``verification``.
"""

from stylecore.media.excerpt import Excerpt
from stylecore.media.ffmpeg import ffmpeg_version, find_ffmpeg, run_ffmpeg
from stylecore.media.files import (
    discard,
    hidden_beside,
    not_written,
    publish,
    require_free,
    restore,
)
from stylecore.media.index import SourceIndex, StreamInfo
from stylecore.media.names import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    as_utf8,
    frame_files,
    is_sequence,
    path_on_disk,
    require_utf8,
    wants_folder,
)
from stylecore.media.opening import open_container, require_file
from stylecore.media.pictures.formats import is_exact
from stylecore.media.pictures.splitting import split_to_disk
from stylecore.media.pictures.stills import (
    check_picture_name,
    on_white,
    read_picture,
    read_pixels,
    write_picture,
)
from stylecore.media.pictures.webp_reader import is_animation
from stylecore.media.single import named_frame, read_single
from stylecore.media.sources import check_source, index_source, is_moving, read_frames
from stylecore.media.targets import (
    check_output,
    estimated_bytes,
    usual_suffix,
    wants_alpha,
    write_frames,
)
from stylecore.media.verification.findings import Verification
from stylecore.media.verification.rehearsal import rehearse, rehearsed_as
from stylecore.media.verification.verify import verify_frames
from stylecore.media.writing.streams import fitting_name

__all__ = [
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "Excerpt",
    "SourceIndex",
    "StreamInfo",
    "Verification",
    "as_utf8",
    "check_output",
    "check_picture_name",
    "check_source",
    "discard",
    "estimated_bytes",
    "ffmpeg_version",
    "find_ffmpeg",
    "fitting_name",
    "frame_files",
    "hidden_beside",
    "index_source",
    "is_animation",
    "is_exact",
    "is_moving",
    "is_sequence",
    "named_frame",
    "not_written",
    "on_white",
    "open_container",
    "path_on_disk",
    "publish",
    "read_frames",
    "read_picture",
    "read_pixels",
    "read_single",
    "rehearse",
    "rehearsed_as",
    "require_file",
    "require_free",
    "require_utf8",
    "restore",
    "run_ffmpeg",
    "split_to_disk",
    "usual_suffix",
    "verify_frames",
    "wants_alpha",
    "wants_folder",
    "write_frames",
    "write_picture",
]
