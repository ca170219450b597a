"""Any source: what it holds, and its frames. The one door to the readers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stylecore.errors import MediaError, SettingsError
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import SourceIndex
from stylecore.media.names import PICTURE_SUFFIXES, frame_files, is_sequence
from stylecore.media.opening import MAX_MEGAPIXELS, open_container, require_file
from stylecore.media.pictures.folder_reader import index_folder, read_folder
from stylecore.media.pictures.stills import opened_picture
from stylecore.media.pictures.webp_reader import index_animation, is_animation, read_animation
from stylecore.media.reading.frames import read_container
from stylecore.media.reading.indexing import index_container
from stylecore.settings import SourceSettings

DEFAULTS = SourceSettings()
READERS = {"container": read_container, "animation": read_animation, "folder": read_folder}
"""By ``SourceIndex.reader``."""


def check_source(path: Path, *, max_megapixels: float = MAX_MEGAPIXELS) -> None:
    """Opens a source and closes it again, to find out in a moment whether that can be.

    Raises:
        MediaError: there is not.
    """
    if is_sequence(path):
        frame_files(path)
        return
    require_file(path)
    if is_animation(path):
        with opened_picture(path, max_megapixels=max_megapixels):
            pass
    else:
        open_container(path, max_megapixels=max_megapixels).close()


def is_moving(path: Path) -> bool:
    """Whether a source or a mask is frames over time; a PNG or WebP file may be so or a still."""
    suffix = path.suffix.lower()
    if is_sequence(path) or suffix not in PICTURE_SUFFIXES:
        return True
    if suffix != ".png":
        return is_animation(path)
    try:
        with opened_picture(path, max_megapixels=float("inf")) as image:
            return bool(getattr(image, "is_animated", False))
    except MediaError:
        return False


def index_source(
    path: Path,
    settings: SourceSettings = DEFAULTS,
    *,
    max_megapixels: float = MAX_MEGAPIXELS,
) -> SourceIndex:
    """Indexes a source: every frame of it, and all that must come out as it went in.

    Args:
        path: a video file, an animated WebP, a folder of frames, or a pattern for their names.
        settings: what is done about sources that are out of the ordinary.
        max_megapixels: larger pictures are refused.

    Raises:
        MediaError: it cannot be read, holds no picture, is damaged or cut short, is too large or
            too long, or is of high dynamic range and not to be tone-mapped.
        SettingsError: a frame rate was chosen for what has one.
    """
    if is_sequence(path):
        return index_folder(path, settings, max_megapixels)
    if settings.frame_rate != DEFAULTS.frame_rate:
        raise SettingsError(
            f"{path.name} has timestamps of its own; --frame-rate is for folders of frames."
        )
    require_file(path)
    if is_animation(path):
        return index_animation(path, settings, max_megapixels)
    return index_container(path, settings, max_megapixels)


def read_frames(
    excerpt: Excerpt, *, size: tuple[int, int] | None = None, alpha: bool = False
) -> Iterator[np.ndarray]:
    """Decodes frames of a source in order of presentation.

    Args:
        size: (width, height) of the upright result; the source's own when None.
        alpha: give the opacity too; colours are never multiplied by it.

    Yields:
        (H, W, 3) RGB or (H, W, 4) RGBA, uint8, or uint16 over the full range when the source has
        more than 8 bits.

    Raises:
        MediaError: the source has changed since it was indexed.
    """
    return READERS[excerpt.index.reader](excerpt, size=size, alpha=alpha)
