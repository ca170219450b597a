"""Evaluates a frame's loss and its gradient, for frames of any size.

The formulas stand in ``stylecore.losses``; here they are applied window by window. All that is
asked of features is a mean over positions (statistics of the style, errors of the content). The
gradient of a large frame is exact with the memory of one window: first the means of the whole are
gathered, then the total is differentiated by them, and then each window once more by its pixels,
with these derivatives as weights.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
from keras import ops, tree

from stylecore.engines.gatys.frame_statistics import (
    Features,
    FrameStatistics,
    Means,
    Tensor,
    View,
    cut,
    tensor,
    times,
)
from stylecore.engines.gatys.targets import TargetBuilder, Targets
from stylecore.losses.representations import regional_style_loss
from stylecore.losses.terms import (
    Terms,
    content_distance,
    long_term_loss,
    total_variation,
    weighted_mean,
    weighted_sum,
)
from stylecore.networks.backend import compiled, gradient_of
from stylecore.settings import GatysSettings


class Objective:
    """Content + style + total-variation + temporal loss of a frame, and its gradient.

    Attributes:
        targets: makes what frames are compared with.
    """

    def __init__(self, features: Features, settings: GatysSettings, *, temporal: float) -> None:
        """
        Args:
            features: the judging network.
            settings: layers, weights and representations.
            temporal: weight of the temporal loss.
        """
        self._settings = settings
        self._weights = {
            "style": settings.style_weight,
            "content": settings.content_weight,
            "variation": settings.variation_weight,
            "temporal": temporal,
        }
        self._statistics = FrameStatistics(features, settings)
        self.targets = TargetBuilder(self._statistics, settings)
        self._whole = compiled(gradient_of(self._loss))
        self._of_means = compiled(gradient_of(self._feature_loss))
        self._of_window = compiled(gradient_of(self._window_gradient))
        self._of_pixels = compiled(gradient_of(self._pixel_loss))

    def gradient(self, images: Tensor, targets: Targets) -> tuple[Terms, Tensor]:
        """Every term of the loss, and the gradient of their weighted sum.

        Args:
            images: (1, H, W, 3) in [0, 1].
            targets: of the frame, see ``TargetBuilder.of_frame``.

        Returns:
            Name of a term -> its value before weighting, "total" their weighted sum; and (1, H, W,
            3), the gradient of the total times the number of values in the picture: optimisers
            have thresholds that are absolute numbers.
        """
        targets = dict(targets)
        views: list[View] = targets.pop("views")
        if not views:
            return self._whole(images, targets)
        of_pixels, gradient = self._of_pixels(images, targets)
        of_features, weights = self._of_means(self._gathered(images, views), targets)
        gradient = ops.convert_to_numpy(gradient).copy()
        size = float(np.prod(images.shape))
        for view in views:
            about = (view.inside, times(weights, view.shares))
            _, part = self._of_window(cut(images, view.window), about)
            gradient[:, view.window.rows, view.window.columns] += size * ops.convert_to_numpy(part)
        total = of_pixels["total"] + of_features["total"]
        return {**of_pixels, **of_features, "total": total}, tensor(gradient)

    def _gathered(self, images: Tensor, views: list[View]) -> Means:
        """Means of a whole frame, window by window."""
        parts = (
            times(self._statistics.compiled(cut(images, view.window), view.inside), view.shares)
            for view in views
        )
        return reduce(lambda whole, part: tree.map_structure(ops.add, whole, part), parts)

    def _loss(self, images: Tensor, targets: Targets) -> tuple[Tensor, Terms]:
        inside = {name: targets[name] for name in ("content", "positions", "landmarks")}
        of_features, terms = self._feature_loss(self._statistics.of(images, inside), targets)
        of_pixels, others = self._pixel_loss(images, targets)
        size = float(np.prod(images.shape))
        total = terms["total"] + others["total"]
        return of_features * size + of_pixels, {**terms, **others, "total": total}

    def _feature_loss(self, means: Mapping[str, Any], targets: Targets) -> tuple[Tensor, Terms]:
        """Style and content loss from the means of the whole frame."""
        terms = {
            "style": regional_style_loss(
                means["style"],
                targets["style"],
                targets["shares"],
                layers=self._settings.style_layers,
                representations=self._settings.representations,
                landmarks=targets["landmarks"],
            )
        }
        if means["content"]:
            distances = {
                name: ops.mean(content_distance(errors, targets["energy"][name]))
                for name, errors in means["content"].items()
            }
            terms["content"] = weighted_mean(distances, self._settings.content_layers)
        total = weighted_sum(terms, self._weights)
        return total, {**terms, "total": total}

    def _window_gradient(self, images: Tensor, about: tuple[Any, Means]) -> tuple[Tensor, Terms]:
        """Inner product of the window's means with dL/d(means); its pixel gradient is the window's
        part of the whole."""
        inside, weights = about
        means = tree.flatten(self._statistics.of(images, inside))
        pairs = zip(means, tree.flatten(weights), strict=True)
        return sum(ops.sum(found * weight) for found, weight in pairs), {}

    def _pixel_loss(self, images: Tensor, targets: Targets) -> tuple[Tensor, Terms]:
        """Terms that need no network; the gradient is for each pixel, as ``gradient`` says."""
        terms = {"variation": total_variation(images)}
        if targets["references"]:
            terms["temporal"] = long_term_loss(images, targets["references"])
        total = weighted_sum(terms, self._weights)
        return total * float(np.prod(images.shape)), {**terms, "total": total}
