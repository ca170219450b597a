"""What a frame is judged by, for frames of any size.

Everything that is asked of features is a mean over places (statistics of the style, errors of the
content), so it can be gathered window by window. The gradient of a large frame is then exact with
the memory of one window: first the means of the whole are gathered, then the total is
differentiated by them, and then each window once more by its pixels, with these slopes as weights.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from keras import ops, tree

from stylecore.arrays.images import resize
from stylecore.engines.base import Reference
from stylecore.engines.tiles import Window, reach, stride, windows
from stylecore.losses.representations import (
    make_landmarks,
    mixed,
    needed_statistics,
    statistics,
    style_distance,
)
from stylecore.losses.terms import channel_energy, temporal_loss, total_variation
from stylecore.networks.backend import compiled, gradient_of
from stylecore.settings import GatysSettings

Tensor = Any
Features = Callable[[Tensor], Mapping[str, Tensor]]
Goals = dict[str, Any]

_SMALLEST_STYLE = 16


@dataclass(frozen=True)
class StyleTargets:
    """What the styles look like to the network, at one size of frame."""

    styles: list[dict[str, Any]]
    """For each style, layer -> statistics."""
    landmarks: dict[str, Any]
    """Layer -> landmarks, where a representation needs them."""


class Objective:
    """Content + style + total-variation + temporal loss of a frame, and its gradient."""

    def __init__(self, features: Features, settings: GatysSettings, *, temporal: float) -> None:
        """
        Args:
            features: the judging network.
            settings: layers, weights and representations.
            temporal: weight of the temporal loss.
        """
        self._features = features
        self._settings = settings
        self._temporal = temporal
        self._needed = needed_statistics(settings.representations)
        self._layers = sorted({*settings.style_layers, *settings.content_layers})
        self._margin = reach(self._layers)
        self._whole = compiled(gradient_of(self._loss))
        self._look = compiled(features)
        self._observed = compiled(self._observe)
        self._judged = compiled(gradient_of(self._judge))
        self._weighed = compiled(gradient_of(self._weigh))
        self._pixels = compiled(gradient_of(self._pixel_loss))

    # --- goals -----------------------------------------------------------------------------------

    def style_targets(
        self, styles: Sequence[np.ndarray], shape: tuple[int, int], *, pixels: int
    ) -> StyleTargets:
        """Statistics of the styles, each scaled to the area of the frame times style_scale².

        Args:
            styles: (h, w, 3) float32 in [0, 1].
            shape: height and width of the frame.
            pixels: most pixels to look at at once.
        """
        pictures = [self._at_scale(style, shape[0] * shape[1]) for style in styles]
        landmarks = self._landmarks(pictures, pixels)
        found = [self._statistics(picture, landmarks, pixels) for picture in pictures]
        return StyleTargets(found, landmarks)

    def goals(
        self,
        content: np.ndarray,
        targets: StyleTargets,
        *,
        pixels: int,
        style_weights: Sequence[float] = (1.0,),
        style_masks: np.ndarray | None = None,
        references: Sequence[Reference] = (),
    ) -> Goals:
        """What a frame is compared with.

        Args:
            content: (H, W, 3), the source frame.
            targets: of the styles, at the frame's size.
            pixels: most pixels to look at at once; a larger frame is looked at in windows.
            style_weights: how much of each style.
            style_masks: (styles, H, W), where each style counts, instead of the weights.
            references: pictures that the frame shall stay near to.
        """
        shape = content.shape[:2]
        goals: Goals = {
            "content": {},
            "energy": {},
            "references": [
                {"image": _tensor(one.image[None]), "mask": _tensor(one.mask[None, ..., None])}
                for one in references
            ],
            "landmarks": targets.landmarks,
            "places": [],
        }
        if self._settings.content_weight and self._settings.content_layers:
            goals["content"], goals["energy"] = self._content(content, pixels)
        if style_masks is None:
            goals["style"] = [_mixed(targets.styles, style_weights)]
            goals["shares"] = _tensor([1.0])
        else:
            goals["style"] = targets.styles
            shares = style_masks.mean((1, 2))
            goals["shares"] = _tensor(shares / shares.sum())
            goals["places"] = [self._places(mask) for mask in style_masks]
        parts = windows(shape, margin=self._margin, pixels=pixels)
        views = [self._view(goals, part, shape) for part in parts] if len(parts) > 1 else []
        goals["views"] = views
        return goals

    def gradient(self, images: Tensor, goals: Goals) -> tuple[dict[str, Tensor], Tensor]:
        """Every term of the loss, and the slope of their weighted sum, for images (1, H, W, 3)."""
        goals = dict(goals)
        views = goals.pop("views")
        if not views:
            return self._whole(images, goals)
        terms, slope = self._pixels(images, goals)
        seen = None
        for part, view, share in views:
            here = _times(self._observed(_cut(images, part), view), share)
            seen = here if seen is None else tree.map_structure(ops.add, seen, here)
        judged, weights = self._judged(seen, goals)
        slope = ops.convert_to_numpy(slope).copy()
        size = float(np.prod(images.shape))
        for part, view, share in views:
            _, change = self._weighed(_cut(images, part), (view, _times(weights, share)))
            slope[:, part.rows, part.columns] += size * ops.convert_to_numpy(change)
        terms = {**terms, **judged, "total": terms["total"] + judged["total"]}
        return terms, _tensor(slope)

    # --- the loss --------------------------------------------------------------------------------

    def _loss(self, images: Tensor, goals: Goals) -> tuple[Tensor, dict[str, Tensor]]:
        view = {name: goals[name] for name in ("content", "places", "landmarks")}
        judged, terms = self._judge(self._observe(images, view), goals)
        per_pixel, others = self._pixel_loss(images, goals)
        size = float(np.prod(images.shape))
        total = terms["total"] + others["total"]
        return judged * size + per_pixel, {**terms, **others, "total": total}

    def _observe(self, images: Tensor, view: Mapping[str, Any]) -> dict[str, Any]:
        """Means over places; those of a window only over its core."""
        found = self._features(images)
        features = {name: ops.cast(values, "float32") for name, values in found.items()}
        core = view.get("core", {})
        return {
            "style": [
                {
                    name: statistics(
                        features[name],
                        self._needed,
                        places=places.get(name),
                        landmarks=view["landmarks"].get(name),
                    )
                    for name in self._settings.style_layers
                }
                for places in view["places"] or [core]
            ],
            "content": {
                name: _mean(ops.square(features[name] - target), core.get(name))
                for name, target in view["content"].items()
            },
        }

    def _judge(self, seen: Mapping[str, Any], goals: Goals) -> tuple[Tensor, dict[str, Tensor]]:
        """Style and content loss from what was observed of the whole frame."""
        chosen = self._settings
        style = 0.0
        for region, (found, target) in enumerate(zip(seen["style"], goals["style"], strict=True)):
            distances = {
                name: ops.mean(
                    style_distance(
                        found[name],
                        target[name],
                        chosen.representations,
                        landmarks=goals["landmarks"].get(name),
                    )
                )
                for name in chosen.style_layers
            }
            style = style + goals["shares"][region] * _average(distances, chosen.style_layers)
        terms = {"style": style}
        total = chosen.style_weight * style
        if seen["content"]:
            errors = {
                name: ops.mean(error / goals["energy"][name])
                for name, error in seen["content"].items()
            }
            terms["content"] = _average(errors, chosen.content_layers)
            total = total + chosen.content_weight * terms["content"]
        return total, {**terms, "total": total}

    def _weigh(self, images: Tensor, about: tuple[Any, Any]) -> tuple[Tensor, dict[str, Tensor]]:
        """A window's share in the change of what is observed."""
        view, weights = about
        seen = tree.flatten(self._observe(images, view))
        pairs = zip(seen, tree.flatten(weights), strict=True)
        return sum(ops.sum(found * weight) for found, weight in pairs), {}

    def _pixel_loss(self, images: Tensor, goals: Goals) -> tuple[Tensor, dict[str, Tensor]]:
        """Terms that need no network. The slope is for each pixel, not for the mean of all:
        optimisers have thresholds that are absolute numbers."""
        terms = {"variation": total_variation(images)}
        total = self._settings.variation_weight * terms["variation"]
        if goals["references"]:
            terms["temporal"] = sum(
                temporal_loss(images, one["image"], one["mask"]) for one in goals["references"]
            )
            total = total + self._temporal * terms["temporal"]
        return total * float(np.prod(images.shape)), {**terms, "total": total}

    # --- looking at pictures ---------------------------------------------------------------------

    def _at_scale(self, style: np.ndarray, frame_area: int) -> np.ndarray:
        height, width = style.shape[:2]
        scale = self._settings.style_scale * (frame_area / (height * width)) ** 0.5
        sides = (max(_SMALLEST_STYLE, round(side * scale)) for side in (width, height))
        return resize(style, tuple(sides))

    def _landmarks(self, pictures: Sequence[np.ndarray], pixels: int) -> dict[str, Any]:
        """Places of the styles, from the first window of each where they are large."""
        if "embedding" not in self._needed:
            return {}
        firsts = [
            self._look(_cut(picture[None], self._windows(picture, pixels)[0]))
            for picture in pictures
        ]
        return {
            name: make_landmarks([ops.cast(first[name], "float32") for first in firsts])
            for name in self._settings.style_layers
        }

    def _statistics(
        self, picture: np.ndarray, landmarks: dict[str, Any], pixels: int
    ) -> dict[str, Any]:
        image = _tensor(picture[None])
        bare: Goals = {"content": {}, "places": [], "landmarks": landmarks}
        parts = self._windows(picture, pixels)
        if len(parts) == 1:
            return self._observed(image, bare)["style"][0]
        views = [self._view(bare, part, picture.shape[:2]) for part in parts]
        every = [
            _times(self._observed(_cut(image, part), view), share) for part, view, share in views
        ]
        return tree.map_structure(lambda *parts: sum(parts[1:], parts[0]), *every)["style"][0]

    def _content(
        self, picture: np.ndarray, pixels: int
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Content features of the whole picture, and the mean square of each of their channels."""
        whole: dict[str, np.ndarray] = {}
        height, width = picture.shape[:2]
        for part in self._windows(picture, pixels):
            found = self._look(_tensor(_cut(picture[None], part)))
            for name in self._settings.content_layers:
                features = ops.convert_to_numpy(ops.cast(found[name], "float32"))
                step = stride(name)
                if name not in whole:
                    shape = (1, height // step, width // step, features.shape[-1])
                    whole[name] = np.zeros(shape, np.float32)
                scaled = part.at(step)
                inner_rows = _within(scaled.core_rows, scaled.rows)
                inner_columns = _within(scaled.core_columns, scaled.columns)
                core = features[:, inner_rows, inner_columns]
                whole[name][:, scaled.core_rows, scaled.core_columns] = core
        content = {name: _tensor(values) for name, values in whole.items()}
        energy = {
            name: channel_energy(ops.mean(ops.square(values), (1, 2)))
            for name, values in content.items()
        }
        return content, energy

    def _windows(self, picture: np.ndarray, pixels: int) -> list[Window]:
        return windows(picture.shape[:2], margin=self._margin, pixels=pixels)

    def _places(self, mask: np.ndarray) -> dict[str, Tensor]:
        """Layer -> (1, h, w, 1), how much each place of the layer belongs to a style."""
        height, width = mask.shape
        places = {}
        for name in self._settings.style_layers:
            size = (width // stride(name), height // stride(name))
            scaled = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            places[name] = _tensor(scaled[None, ..., None])
        return places

    def _view(
        self, goals: Goals, part: Window, shape: tuple[int, int]
    ) -> tuple[Window, dict[str, Any], dict[str, Any]]:
        """(window, what is observed there, its share in each mean over the whole)."""
        scaled = {name: part.at(stride(name)) for name in self._layers}
        cores = {name: scaled[name].core_mask() for name in self._layers}
        regions = [
            {name: _cut(mask, scaled[name]) * cores[name] for name, mask in region.items()}
            for region in goals["places"]
        ]
        view = {
            "core": {name: _tensor(mask) for name, mask in cores.items()},
            "places": regions,
            "landmarks": goals["landmarks"],
            "content": {name: _cut(all_, scaled[name]) for name, all_ in goals["content"].items()},
        }
        plain = {
            name: mask.sum() / np.prod([side // stride(name) for side in shape])
            for name, mask in cores.items()
        }
        shares = {
            "style": [
                {name: ops.sum(mask) / ops.sum(region[name]) for name, mask in inside.items()}
                for inside, region in zip(regions, goals["places"], strict=True)
            ]
            or [plain],
            "content": plain,
        }
        return part, view, shares


def _times(seen: Mapping[str, Any], shares: Mapping[str, Any]) -> dict[str, Any]:
    """What was observed, each layer times its share."""
    style = [
        {
            name: tree.map_structure(lambda value, by=share[name]: value * by, found)
            for name, found in region.items()
        }
        for region, share in zip(seen["style"], shares["style"], strict=True)
    ]
    content = {name: value * shares["content"][name] for name, value in seen["content"].items()}
    return {"style": style, "content": content}


def _mixed(styles: Sequence[Mapping[str, Any]], weights: Sequence[float]) -> dict[str, Any]:
    return {name: mixed([style[name] for style in styles], weights) for name in styles[0]}


def _mean(values: Tensor, places: Tensor | None) -> Tensor:
    """(N, C) of (N, H, W, C): the mean over all places, or over some."""
    if places is None:
        return ops.mean(values, (1, 2))
    return ops.sum(values * places, (1, 2)) / ops.sum(places, (1, 2))


def _average(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    scale = sum(weights.values()) or 1.0
    return sum((weights[name] / scale) * term for name, term in terms.items())


def _cut(images: Any, part: Window) -> Any:
    return images[:, part.rows, part.columns]


def _within(core: slice, window: slice) -> slice:
    return slice(core.start - window.start, core.stop - window.start)


def _tensor(values: Any) -> Tensor:
    return ops.convert_to_tensor(np.asarray(values, np.float32))
