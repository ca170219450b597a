"""The engine that optimises the picture itself (Gatys et al. 2016), over time (Ruder et al. 2016).

The picture is moved by gradient descent until a network sees the source's content in the style's
statistics. A shot's first frame is painted from coarse to fine (Gatys et al. 2017, section 6), each
later one from the frame before, moved along the motion and held there where the motion is sure.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from keras import ops

from stylecore.config import GatysSettings
from stylecore.engines.base import FrameInput, FrameRecord
from stylecore.engines.descent import Descent
from stylecore.errors import SettingsError, WeightsError
from stylecore.images import resize
from stylecore.losses import content_loss, gram, style_loss, temporal_loss, total_variation
from stylecore.networks.backend import make_deterministic

COARSE_SIDE = 160
"""A first frame begins no smaller than this on its longer side."""
COARSE_SHARE = 0.6
"""Share of the first frame's steps that go into all sizes but the finest."""
LATER_RATE = 0.4
"""Step size of later frames, as a share of the first frame's: their start is nearly right."""

Tensor = Any
Features = Callable[[Tensor], Mapping[str, Tensor]]


@dataclass(frozen=True)
class _Level:
    """One size on the way from coarse to fine."""

    height: int
    width: int
    steps: int
    style: Mapping[str, Tensor]


