"""The engine that paints a frame in one forward pass of a network for any style."""

import time

import numpy as np

from stylecore.engines.base import FrameInput, FrameRecord
from stylecore.engines.descent import make_deterministic
from stylecore.errors import SettingsError
from stylecore.images import resize
from stylecore.networks.hub import HubModel, load_hub

MULTIPLE = 8
"""Frames are padded to a multiple of this: the networks halve their input two or three times."""
STRONGEST_BLEND = 0.8
"""Part of the warped frame before at full coherence: more would leave trails."""


class FastEngine:
    """A Hub module for each frame, blended with the frame before where the motion is sure."""

    def __init__(
        self,
        model: str | HubModel,
        *,
        style_size: int = 256,
        coherence: float = 0.8,
    ) -> None:
        """
        Args:
            model: handle or folder of a Hub module, or one that is loaded already.
            style_size: longer side of the style picture as the network sees it, in pixels.
            coherence: 0 paints every frame by itself, 1 keeps as much as does not leave trails.

        Raises:
            WeightsError: the module is unreachable or not a SavedModel.
        """
        make_deterministic()
        self._model = load_hub(model) if isinstance(model, str) else model
        self._style_size = style_size
        self._blend = STRONGEST_BLEND * coherence
        self._style: np.ndarray | None = None

    def prepare(self, style: np.ndarray, *, shape: tuple[int, int]) -> None:
        """Scales the style, once."""
        height, width = style.shape[:2]
        scale = self._style_size / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        self._style = resize(style, size)[None]

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Paints one frame and keeps the warped frame before where it can be trusted."""
        if self._style is None:
            raise SettingsError("the engine has no style yet: call prepare first.")
        began = time.perf_counter()
        image = self._paint(frame.content)
        if self._blend and frame.warped is not None and frame.mask is not None:
            kept = self._blend * frame.mask[..., None]
            image = kept * frame.warped + (1 - kept) * image
        image = np.clip(image, 0, 1).astype(np.float32, copy=False)
        return image, FrameRecord(iterations=1, seconds=time.perf_counter() - began)

    def _paint(self, content: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        height, width = content.shape[:2]
        below, right = -height % MULTIPLE, -width % MULTIPLE
        padded = np.pad(content, ((0, below), (0, right), (0, 0)), mode="edge")
        painted = self._model(tf.constant(padded[None]), tf.constant(self._style))
        return np.asarray(painted)[0, :height, :width]
