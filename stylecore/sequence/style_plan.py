"""Says which style is painted where and when: weights over time, and masks."""

from collections.abc import Sequence

import numpy as np

from stylecore.sequence.masks import Mask
from stylecore.settings import StyleSettings


class StylePlan:
    """Weights and masks of the styles at any frame of a job."""

    def __init__(self, settings: StyleSettings, masks: Sequence[Mask] = ()) -> None:
        """
        Args:
            settings: weights and keyframes.
            masks: one for each style, or for all but the last of several; may be none.
        """
        self._settings = settings
        self._masks = masks

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
