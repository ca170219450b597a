"""Opening files that nobody vouches for.

A video file can be a playlist in disguise that makes the demuxer open other files. A list of
allowed protocols does not prevent that, a list of allowed formats does; both are set here, the one
place where containers are opened. So is the size of pictures that decoders may set up: a header may
say 64x64 and the coded picture 16000x16000.
"""

import errno
import stat
from pathlib import Path

import av
from av.container import InputContainer

from stylecore.errors import DamagedError, MediaError, UnreadableError
from stylecore.media.boxes import check_sample_tables, has_lost_header
from stylecore.media.names import PICTURE_SUFFIXES, require_utf8
from stylecore.runtime.nearby import advice_on_missing
from stylecore.settings import SourceSettings, VideoSettings

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,flv,asf,ogg,gif,apng"
)
PROTOCOLS = "file"
OPEN_SECONDS, READ_SECONDS = 10.0, 60.0
MAX_MEGAPIXELS = VideoSettings().max_megapixels
MOST_PIXELS = 2**31 - 1
"""The largest limit that ffmpeg's ``max_pixels`` takes."""
EVERYTHING = SourceSettings(max_hours=1e9)
"""For results of our own: as long as they are, and whole."""
REFUSALS = (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ENOTCONN)
"""Not EIO, which ffmpeg says of damaged files too."""
MAX_RATE = 240
"""Frames a second that a video of the longest allowed duration may have at most."""


def check_size(name: str, width: int, height: int, max_megapixels: float) -> None:
    """Refuses pictures that would take too much memory, before they are decoded.

    Raises:
        MediaError: there are more pixels.
    """
    if width * height > max_megapixels * 1e6:
        raise MediaError(
            f"{name} is {width}x{height}, more than the limit of {max_megapixels:g} million "
            "pixels; scale it down first, or raise --max-megapixels."
        )


def check_length(name: str, seconds: float, max_hours: float) -> None:
    """Refuses videos that say they are too long.

    Raises:
        MediaError: they are longer.
    """
    if seconds > max_hours * 3600:
        raise MediaError(
            f"{name} says that it is {seconds / 3600:.1f} hours long, more than the limit of "
            f"{max_hours:g}; cut it first, or raise --max-hours."
        )


def check_count(name: str, frames: int, max_hours: float) -> None:
    """Refuses videos that hold more frames than one of the longest allowed duration can.

    Raises:
        MediaError: there are more.
    """
    if frames > max_hours * 3600 * MAX_RATE:
        raise MediaError(
            f"{name} has more than {frames - 1} frames; cut it first, or raise --max-hours."
        )


def decoder_limit(pixels: float) -> str:
    """``max_pixels`` for ffmpeg's decoders, where pictures may have so many.

    Decoders round both sides up to whole blocks before they compare, so this is the rough limit
    that keeps memory bounded; ``check_size`` is the exact one.
    """
    return str(round(min(2 * pixels + 1e6, MOST_PIXELS)))


def is_refusal(error: Exception) -> bool:
    """Whether it is the system that does not let a file be read, whatever is in it."""
    return getattr(error, "errno", None) in REFUSALS


def require_file(path: Path) -> None:
    """Checks that there is something to open.

    Raises:
        MediaError: there is no such file, it is a folder, a pipe or a device, it is empty, or its
            name is not UTF-8.
        UnreadableError: the system does not let it be read.
    """
    require_utf8(path)
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError(f"There is no file {path}; {advice_on_missing(path)}") from error
    except OSError as error:
        raise UnreadableError(path, error) from error
    if stat.S_ISDIR(facts.st_mode):
        raise MediaError(f"{path} is a folder; give the file itself.")
    if not stat.S_ISREG(facts.st_mode):
        raise MediaError(f"{path} is a pipe or a device; give a file.")
    if facts.st_size == 0:
        raise DamagedError(f"{path} is empty (0 bytes); copy or download it again.")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UnreadableError(path, error) from error


def open_container(path: Path, *, max_megapixels: float = MAX_MEGAPIXELS) -> InputContainer:
    """Opens a video file for reading; whoever opens it closes it.

    Args:
        max_megapixels: of the pictures, covers too, that are decoded in order to find out what the
            file holds.

    Raises:
        MediaError: it is missing, empty, or not a video of an allowed format.
    """
    require_file(path)
    check_sample_tables(path)
    try:
        return av.open(
            inert_name(path),
            options={
                "format_whitelist": FORMATS,
                "protocol_whitelist": PROTOCOLS,
                "max_pixels": decoder_limit(max_megapixels * 1e6),
            },
            timeout=(OPEN_SECONDS, READ_SECONDS),
            metadata_errors="replace",
        )
    except (av.FFmpegError, UnicodeError, OSError) as error:
        if is_refusal(error):
            raise UnreadableError(path, error) from error
        if path.suffix.lower() in PICTURE_SUFFIXES:
            raise MediaError(
                f"{path.name} is not a video; repaint a picture with: stylecore image"
            ) from error
        if has_lost_header(path):
            raise MediaError(
                f"{path.name} is cut short: its header, which comes last, is missing, so that none "
                "of its frames can be found. Get a whole copy of it."
            ) from error
        raise MediaError(
            f"{path.name} is not a video that can be read: it is damaged, incomplete, or another "
            "kind of file. Play it to see; if it plays, convert it to .mp4 first."
        ) from error


def inert_name(path: Path) -> str:
    """The path as a URL in which nothing (``concat:``, a leading dash) has a meaning of its own."""
    return f"file:{path.absolute()}"