class GatysEngine:
    """Content + style + total-variation + temporal loss, minimised with Adam on the pixels."""

    def __init__(
        self,
        settings: GatysSettings,
        *,
        coherence: float = 0.8,
        seed: int = 0,
        features: Features | None = None,
    ) -> None:
        """
        Args:
            settings: what the picture is judged by, and how long it is worked on.
            coherence: factor of the temporal weight.
            seed: of the noise that ``start="noise"`` begins from.
            features: the judging network, instead of the one that ``settings`` names.

        Raises:
            WeightsError: the network's weights are missing or do not fit.
        """
        make_deterministic()
        self._settings = settings
        self._temporal_weight = settings.temporal_weight * coherence
        self._seed = seed
        self._features = features or _load_features(settings)
        self._levels: tuple[_Level, ...] = ()
        self._descent = Descent(self._loss)

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Computes the style's Gram matrices for every size that will be worked at.

        The style is scaled so that its area is that of the frame times style_scale².
        """
        self._levels = tuple(
            _Level(height, width, steps, self._style_targets(styles[0], height * width))
            for (height, width), steps in coarse_to_fine(shape, self._settings.first_iterations)
        )

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Paints one frame, from its warm start if it has one and from coarse to fine if not.

        Raises:
            SettingsError: the frame has another shape than ``prepare`` was told.
            WeightsError: the loss is not a number; nothing is returned that is not a picture.
        """
        if not self._levels or frame.content.shape[:2] != self._shape:
            raise SettingsError(
                f"the engine was prepared for frames of shape {self._shape}, not "
                f"{frame.content.shape[:2]}: call prepare with the shape of the frames."
            )
        began = time.perf_counter()
        warm = self._warm_start(frame)
        if warm is None:
            image, losses, steps = self._paint_from_coarse(frame)
        else:
            steps = self._settings.iterations
            image, losses = self._descent.minimise(
                warm[None],
                self._goals(frame, self._levels[-1]),
                steps=steps,
                rate=self._settings.learning_rate * self._boldness(frame),
            )
        if not np.isfinite(losses["total"]) or not np.isfinite(image).all():
            raise WeightsError(
                f"Frame {frame.number} could not be optimised because its loss is not a number: "
                "the network's weights are damaged, or a loss weight is far too large."
            )
        return image[0], FrameRecord(steps, losses, time.perf_counter() - began)

    @property
    def _shape(self) -> tuple[int, int] | None:
        return (self._levels[-1].height, self._levels[-1].width) if self._levels else None

    def _warm_start(self, frame: FrameInput) -> np.ndarray | None:
        if self._settings.start == "previous":
            return frame.previous
        moved = self._moved(frame)
        if moved is None:
            return None
        warped, trust = moved
        revealed = _without_lines(1 - trust)
        return revealed * frame.content + (1 - revealed) * warped

    def _boldness(self, frame: FrameInput) -> np.ndarray | float:
        """Share of the learning rate for a later frame: all of it where nothing is known yet."""
        moved = self._moved(frame)
        return LATER_RATE if moved is None else 1 - (1 - LATER_RATE) * moved[1][None]

    def _moved(self, frame: FrameInput) -> tuple[np.ndarray, np.ndarray] | None:
        """The frame before on this one, and (H, W, 1) where it counts; None without a motion."""
        if self._settings.start != "flow" or frame.warped is None or frame.mask is None:
            return None
        return frame.warped, frame.mask[..., None]

    def _paint_from_coarse(self, frame: FrameInput) -> tuple[np.ndarray, dict[str, float], int]:
        coarsest = self._levels[0]
        image = resize(frame.content, (coarsest.width, coarsest.height))
        if self._settings.start == "noise":
            random = np.random.default_rng((self._seed, frame.number))
            image = random.random(image.shape, np.float32)
        losses: dict[str, float] = {}
        for level in self._levels:
            result, losses = self._descent.minimise(
                resize(image, (level.width, level.height))[None],
                self._goals(frame, level),
                steps=level.steps,
                rate=self._settings.learning_rate,
            )
            image = result[0]
        return image[None], losses, sum(level.steps for level in self._levels)

    def _goals(self, frame: FrameInput, level: _Level) -> dict[str, Any]:
        content = resize(frame.content, (level.width, level.height))
        goals: dict[str, Any] = {"style": level.style, "content": {}}
        if self._settings.content_weight and self._settings.content_layers:
            found = self._features(ops.convert_to_tensor(content[None]))
            goals["content"] = {name: found[name] for name in self._settings.content_layers}
        moved = self._moved(frame)
        if self._temporal_weight and moved is not None:
            warped, trust = moved
            goals["warped"] = ops.convert_to_tensor(warped[None])
            goals["mask"] = ops.convert_to_tensor(trust[None])
        return goals

    def _loss(self, images: Tensor, goals: Mapping[str, Any]) -> tuple[Tensor, dict[str, Tensor]]:
        chosen = self._settings
        features = self._features(images)
        style, _ = style_loss(features, goals["style"], chosen.style_layers)
        variation = total_variation(images)
        terms = {"style": style, "variation": variation}
        total = chosen.style_weight * style + chosen.variation_weight * variation
        if goals["content"]:
            terms["content"], _ = content_loss(features, goals["content"], chosen.content_layers)
            total = total + chosen.content_weight * terms["content"]
        if "warped" in goals:
            terms["temporal"] = temporal_loss(images, goals["warped"], goals["mask"])
            total = total + self._temporal_weight * terms["temporal"]
        terms["total"] = total
        # Adam's epsilon is an absolute number: a gradient for each pixel, not for the mean of all.
        return total * float(np.prod(images.shape)), terms

    def _style_targets(self, style: np.ndarray, frame_area: int) -> dict[str, Tensor]:
        height, width = style.shape[:2]
        scale = self._settings.style_scale * (frame_area / (height * width)) ** 0.5
        resized = resize(style, (max(16, round(width * scale)), max(16, round(height * scale))))
        found = self._features(ops.convert_to_tensor(resized[None]))
        return {name: gram(found[name]) for name in self._settings.style_layers}


def coarse_to_fine(shape: tuple[int, int], steps: int) -> list[tuple[tuple[int, int], int]]:
    """Sizes from coarse to fine, each half the next, and the share of ``steps`` for each."""
    sizes = [shape]
    while max(sizes[0]) // 2 >= COARSE_SIDE:
        sizes.insert(0, ((sizes[0][0] + 1) // 2, (sizes[0][1] + 1) // 2))
    coarse = int(COARSE_SHARE * steps) // (len(sizes) - 1) if len(sizes) > 1 else 0
    plan = [(size, coarse) for size in sizes[:-1] if coarse]
    return [*plan, (shape, steps - coarse * len(plan))]


def _load_features(settings: GatysSettings) -> Features:
    from stylecore.networks.features import load_features

    names = sorted({*settings.style_layers, *settings.content_layers})
    return load_features(settings.features, names, weights=settings.weights)


def _without_lines(mask: np.ndarray) -> np.ndarray:
    """``mask`` (H, W, 1) without what is thinner than 5 pixels: edges of motion, not new ground."""
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))[..., None]
