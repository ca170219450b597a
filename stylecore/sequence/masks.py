"""Reads masks: where a style is painted, white, and where not, black; pictures, or frames in time.

Grey is in between, and so is what is partly transparent: nothing is painted through a hole.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylecore.arrays.images import resize, to_float
from stylecore.arrays.light import LUMA
from stylecore.errors import SettingsError
from stylecore.media import (
    Excerpt,
    SourceIndex,
    index_source,
    is_moving,
    is_sequence,
    read_frames,
    read_pixels,
)
from stylecore.media.opening import MAX_MEGAPIXELS

BLOCK = 8
"""Frames that are decoded at once on the way back."""
KEPT = 2 * BLOCK
"""Frames of a moving mask that are kept in memory."""
GIF = ".gif"
"""Of one frame, it is a picture."""
MOST_STRETCH = 0.02
"""Difference of the shapes of a mask and the frames that rounding can make."""

Mask = Callable[[int], np.ndarray]
"""Frame number -> (H, W) float32 in [0, 1], at the size of the frames."""


@dataclass(frozen=True, kw_only=True)
class MaskedFrames:
    """The frames that masks are laid over."""

    size: tuple[int, int]
    """Width and height."""
    stop: int
    """How many frames a moving mask must have."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Larger masks are refused."""
    source: SourceIndex | None = None
    """What the frames are of; None where there is one alone."""


def index_masks(
    paths: Sequence[Path], frames: MaskedFrames
) -> tuple[tuple[SourceIndex | None, ...], tuple[str, ...]]:
    """Opens every mask once, before the work.

    Args:
        paths: pictures, videos, animations, folders of frames or patterns for their names.
        frames: those that the masks are laid over.

    Returns:
        The frames of each mask, None for a picture; and notes for the person.

    Raises:
        InputError: one cannot be read, or is too short.
    """
    indexes, notes, stop = [], [], frames.stop
    for path in paths:
        index, own = _opened(path, frames.max_megapixels)
        is_short = index is not None and index.frame_count < stop
        if index is not None and is_short and not _lasts(index, frames.source, stop):
            raise SettingsError(
                f"The mask {path} has {index.frame_count} frames and the source needs {stop}: give "
                "a picture, or a video that is as long."
            )
        if not _is_alike(own, frames.size):
            notes.append(
                f"The mask {_name(path)} is {own[0]}x{own[1]}, another shape than the frames: it "
                f"is stretched to their {frames.size[0]}x{frames.size[1]}."
            )
        indexes.append(index)
    return tuple(indexes), tuple(notes)


def open_masks(
    paths: Sequence[Path],
    frames: MaskedFrames,
    indexes: Sequence[SourceIndex | None] | None = None,
) -> list[Mask]:
    """What reads each mask; safe to call from several threads.

    Args:
        paths, frames: as for ``index_masks``.
        indexes: what that found, if it has looked into the masks before.

    Raises:
        InputError: one cannot be read, or is too short.
    """
    if indexes is None:
        indexes, _ = index_masks(paths, frames)
    masks: list[Mask] = []
    for path, index in zip(paths, indexes, strict=True):
        if index is None:
            masks.append(_still(path, frames.size, frames.max_megapixels))
        else:
            timed_by = frames.source if index.frame_count < frames.stop else None
            masks.append(_MovingMask(path, index, frames.size, timed_by))
    return masks


def _by_time(mask: SourceIndex, source: SourceIndex, number: int) -> int:
    """The frame of a mask that is shown in the middle of a frame of the source."""
    middle = (source.boundary(number) + source.boundary(number + 1)) / 2 - source.pts[0]
    shown = mask.pts[0] + middle * source.seconds_per_unit / mask.seconds_per_unit
    return bisect_right(mask.pts, shown) - 1


def _lasts(mask: SourceIndex, source: SourceIndex | None, stop: int) -> bool:
    """Whether a mask of too few frames lasts as long: animations show equal ones as one."""
    if source is None or mask.reader == "folder":
        return False
    return mask.seconds >= (source.pts[stop - 1] - source.pts[0]) * source.seconds_per_unit


def _opened(path: Path, max_megapixels: float) -> tuple[SourceIndex | None, tuple[int, int]]:
    """The frames of a mask, None where it is a picture; and its width and height."""
    if is_moving(path):
        index = index_source(path, max_megapixels=max_megapixels)
        if index.frame_count > 1 or path.suffix.lower() != GIF:
            return index, (index.width, index.height)
    height, width = read_pixels(path, max_megapixels=max_megapixels).shape[:2]
    return None, (width, height)


def _is_alike(own: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether two sizes are one shape, as nearly as whole pixels can be."""
    return all(
        abs(one * other[1] / other[0] - wanted) <= max(1, MOST_STRETCH * wanted)
        for one, other, wanted in ((size[0], own, size[1]), (size[1], own[::-1], size[0]))
    )


def _name(path: Path) -> str:
    return str(path) if is_sequence(path) else path.name


def _still(path: Path, size: tuple[int, int], max_megapixels: float) -> Mask:
    picture = _painted_share(resize(read_pixels(path, max_megapixels=max_megapixels), size))
    return lambda number: picture


class _MovingMask:
    """Frames of a mask, decoded one after the other as long as they are asked for in this order.

    Any other frame begins anew, one from before with a block that ends there: on the way back each
    would be decoded from its keyframe on.
    """

    def __init__(
        self, path: Path, index: SourceIndex, size: tuple[int, int], timed_by: SourceIndex | None
    ) -> None:
        """
        Args:
            path, index: of the mask.
            size: width and height of the frames.
            timed_by: the source whose times tell which frame is meant; its numbers do when None.
        """
        self._mask, self._size, self._timed_by = Excerpt.of_all(path, index), size, timed_by
        self._lock = threading.Lock()
        self._kept: dict[int, np.ndarray] = {}
        self._coming = self._from(0)
        self._next = 0

    def __call__(self, number: int) -> np.ndarray:
        if self._timed_by is not None:
            number = _by_time(self._mask.index, self._timed_by, number)
        with self._lock:
            if number not in self._kept:
                self._fetch(number)
            return self._kept[number]

    def _fetch(self, number: int) -> None:
        if not self._next <= number < self._next + BLOCK:
            self._coming.close()
            self._next = max(0, number - BLOCK + 1) if number < self._next else number
            self._coming = self._from(self._next)
        while self._next <= number:
            self._kept[self._next] = _painted_share(next(self._coming))
            self._next += 1
        for oldest in list(self._kept)[:-KEPT]:
            del self._kept[oldest]

    def _from(self, start: int) -> Generator[np.ndarray, None, None]:
        part = self._mask.part(start, self._mask.stop)
        yield from read_frames(part, size=self._size, alpha=self._mask.index.alpha)


def _painted_share(pixels: np.ndarray) -> np.ndarray:
    """(H, W) of (H, W, 3 or 4) integers."""
    image = to_float(pixels)
    light = (image[..., :3] @ LUMA).astype(np.float32)
    return light if image.shape[2] == 3 else light * image[..., 3]
