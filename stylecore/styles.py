"""Which style is painted where and when: weights over time, and masks."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from stylecore.colour import ColourStatistics, colour_statistics, colour_transport
from stylecore.config import StyleSettings
from stylecore.errors import SettingsError
from stylecore.images import resize, to_float
from stylecore.media import (
    PICTURE_SUFFIXES,
    Excerpt,
    SourceIndex,
    index_source,
    read_frames,
    read_picture,
)

LUMINANCE = np.array((0.299, 0.587, 0.114), np.float32)
"""Of RGB (Rec. 601, the Y of YIQ; Gatys et al. 2017, section 5.2)."""

BLOCK = 8
"""Frames of a mask video that are kept at once; they are asked for forwards and backwards."""


class StylePlan:
    """Weights and masks of the styles at any frame of a job."""

    def __init__(
        self, settings: StyleSettings, masks: Sequence[Path], *, size: tuple[int, int], stop: int
    ) -> None:
        """
        Args:
            settings: weights and keyframes.
            masks: pictures or videos, one for each style or for all but the last; may be none.
            size: width and height of the frames.
            stop: number of frames that a mask video must have.

        Raises:
            InputError: a mask cannot be read, or is too short.
        """
        self._settings = settings
        self._size = size
        self._masks = [_mask_reader(path, size=size, stop=stop) for path in masks]

    def at(self, number: int) -> tuple[tuple[float, ...], np.ndarray | None]:
        """(weights of sum 1, masks (styles, H, W) of sum 1 at each pixel or None) at a frame."""
        weights = weights_at(self._settings, number)
        if not self._masks:
            return weights, None
        masks = np.stack([mask(number) for mask in self._masks])
        if len(masks) < self._settings.count:
            masks = np.concatenate([masks, np.clip(1 - masks.sum(0), 0, 1)[None]])
        masks = masks * np.array(weights, np.float32)[:, None, None] * self._settings.count
        total = masks.sum(0)
        equal = np.full_like(masks, 1 / len(masks))
        return weights, np.where(total > 1e-3, masks / np.maximum(total, 1e-3), equal)


def weights_at(settings: StyleSettings, number: int) -> tuple[float, ...]:
    """Weights of the styles at a frame, of sum 1: linear between keyframes, held beyond them."""
    keyframes = settings.style_keyframes
    if keyframes:
        numbers = sorted(keyframes)
        columns = zip(*(keyframes[key] for key in numbers), strict=True)
        return tuple(float(np.interp(number, numbers, column)) for column in columns)
    return settings.style_weights or (1 / settings.count,) * settings.count


def check_masks(masks: Sequence[Path], *, size: tuple[int, int], stop: int) -> None:
    """Opens every mask and reads its first frame.

    Raises:
        InputError: one cannot be read, or is too short.
    """
    for path in masks:
        _mask_reader(path, size=size, stop=stop)(0)


def recoloured(style: np.ndarray, colours: ColourStatistics) -> np.ndarray:
    """A style picture, (h, w, 3) in [0, 1], in other colours (Gatys et al. 2017, section 5.1)."""
    matrix, offset = colour_transport(colour_statistics(style), colours)
    return np.clip(cv2.transform(style, np.column_stack([matrix, offset])), 0, 1)


def grey(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) of the luminance alone."""
    return np.repeat((image @ LUMINANCE)[..., None], 3, axis=-1)


def grey_like(style: np.ndarray, colours: ColourStatistics) -> np.ndarray:
    """A style's luminance in mean and spread like that of other colours (Gatys et al. 2017, 5.2).

    Args:
        style: (h, w, 3) in [0, 1].
        colours: whose luminance is taken on.
    """
    light = style @ LUMINANCE
    mean = float(colours.mean @ LUMINANCE)
    spread = float(np.sqrt(max(LUMINANCE @ colours.covariance @ LUMINANCE, 0)))
    factor = spread / max(float(light.std()), 1e-3)
    return np.repeat(np.clip((light - light.mean()) * factor + mean, 0, 1)[..., None], 3, axis=-1)


def in_colours_of(light: np.ndarray, source: np.ndarray) -> np.ndarray:
    """The luminance of one picture with the chroma of another; both (H, W, 3) in [0, 1].

    Where the two do not fit into the range of a display, the colour becomes paler, not lighter.
    """
    wanted = (light @ LUMINANCE)[..., None]
    chroma = source - (source @ LUMINANCE)[..., None]
    room = np.where(chroma > 0, 1 - wanted, wanted)
    fit = np.min(room / np.maximum(np.abs(chroma), 1e-6), axis=-1, keepdims=True)
    return np.clip(wanted + np.minimum(fit, 1) * chroma, 0, 1).astype(np.float32)


def _mask_reader(path: Path, *, size: tuple[int, int], stop: int) -> Callable[[int], np.ndarray]:
    """Frame number -> (H, W) in [0, 1]."""
    if path.suffix.lower() in PICTURE_SUFFIXES:
        still = _light(resize(read_picture(path), size))
        return lambda number: still
    index = index_source(path)
    if index.frame_count < stop:
        raise SettingsError(
            f"The mask {path} has {index.frame_count} frames and the source needs {stop}: give a "
            "picture, or a video that is as long."
        )
    return _MaskVideo(path, index, size)


class _MaskVideo:
    """Frames of a mask, decoded in blocks: a frame alone would be decoded from its keyframe on."""

    def __init__(self, path: Path, index: SourceIndex, size: tuple[int, int]) -> None:
        self._mask, self._size = Excerpt.of_all(path, index), size
        self._first: int | None = None
        self._block: list[np.ndarray] = []

    def __call__(self, number: int) -> np.ndarray:
        first = number - number % BLOCK
        if first != self._first:
            block = self._mask.part(first, min(first + BLOCK, self._mask.stop))
            self._block = list(read_frames(block, size=self._size))
            self._first = first
        return _light(to_float(self._block[number - first]))


def _light(image: np.ndarray) -> np.ndarray:
    return (image @ LUMINANCE).astype(np.float32)
