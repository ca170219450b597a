"""Networks made of a module of TensorFlow Hub, cut or whole; both are a ``FastNetwork``."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from stylecore.arrays.moments import Moments
from stylecore.networks.hub.graph import Call, CutModule

MULTIPLE = 8
"""Frames are padded to a multiple of this: the networks halve their input two or three times."""

Code = tuple[np.ndarray, ...]


class HubNetwork:
    """A module with the signature of magenta/arbitrary-image-stylization (Ghiasi et al. 2017)."""

    bytes_per_pixel = 640
    """Of memory at work, measured on the stand-in and doubled: published modules are larger."""

    def __init__(self, module: CutModule) -> None:
        self._module = module

    def encode(self, style: np.ndarray) -> Code:
        """The tensors at the cut, for a style picture (h, w, 3)."""
        return tuple(np.asarray(part) for part in self._module.encode(tensor(style[None])))

    def mix(self, codes: Sequence[Code], weights: Sequence[float]) -> Code:
        """A code between others, tensor by tensor; weights sum to 1."""
        parts = zip(*codes, strict=True)
        return tuple(_between(part, weights) for part in parts)

    def measure(self, frame: np.ndarray, code: Code) -> Moments:
        """The means that the network takes over the positions of a frame, on its way through."""
        measured = self._module.measure(tensor(_padded(frame)[None]), *map(tensor, code))
        return tuple(np.asarray(one) for one in measured)

    def paint(
        self,
        frames: Sequence[np.ndarray],
        code: Code,
        moments: Sequence[Moments] = (),
    ) -> list[np.ndarray]:
        """See ``FastNetwork.paint``."""
        import tensorflow as tf

        height, width = frames[0].shape[:2]
        padded = [_padded(frame) for frame in frames]
        batch = tensor(padded[0][None] if len(frames) == 1 else np.stack(padded))
        repeated = [tensor(np.repeat(part, len(frames), 0)) for part in code]
        if moments and moments[0]:
            held = [tensor(np.concatenate(part)) for part in zip(*moments, strict=True)]
            painted = self._module.hold(batch, *repeated, *held)
        else:
            painted = self._module.paint(batch, *repeated)
        inside = np.asarray(tf.clip_by_value(painted, 0, 1))[:, :height, :width]
        return list(inside)


class UncutHubNetwork:
    """A module whose graph could not be cut: it encodes the style with every frame."""

    bytes_per_pixel = 0
    """Never tiled: its moments would differ from tile to tile."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def encode(self, style: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """The style picture itself, with its weight."""
        return [(style, 1.0)]

    def mix(
        self, codes: Sequence[list[tuple[np.ndarray, float]]], weights: Sequence[float]
    ) -> list[tuple[np.ndarray, float]]:
        """All pictures with their weights: what is painted is the mean of paintings."""
        return [
            (style, share * weight)
            for code, weight in zip(codes, weights, strict=True)
            for style, share in code
        ]

    def measure(self, frame: np.ndarray, code: Any) -> Moments:
        """Nothing: what it measures cannot be reached."""
        return ()

    def paint(
        self, frames: Sequence[np.ndarray], code: list[tuple[np.ndarray, float]], moments=()
    ) -> list[np.ndarray]:
        """See ``FastNetwork.paint``; frame by frame."""
        return [self._painted(frame, code) for frame in frames]

    def _painted(self, frame: np.ndarray, code: list[tuple[np.ndarray, float]]) -> np.ndarray:
        height, width = frame.shape[:2]
        padded = tensor(_padded(frame)[None])
        painted = [weight * np.asarray(self._call(padded, tensor(style[None])))
                   for style, weight in code]  # fmt: skip
        return np.clip(np.sum(painted, 0)[0, :height, :width], 0, 1).astype(np.float32)


def _between(values: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    pairs = zip(values, weights, strict=True)
    return np.sum([np.float32(weight) * value for value, weight in pairs], 0)


def _padded(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    below, right = -height % MULTIPLE, -width % MULTIPLE
    if not (below or right):
        return frame
    return cv2.copyMakeBorder(frame, 0, below, 0, right, cv2.BORDER_REPLICATE)


def tensor(values: np.ndarray) -> Any:
    """An array as TensorFlow takes it."""
    import tensorflow as tf

    return tf.convert_to_tensor(values)
