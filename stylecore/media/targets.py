"""Any result: whether it can be written, and writing it. The one door to the writers."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from stylecore.errors import OutputError, SettingsError
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import SourceIndex
from stylecore.media.names import is_sequence, path_on_disk, require_utf8, wants_folder
from stylecore.media.pictures.formats import (
    ANIMATIONS,
    picture_format_of,
)
from stylecore.media.pictures.writer import write_pictures
from stylecore.media.writing.codecs import CODECS, CONTAINERS, MKV, MP4, codec_for, codec_name
from stylecore.media.writing.encoders import bits_a_second, require_aspect, require_choices
from stylecore.media.writing.pixel_formats import fitting_format, keeps_alpha
from stylecore.media.writing.writer import write_container
from stylecore.settings import OutputSettings


def check_output(
    output: Path,
    encoding: OutputSettings,
    *,
    index: SourceIndex | None = None,
    size: tuple[int, int] | None = None,
) -> None:
    """Finds out before hours of work whether the result can be written.

    Args:
        index: the source, where it is known: its bit depth and size must suit the codec too.
        size: (width, height) of the result; the source's own when None.

    Raises:
        SettingsError: the suffix names nothing that is known, cannot hold the codec or the choices,
            or the codec the frames.
        OutputError: the folder is missing or cannot be written, or the name is one's.
        MediaError: the name is not UTF-8.
    """
    require_utf8(output)
    picture_format = picture_format_of(output)
    if picture_format is not None:
        picture_format.require(output, encoding, index, size)
    else:
        _check_container(output, encoding, index, size)
    folder = path_on_disk(output).parent
    if path_on_disk(output).name in ("", ".."):
        raise SettingsError(f"{output} does not name a folder; write its whole name.")
    if not folder.is_dir():
        raise OutputError(f"There is no folder {folder}; make it first.")
    try:
        if not wants_folder(output) and output.is_dir():
            raise OutputError(f"{output} is a folder; choose another name.")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"Nothing can be written in {folder}: {error.strerror}.") from error


def _check_container(
    output: Path,
    encoding: OutputSettings,
    index: SourceIndex | None,
    size: tuple[int, int] | None,
) -> None:
    """``check_output`` of what shall be a video file."""
    suffix = output.suffix.lower()
    if suffix not in CONTAINERS:
        known = ", ".join(sorted(CONTAINERS | ANIMATIONS))
        raise SettingsError(
            f"{output.name} does not end like a video; use one of {known}, or for a folder of "
            "frames a name without an ending or one like frames/%06d.png."
        )
    codec = codec_for(encoding, suffix)
    if suffix not in codec.containers:
        fitting = [name for name, other in CODECS.items() if suffix in other.containers]
        raise SettingsError(
            f"A {suffix} file cannot hold {codec_name(encoding, suffix)}; use --codec "
            f"{' or '.join(fitting)}, or an output that ends in "
            f"{' or '.join(sorted(codec.containers))}."
        )
    require_choices(encoding, suffix)
    if index is not None:
        fitting_format(encoding, suffix, size or (index.width, index.height), index)
        require_aspect(output, encoding, index)


def usual_suffix(source: Path, encoding: OutputSettings) -> str:
    """The suffix of a result that nobody named: the source's, if that can be."""
    suffix = source.suffix.lower()
    if is_sequence(source):
        suffix = MP4
    if suffix == ".png":
        suffix = ".apng"
    containers = CONTAINERS if encoding.codec == "auto" else CODECS[encoding.codec].containers
    animation = ANIMATIONS.get(suffix)
    if suffix in containers or (animation and animation.unknown_choice(encoding) is None):
        return source.suffix if suffix == source.suffix.lower() else suffix
    # Matroska holds every stream as it is; animations have only one, and MP4 plays everywhere.
    return MP4 if MP4 in containers and (animation or suffix == MP4) else MKV


BYTES_PER_PIXEL = {"prores": 1.1, "ffv1": 2.2}
"""Of a painted frame in codecs that do not ask for a quality; others take less than LOSSY."""
LOSSY = 0.15


def estimated_bytes(
    output: Path,
    encoding: OutputSettings,
    index: SourceIndex,
    size: tuple[int, int],
    frames: int,
) -> int:
    """Estimates how many bytes the result will have, rather too many than too few."""
    picture_format = picture_format_of(output)
    if picture_format is not None:
        depth = 2 if min(index.bit_depth, picture_format.most_bits) > 8 else 1
        return round(frames * size[0] * size[1] * picture_format.bytes_per_pixel * depth)
    name = codec_name(encoding, output.suffix)
    if encoding.bitrate is not None:
        return round(bits_a_second(encoding.bitrate) * float(index.seconds) / 8)
    return round(frames * size[0] * size[1] * BYTES_PER_PIXEL.get(name, LOSSY))


def wants_alpha(
    output: Path, encoding: OutputSettings, index: SourceIndex, size: tuple[int, int]
) -> bool:
    """Whether ``write_frames`` takes the source's transparency along, and so needs RGBA."""
    picture_format = picture_format_of(output)
    if picture_format is not None:
        return index.alpha and picture_format.alpha
    suffix = output.suffix.lower()
    return index.alpha and keeps_alpha(fitting_format(encoding, suffix, size, index))


def write_frames(
    frames: Iterable[np.ndarray],
    target: Path,
    excerpt: Excerpt,
    encoding: OutputSettings,
    *,
    on_frame: Callable[[int], None] = lambda done: None,
) -> tuple[str, ...]:
    """Encodes the painted frames of an excerpt and muxes them with the source's other streams.

    The first one gets the source's first timestamp. Sound, subtitles, attachments, chapters and
    metadata are copied bit by bit, cut to the range.

    Args:
        frames: (H, W, 3) RGB or, if ``wants_alpha``, (H, W, 4) RGBA, uint8 or uint16 each.
        target: what to write; its suffix names the kind. It is removed when this fails.
        excerpt: what was painted; its source gives timestamps and other streams.
        encoding: how they are coded.
        on_frame: called with the number of frames that are written, in the caller's thread.

    Returns:
        Notes on what the result does not hold, in sentences.

    Raises:
        OutputError: no space is left, or the encoder refuses.
    """
    picture_format = picture_format_of(target)
    if picture_format is not None:
        return write_pictures(frames, target, picture_format, excerpt, encoding, on_frame)
    return write_container(frames, target, excerpt, encoding, on_frame)
