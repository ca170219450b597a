"""The engine that paints a frame in one forward pass of a network for any style."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from stylecore.config import FastSettings
from stylecore.engines.base import FrameInput, FrameRecord
from stylecore.errors import SettingsError
from stylecore.images import fitted_size, resize
from stylecore.networks.backend import make_deterministic
from stylecore.networks.fast import FastNetwork, load_fast

STRONGEST_BLEND = 0.8
"""Part of the warped frame before at full coherence: more would leave trails."""


class FastEngine:
    """A network for each frame, blended with the frame before where the motion is sure."""

    def __init__(
        self,
        settings: FastSettings,
        *,
        coherence: float = 0.8,
        network: FastNetwork | None = None,
    ) -> None:
        """
        Args:
            settings: the network, the size of the style and how strongly to paint.
            coherence: 0 paints every frame by itself, 1 keeps as much as does not leave trails.
            network: one that is loaded already, in place of the settings' own.

        Raises:
            WeightsError: the network is missing, unreachable or something else.
        """
        make_deterministic()
        self._settings = settings
        self._network = network or load_fast(settings.model, dtype=settings.precision)
        self._blend = STRONGEST_BLEND * coherence
        self._codes: list[Any] = []
        self._mixture: tuple[tuple[float, ...], Any] | None = None

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Encodes the styles, once."""
        self._codes = [self._network.encode(self._as_style(style)) for style in styles]
        self._mixture = None

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Paints one frame and keeps the warped frame before where it can be trusted."""
        if not self._codes:
            raise SettingsError("the engine has no style yet: call prepare first.")
        began = time.perf_counter()
        image = self._painted(frame)
        if self._blend and frame.warped is not None and frame.mask is not None:
            kept = self._blend * frame.mask[..., None]
            image = kept * frame.warped + (1 - kept) * image
        image = image.astype(np.float32, copy=False)
        return image, FrameRecord(iterations=1, seconds=time.perf_counter() - began)

    def _painted(self, frame: FrameInput) -> np.ndarray:
        """The frame in the mixture of the styles, or in each where its mask is."""
        if frame.style_masks is None:
            code = self._mixed(frame.style_weights)
            return self._network.paint(frame.content, self._strengthened(code, frame.content))
        image = np.zeros_like(frame.content)
        for code, mask in zip(self._codes, frame.style_masks, strict=True):
            if mask.any():
                code = self._strengthened(code, frame.content)
                image += mask[..., None] * self._network.paint(frame.content, code)
        return image

    def _mixed(self, weights: tuple[float, ...]) -> Any:
        """A code between the styles' own; the same object as long as the weights are the same."""
        if self._mixture is None or self._mixture[0] != weights:
            pairs = zip(self._codes, weights, strict=True)
            codes, shares = zip(*[pair for pair in pairs if pair[1]], strict=True)
            code = codes[0] if len(codes) == 1 else self._network.mix(codes, shares)
            self._mixture = weights, code
        return self._mixture[1]

    def _strengthened(self, code: Any, content: np.ndarray) -> Any:
        """A style's code, moved towards that of the frame itself."""
        strength = self._settings.strength
        if strength == 1:
            return code
        own = self._network.encode(self._as_style(content))
        return self._network.mix([own, code], [1 - strength, strength])

    def _as_style(self, picture: np.ndarray) -> np.ndarray:
        height, width = picture.shape[:2]
        return resize(picture, fitted_size(width, height, self._settings.style_size))
