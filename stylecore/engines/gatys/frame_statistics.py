"""Takes means of features over the positions of a picture, in windows where it is large."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops, tree

from stylecore.engines.tiles import Window, reach, stride, windows
from stylecore.losses.representations import make_landmarks, needed_statistics, statistics
from stylecore.losses.terms import squared_error
from stylecore.networks.backend import compiled
from stylecore.settings import GatysSettings

Tensor = Any
Features = Callable[[Tensor], Mapping[str, Tensor]]
"""(N, H, W, 3) in [0, 1] -> layer -> (N, h, w, C)."""
Means = dict[str, Any]
""""style": for each region, layer -> statistics; "content": layer -> mean squared errors."""


@dataclass(frozen=True)
class View:
    """A window of a frame, and what its means are to those of the whole."""

    window: Window
    inside: dict[str, Any]
    """What means are taken of there, as for ``FrameStatistics.of``."""
    shares: Means
    """Of the window in every mean over the whole."""


class FrameStatistics:
    """What a network sees of a picture, in means over positions.

    Means can be gathered window by window, and differentiated by the pixels of one window.
    """

    def __init__(self, features: Features, settings: GatysSettings) -> None:
        """
        Args:
            features: the judging network.
            settings: layers and representations.
        """
        self._features = features
        self._style_layers = tuple(settings.style_layers)
        self._content_layers = tuple(settings.content_layers)
        self._layers = sorted({*self._style_layers, *self._content_layers})
        self._needed = needed_statistics(settings.representations)
        self._margin = reach(self._layers)
        self._look = compiled(features)
        self.compiled = compiled(self.of)

    def of(self, images: Tensor, inside: Mapping[str, Any]) -> Means:
        """Means over positions; those of a window only over its core.

        Args:
            images: (1, H, W, 3) in [0, 1].
            inside: "content" (layer -> features of the source), "positions" (for each region,
                layer -> how much each position counts), "landmarks", and in a window "core"
                (layer -> (1, h, w, 1), 1 where it counts).
        """
        found = self._features(images)
        features = {name: ops.cast(values, "float32") for name, values in found.items()}
        core = inside.get("core", {})
        return {
            "style": [
                {
                    name: statistics(
                        features[name],
                        self._needed,
                        positions=positions.get(name),
                        landmarks=inside["landmarks"].get(name),
                    )
                    for name in self._style_layers
                }
                for positions in inside["positions"] or [core]
            ],
            "content": {
                name: squared_error(features[name], target, core.get(name))
                for name, target in inside["content"].items()
            },
        }

    def of_style(self, picture: np.ndarray, landmarks: dict[str, Any], pixels: int) -> Any:
        """Layer -> statistics of a style picture (h, w, 3), at most ``pixels`` at once."""
        image = tensor(picture[None])
        bare = {"content": {}, "positions": [], "landmarks": landmarks}
        views = self.views(bare, picture.shape[:2], pixels)
        if not views:
            return self.compiled(image, bare)["style"][0]
        every = [
            times(self.compiled(cut(image, view.window), view.inside), view.shares)
            for view in views
        ]
        return tree.map_structure(lambda *parts: sum(parts[1:], parts[0]), *every)["style"][0]

    def landmarks(self, pictures: Sequence[np.ndarray], pixels: int) -> dict[str, Any]:
        """Layer -> landmarks, where a representation needs them.

        They are positions of the styles, from the first window of each where they are large.
        """
        if "embedding" not in self._needed:
            return {}
        firsts = [
            self._look(cut(picture[None], self._windows(picture.shape[:2], pixels)[0]))
            for picture in pictures
        ]
        return {
            name: make_landmarks([ops.cast(first[name], "float32") for first in firsts])
            for name in self._style_layers
        }

    def content(self, picture: np.ndarray, pixels: int) -> dict[str, Tensor]:
        """Layer -> content features of a whole picture (H, W, 3)."""
        whole: dict[str, np.ndarray] = {}
        height, width = picture.shape[:2]
        for window in self._windows((height, width), pixels):
            found = self._look(tensor(cut(picture[None], window)))
            for name in self._content_layers:
                features = ops.convert_to_numpy(ops.cast(found[name], "float32"))
                step = stride(name)
                if name not in whole:
                    shape = (1, height // step, width // step, features.shape[-1])
                    whole[name] = np.zeros(shape, np.float32)
                scaled = window.at(step)
                core = features[:, *scaled.core_inside]
                whole[name][:, scaled.core_rows, scaled.core_columns] = core
        return {name: tensor(values) for name, values in whole.items()}

    def views(self, inside: dict[str, Any], shape: tuple[int, int], pixels: int) -> list[View]:
        """The windows of a frame, with their parts of what is ``inside``; none if it is small."""
        parts = self._windows(shape, pixels)
        return [self._view(inside, part, shape) for part in parts] if len(parts) > 1 else []

    def _windows(self, shape: tuple[int, int], pixels: int) -> list[Window]:
        return windows(shape, margin=self._margin, pixels=pixels)

    def _view(self, inside: dict[str, Any], window: Window, shape: tuple[int, int]) -> View:
        scaled = {name: window.at(stride(name)) for name in self._layers}
        cores = {name: scaled[name].core_mask() for name in self._layers}
        regions = [
            {name: cut(mask, scaled[name]) * cores[name] for name, mask in region.items()}
            for region in inside["positions"]
        ]
        here = {
            "core": {name: tensor(mask) for name, mask in cores.items()},
            "positions": regions,
            "landmarks": inside["landmarks"],
            "content": {name: cut(all_, scaled[name]) for name, all_ in inside["content"].items()},
        }
        plain = {
            name: mask.sum() / np.prod([side // stride(name) for side in shape])
            for name, mask in cores.items()
        }
        of_regions = [
            {name: ops.sum(mask) / ops.sum(region[name]) for name, mask in part.items()}
            for part, region in zip(regions, inside["positions"], strict=True)
        ]
        return View(window, here, {"style": of_regions or [plain], "content": plain})


def times(means: Means, shares: Means) -> Means:
    """Means, each layer's times its share."""
    style = [
        {
            name: tree.map_structure(lambda value, by=share[name]: value * by, found)
            for name, found in region.items()
        }
        for region, share in zip(means["style"], shares["style"], strict=True)
    ]
    content = {name: value * shares["content"][name] for name, value in means["content"].items()}
    return {"style": style, "content": content}


def cut(images: Any, window: Window) -> Any:
    """(N, h, w, C): the part of (N, H, W, C) that a window shows."""
    return images[:, window.rows, window.columns]


def tensor(values: Any) -> Tensor:
    """Numbers as float32 on the device."""
    return ops.convert_to_tensor(np.asarray(values, np.float32))
