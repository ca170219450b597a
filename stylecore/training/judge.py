"""What a painter's pictures are judged by while it is trained.

The loss of a batch is, with weights,

    content at block4_conv2 + style at block1_conv1 ... block5_conv1, as the gatys engine has them,
    + the same style distance of both without their colours
    + total variation + what leaves [0, 1] + what is a grid + palette
    + mean |painted next frame - painted frame moved along the known motion|^2 (Huang et al. 2017)
    + where there is a painting teacher, distances from what it painted.

The style term t of a layer passes log(1 + k t) / k, and content t passes log(1 + t), so that a
picture far from its goal does not outweigh the others.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import keras
from keras import ops

from stylecore.arrays.light import LUMA
from stylecore.losses.terms import (
    feature_distance,
    gram,
    gram_distance,
    grid_energy,
    palette_distance,
    temporal_loss,
    total_variation,
)
from stylecore.settings import GATYS_CONTENT_LAYERS, GATYS_STYLE_LAYERS
from stylecore.training.settings import PainterTraining

Tensor = Any
Terms = dict[str, Tensor]
Grams = dict[str, dict[str, Tensor]]
"""Gram matrices by layer, of a picture and of it without colours."""

LAYERS = (*GATYS_STYLE_LAYERS, *GATYS_CONTENT_LAYERS)
RANGE_WEIGHT = 20.0
GRID_WEIGHT = 1.0
PALETTE_WEIGHT = 3.0
PAINTING_LAYERS = ("block2_conv1", "block3_conv1", "block4_conv1")
PLAIN_STYLE = "style_distance"
"""The style term before it is bent; shown only."""
STYLE_BEND = 10.0
"""k of the style term."""


class Judge:
    """Terms of the loss of painted pictures, (N, H, W, 3) in about [0, 1]."""

    def __init__(self, teacher: keras.Model, settings: PainterTraining) -> None:
        """
        Args:
            teacher: frozen, from pictures to activations of LAYERS.
            settings: the weights.
        """
        self._teacher = teacher
        self.weights = {
            "content": settings.content_weight,
            "style": settings.style_weight,
            "variation": settings.variation_weight,
            "temporal": settings.temporal_weight,
            "range": RANGE_WEIGHT,
            "grid": GRID_WEIGHT,
            "palette": PALETTE_WEIGHT,
        }
        if settings.grey_style_weight:
            self.weights["grey_style"] = settings.grey_style_weight

    def total(self, terms: Mapping[str, Tensor]) -> Tensor:
        """The loss: weighted sum of those terms that have a weight."""
        return sum(weight * terms[name] for name, weight in self.weights.items())

    def grams(self, styles: Tensor) -> Grams:
        """What is wanted of the style: of (G, h, w, 3)."""
        grams = {"style": self._grams(self._features(styles))}
        if "grey_style" in self.weights:
            grams["grey_style"] = self._grams(self._features(grey_alike(styles)))
        return grams

    def of_surface(self, painted: Tensor, mean: Tensor, inverse: Tensor) -> Terms:
        """Terms of pixels alone; ``mean`` and ``inverse``: see ``palette_distance``."""
        return {
            "variation": total_variation(painted),
            "range": ops.mean(ops.relu(ops.abs(painted - 0.5) - 0.5)),
            "grid": ops.mean(ops.log1p(grid_energy(painted))),
            "palette": ops.mean(ops.log1p(palette_distance(painted, mean, inverse))),
        }

    def of_features(
        self, painted: Tensor, content: Tensor, wanted: Grams, painting: Tensor | None = None
    ) -> Terms:
        """Terms of the teacher's features.

        Args:
            painted: (N, H, W, 3).
            content: the photographs, of the same shape.
            wanted: of N styles, or of one.
            painting: the photographs as a painting teacher paints them.
        """
        found, aimed = self._features(painted), self._features(content)
        grams = self._grams(found)
        plain, bent = _style_distance(grams, wanted["style"])
        terms = {PLAIN_STYLE: plain, "style": bent}
        terms["content"] = _distance(found, aimed, GATYS_CONTENT_LAYERS)
        if "grey_style" in wanted:
            grey = self._grams(self._features(grey_alike(painted)))
            terms["grey_style"] = _style_distance(grey, wanted["grey_style"])[1]
        if painting is not None:
            aimed = self._features(painting)
            terms["painting"] = ops.mean(ops.abs(painted - painting))
            terms["painting_features"] = _distance(found, aimed, PAINTING_LAYERS)
            terms["painting_style"] = _style_distance(grams, self._grams(aimed))[1]
        return terms

    def _features(self, images: Tensor) -> dict[str, Tensor]:
        return {name: ops.cast(values, "float32") for name, values in self._teacher(images).items()}

    @staticmethod
    def _grams(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: gram(features[name]) for name in GATYS_STYLE_LAYERS}


def repeated(grams: Grams, times: int) -> Grams:
    """Of G styles for G * times pictures, each style's one after the other."""
    return {
        kind: {name: ops.repeat(matrices, times, 0) for name, matrices in by_layer.items()}
        for kind, by_layer in grams.items()
    }


def grey_alike(images: Tensor) -> Tensor:
    """(N, H, W, 3) without colour: luminance brought to a mean of 0.5 and a deviation of 0.2."""
    grey = ops.tensordot(images, LUMA, 1)[..., None]
    centred = grey - ops.mean(grey, (1, 2), keepdims=True)
    deviation = ops.sqrt(ops.mean(ops.square(centred), (1, 2), keepdims=True) + 1e-4)
    return ops.repeat(0.5 + 0.2 * centred / deviation, 3, -1)


def moved_difference(painted: Tensor, following: Tensor, places: Tensor, shares: Tensor) -> Tensor:
    """Masked mean square difference of painted next frames from painted frames moved onto them.

    Args:
        painted, following: (P, H, W, 3).
        places, shares: the motion, see ``stylecore.training.scenes``.
    """
    count, height, width, _ = ops.shape(following)
    pixels = ops.reshape(painted, (-1, 3))
    first = ops.reshape(ops.arange(count, dtype="int32") * height * width, (count, 1, 1))
    near = ops.take(pixels, places + first, axis=0)
    shares = shares[..., None]
    shape = (count, height, width, -1)
    warped = ops.reshape(ops.sum(near * shares, 2), shape)
    mask = ops.reshape(ops.sum(shares, 2), shape)
    return temporal_loss(following, warped, mask)


def _distance(
    found: Mapping[str, Tensor], aimed: Mapping[str, Tensor], layers: Iterable[str]
) -> Tensor:
    """Sum over layers of the bent feature distance."""
    terms = [ops.mean(ops.log1p(feature_distance(found[name], aimed[name]))) for name in layers]
    return sum(terms)


def _style_distance(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor]:
    """Mean over layers, plain and bent."""
    distances = [gram_distance(found[name], wanted[name]) for name in GATYS_STYLE_LAYERS]
    bent = [ops.mean(ops.log1p(STYLE_BEND * distance)) for distance in distances]
    return ops.mean(ops.stack(distances)), sum(bent) / (STYLE_BEND * len(bent))
