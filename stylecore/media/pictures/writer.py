"""Writing the results that are no video file: the frames as they are, and what they cannot hold."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import av
import numpy as np

from stylecore.errors import OutputError
from stylecore.media.excerpt import Excerpt
from stylecore.media.files import discard, not_written
from stylecore.media.opening import open_container
from stylecore.media.pictures.apng_writer import write_apng
from stylecore.media.pictures.folder_writer import write_folder, written_names
from stylecore.media.pictures.formats import (
    PictureFormat,
    in_units,
    shown_at,
)
from stylecore.media.pictures.gif_writer import HUNDREDTH, write_gif
from stylecore.media.pictures.webp_writer import MILLISECOND, write_webp
from stylecore.media.writing.streams import named_metadata
from stylecore.settings import OutputSettings


def write_pictures(
    frames: Iterable[np.ndarray],
    target: Path,
    picture_format: PictureFormat,
    excerpt: Excerpt,
    encoding: OutputSettings,
    on_frame: Callable[[int], None],
) -> tuple[str, ...]:
    """Encodes frames into an animation or a folder; see ``write_frames``."""
    try:
        if picture_format.unit is None:
            names = written_names(target, excerpt)
            write_folder(frames, target, picture_format, names, encoding, on_frame)
        else:
            times = shown_at(excerpt)
            plays = picture_format.plays(excerpt.index)
            suffix = target.suffix.lower()
            if suffix == ".gif":
                write_gif(frames, target, in_units(times, HUNDREDTH), on_frame, plays=plays)
            elif suffix == ".apng":
                write_apng(frames, target, times, on_frame, plays=plays)
            else:
                quality = picture_format.encoder_quality(encoding)
                times_ms = in_units(times, MILLISECOND)
                write_webp(frames, target, times_ms, on_frame, quality=quality, plays=plays)
    except (av.FFmpegError, OSError) as error:
        discard(target)
        if (refused := not_written(target, error)) is not None:
            raise refused from error
        raise OutputError(f"{target.name} cannot be written ({error}).") from error
    except BaseException:
        discard(target)
        raise
    return (
        *picture_format.notes(excerpt.index, encoding),
        *_notes_on_file(excerpt, picture_format.name),
    )


def _notes_on_file(excerpt: Excerpt, holder: str) -> Iterator[str]:
    """What is said of chapters and metadata, which ``holder`` (as in a sentence) leaves out."""
    if excerpt.index.reader != "container":
        return
    with open_container(excerpt.path) as origin:
        chapters, metadata = origin.chapters(), named_metadata(origin)
    if chapters:
        yield f"The chapters are left out: {holder} holds none."
    if metadata:
        yield f"Of the source's metadata {', '.join(metadata)} is lost: {holder} holds none."
