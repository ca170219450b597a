"""Which style is painted where and when: weights over time, and masks."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from stylecore.arrays.colour import ColourStatistics, colour_statistics, colour_transport
from stylecore.media import SourceIndex
from stylecore.media.opening import MAX_MEGAPIXELS
from stylecore.sequence.masks import LUMINANCE, index_masks, open_masks
from stylecore.settings import StyleSettings


class StylePlan:
    """Weights and masks of the styles at any frame of a job."""

    def __init__(
        self,
        settings: StyleSettings,
        masks: Sequence[Path],
        *,
        size: tuple[int, int],
        stop: int,
        indexes: Sequence[SourceIndex | None] | None = None,
        source: SourceIndex | None = None,
        max_megapixels: float = MAX_MEGAPIXELS,
    ) -> None:
        """
        Args:
            settings: weights and keyframes.
            masks: pictures or moving ones, one for each style or for all but the last of several;
                may be none.
            size: width and height of the frames.
            stop: number of frames that a moving mask must have.
            indexes: of the masks, where ``index_masks`` has looked into them before.
            source: what the frames are of; None where there is one alone.
            max_megapixels: larger masks are refused.

        Raises:
            InputError: a mask cannot be read, or is too short.
        """
        self._settings = settings
        if indexes is None:
            indexes, _ = index_masks(
                masks, size=size, stop=stop, max_megapixels=max_megapixels, source=source
            )
        self._masks = open_masks(
            masks, indexes, size=size, stop=stop, max_megapixels=max_megapixels, source=source
        )

    def at(self, number: int) -> tuple[tuple[float, ...], np.ndarray | None]:
        """What is painted of which style at a frame.

        Returns:
            Weights of sum 1, and masks (styles, H, W), whose sum at a pixel is at most 1: what is
            left shows the source. None where there are no masks.
        """
        weights = weights_at(self._settings, number)
        if not self._masks:
            return weights, None
        masks = np.stack([mask(number) for mask in self._masks])
        if len(masks) < self._settings.count:
            masks = np.concatenate([masks, np.clip(1 - masks.sum(0), 0, 1)[None]])
        covered = np.minimum(masks.sum(0), 1)
        masks = masks * np.array(weights, np.float32)[:, None, None] * self._settings.count
        total = masks.sum(0)
        return weights, masks * np.where(total > 1e-3, covered / np.maximum(total, 1e-3), 0)


def weights_at(settings: StyleSettings, number: int) -> tuple[float, ...]:
    """Weights of the styles at a frame, of sum 1: linear between keyframes, held beyond them."""
    keyframes = settings.style_keyframes
    if keyframes:
        numbers = sorted(keyframes)
        columns = zip(*(keyframes[key] for key in numbers), strict=True)
        return tuple(float(np.interp(number, numbers, column)) for column in columns)
    return settings.style_weights or (1 / settings.count,) * settings.count


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
