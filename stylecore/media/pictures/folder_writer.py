"""Frames into a folder, each a picture file of its own."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from stylecore.media.excerpt import Excerpt
from stylecore.media.files import discard
from stylecore.media.names import frame_name, frame_numbers, is_pattern, path_on_disk
from stylecore.media.pictures.encoding import encoded_picture
from stylecore.media.pictures.formats import PictureFormat
from stylecore.settings import OutputSettings


def written_names(target: Path, excerpt: Excerpt) -> list[str]:
    """Names of the files of the frames, in order.

    A pattern is filled with the numbers of the source's files, where they have any, else with those
    of the frames, from 0. Without a pattern the files are called like the source's, or 00000041.
    """
    own_names = excerpt.index.frame_files[excerpt.start : excerpt.stop]
    if own_names and not is_pattern(target):
        return [f"{Path(name).stem}.png" for name in own_names]
    numbers = frame_numbers(excerpt.path, own_names) if own_names else None
    pattern = target if is_pattern(target) else Path("%08d.png")
    numbers = numbers or list(range(excerpt.start, excerpt.stop))
    return [frame_name(pattern, number) for number in numbers]


def write_folder(
    frames: Iterable[np.ndarray],
    target: Path,
    picture_format: PictureFormat,
    names: Iterable[str],
    encoding: OutputSettings,
    on_frame: Callable[[int], None],
) -> None:
    """Writes a new folder, in place of one that an earlier run has left unfinished.

    Args:
        frames: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16.
        target: the folder, or a pattern in it.
        picture_format: what ``target`` is.
        names: of the files, one for each frame.
        encoding: quality of the files.
        on_frame: called with the number of files that are written.
    """
    discard(target)
    folder = path_on_disk(target)
    folder.mkdir()
    quality = picture_format.encoder_quality(encoding)
    for done, (pixels, name) in enumerate(zip(frames, names, strict=True), start=1):
        data = encoded_picture(pixels, Path(name).suffix.lower(), quality=quality)
        with (folder / name).open("wb") as file:
            file.write(data)
        on_frame(done)
