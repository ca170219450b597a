"""Builds what a frame is compared with: features of its source, statistics of the styles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from stylecore.arrays.images import resize
from stylecore.engines.base import Reference
from stylecore.engines.gatys.frame_statistics import FrameStatistics, Tensor, tensor
from stylecore.engines.tiles import stride
from stylecore.losses.representations import mixed
from stylecore.losses.terms import feature_energy
from stylecore.settings import GatysSettings

Targets = dict[str, Any]
""""content" and "energy": layer -> features, and what errors are measured by; "style": for each
region, layer -> statistics; "shares" (regions,); "positions": for each masked region, layer -> (1,
h, w, 1); "landmarks"; "references": (warped, mask) of each; "views": windows, if it has several."""

_SMALLEST_STYLE = 16


@dataclass(frozen=True)
class StyleTargets:
    """What the styles look like to the network, at one size of frame."""

    styles: list[dict[str, Any]]
    """For each style, layer -> statistics."""
    landmarks: dict[str, Any]
    """Layer -> landmarks, where a representation needs them."""


class TargetBuilder:
    """Makes the targets of styles, once for a size, and of every frame."""

    def __init__(self, statistics: FrameStatistics, settings: GatysSettings) -> None:
        self._statistics = statistics
        self._settings = settings

    def of_styles(
        self, styles: Sequence[np.ndarray], shape: tuple[int, int], *, pixels: int
    ) -> StyleTargets:
        """Statistics of the styles, each scaled to the area of the frame times style_scale².

        Args:
            styles: (h, w, 3) float32 in [0, 1].
            shape: height and width of the frame.
            pixels: most pixels to look at at once.
        """
        pictures = [self._at_scale(style, shape[0] * shape[1]) for style in styles]
        landmarks = self._statistics.landmarks(pictures, pixels)
        found = [self._statistics.of_style(picture, landmarks, pixels) for picture in pictures]
        return StyleTargets(found, landmarks)

    def of_frame(
        self,
        content: np.ndarray,
        styles: StyleTargets,
        *,
        pixels: int,
        style_weights: Sequence[float] = (1.0,),
        style_masks: np.ndarray | None = None,
        references: Sequence[Reference] = (),
    ) -> Targets:
        """What a frame is compared with.

        Args:
            content: (H, W, 3), the source frame.
            styles: targets of the styles, at the frame's size.
            pixels: most pixels to look at at once; a larger frame is looked at in windows.
            style_weights: how much of each style.
            style_masks: (styles, H, W), where each style counts, instead of the weights.
            references: pictures that the frame shall stay near to.
        """
        targets: Targets = {
            "content": {},
            "references": [
                (tensor(one.image[None]), tensor(one.mask[None, ..., None])) for one in references
            ],
            "landmarks": styles.landmarks,
            **self._regions(styles, style_weights, style_masks),
        }
        if self._settings.content_weight and self._settings.content_layers:
            targets["content"] = self._statistics.content(content, pixels)
        targets["energy"] = {
            name: feature_energy(features) for name, features in targets["content"].items()
        }
        targets["views"] = self._statistics.views(targets, content.shape[:2], pixels)
        return targets

    def _regions(
        self, targets: StyleTargets, weights: Sequence[float], masks: np.ndarray | None
    ) -> Targets:
        """A region for each mask, or the whole frame in the mixture of the styles."""
        if masks is None:
            style = [_mixed(targets.styles, weights)]
            return {"style": style, "shares": tensor([1.0]), "positions": []}
        shares = masks.mean((1, 2))
        return {
            "style": targets.styles,
            "shares": tensor(shares / shares.sum()),
            "positions": [self._positions(mask) for mask in masks],
        }

    def _positions(self, mask: np.ndarray) -> dict[str, Tensor]:
        """Layer -> (1, h, w, 1), how much each position of the layer belongs to a style."""
        height, width = mask.shape
        positions = {}
        for name in self._settings.style_layers:
            size = (width // stride(name), height // stride(name))
            scaled = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            positions[name] = tensor(scaled[None, ..., None])
        return positions

    def _at_scale(self, style: np.ndarray, frame_area: int) -> np.ndarray:
        height, width = style.shape[:2]
        scale = self._settings.style_scale * (frame_area / (height * width)) ** 0.5
        sides = (max(_SMALLEST_STYLE, round(side * scale)) for side in (width, height))
        return resize(style, tuple(sides))


def _mixed(styles: Sequence[Mapping[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    return {name: mixed([style[name] for style in styles], weights) for name in styles[0]}
