"""Any result: whether it can be written, and writing it. The one door to the writers."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from stylecore.config import OutputSettings
from stylecore.errors import OutputError, SettingsError
from stylecore.media.encoders import (
    CODECS,
    CONTAINERS,
    MKV,
    MP4,
    bits_a_second,
    codec_for,
    codec_name,
    fitting_format,
    keeps_alpha,
    require_aspect,
    require_choices,
)
from stylecore.media.files import require_utf8
from stylecore.media.index import SourceIndex
from stylecore.media.writer import write_container


def check_output(
    output: Path,
    settings: OutputSettings,
    *,
    index: SourceIndex | None = None,
    size: tuple[int, int] | None = None,
) -> None:
    """Finds out before hours of work whether the result can be written.

    Args:
        index: the source, where it is known: its bit depth and size must suit the codec too.
        size: (width, height) of the result; the source's own when None.

    Raises:
        SettingsError: the suffix is no container, cannot hold the codec, or the codec the frames.
        OutputError: the folder is missing or cannot be written, or the name is one's.
        MediaError: the name is not UTF-8.
    """
    require_utf8(output)
    suffix = output.suffix.lower()
    if suffix not in CONTAINERS:
        raise SettingsError(
            f"{output.name} does not end like a video; use one of {', '.join(sorted(CONTAINERS))}."
        )
    codec = codec_for(settings, suffix)
    if suffix not in codec.containers:
        fitting = [name for name, other in CODECS.items() if suffix in other.containers]
        raise SettingsError(
            f"A {suffix} file cannot hold {codec_name(settings, suffix)}; use --codec "
            f"{' or '.join(fitting)}, or an output that ends in "
            f"{' or '.join(sorted(codec.containers))}."
        )
    require_choices(settings, suffix)
    if index is not None:
        fitting_format(settings, suffix, size or (index.width, index.height), index)
        require_aspect(output, settings, index)
    if not output.parent.is_dir():
        raise OutputError(f"There is no folder {output.parent}; make it first.")
    try:
        if output.is_dir():
            raise OutputError(f"{output} is a folder; choose another name.")
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"Nothing can be written in {output.parent}: {error.strerror}."
        ) from error


def usual_suffix(source: Path, settings: OutputSettings) -> str:
    """The suffix of a result that nobody named: the source's, if that can be."""
    suffix = source.suffix.lower()
    containers = CONTAINERS if settings.codec == "auto" else CODECS[settings.codec].containers
    if suffix in containers:
        return source.suffix
    # Matroska holds every stream as it is; a GIF has only one, and MP4 plays everywhere.
    return MP4 if suffix == ".gif" and MP4 in containers else MKV


BYTES_PER_PIXEL = {"prores": 1.1, "ffv1": 2.2}
"""Of a painted frame in codecs that do not ask for a quality; others take less than LOSSY."""
LOSSY = 0.15


def estimated_bytes(
    output: Path,
    settings: OutputSettings,
    index: SourceIndex,
    size: tuple[int, int],
    frames: int,
) -> int:
    """About how large the result will be, rather too much than too little."""
    name = codec_name(settings, output.suffix)
    if settings.bitrate is not None:
        return round(bits_a_second(settings.bitrate) * float(index.seconds) / 8)
    return round(frames * size[0] * size[1] * BYTES_PER_PIXEL.get(name, LOSSY))


def wants_alpha(
    output: Path, settings: OutputSettings, index: SourceIndex, size: tuple[int, int]
) -> bool:
    """Whether ``write_frames`` takes the source's transparency along, and so needs RGBA."""
    suffix = output.suffix.lower()
    return index.alpha and keeps_alpha(fitting_format(settings, suffix, size, index))


def write_frames(
    frames: Iterable[np.ndarray],
    target: Path,
    *,
    source: Path,
    index: SourceIndex,
    start: int,
    stop: int,
    output: OutputSettings,
    on_frame: Callable[[int], None] = lambda done: None,
) -> tuple[str, ...]:
    """Writes frames [start, stop) of a job into ``target``; returns notes for the person.

    Frame ``start`` gets the source's first timestamp. Sound, subtitles, attachments, chapters and
    metadata are copied bit by bit, cut to the range.

    Args:
        frames: (H, W, 3) RGB or, if ``wants_alpha``, (H, W, 4) RGBA, uint8 or uint16 each.
        target: what to write; its suffix names the kind. It is removed when this fails.
        source, index: the source that gives timestamps and other streams.
        on_frame: called with the number of frames that are written, in the caller's thread.

    Raises:
        OutputError: no space is left, or the encoder refuses.
    """
    return write_container(
        frames, target, source=source, index=index, start=start, stop=stop, output=output,
        on_frame=on_frame,
    )  # fmt: skip
