"""How far a frame has the style, and keeps the content, by the features of a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from stylecore.arrays.images import at_side
from stylecore.arrays.metrics import structure_distance
from stylecore.evaluation.recognition import grey_alike, stroke_distance, stroke_grams
from stylecore.losses.terms import content_loss, gram, style_loss
from stylecore.networks.backend import compiled
from stylecore.networks.features import load_features
from stylecore.settings import GATYS_CONTENT_LAYERS, GATYS_STYLE_LAYERS

NetworkName = Literal["compact", "vgg19", "vgg16"]
LAYERS = tuple(dict.fromkeys((*GATYS_STYLE_LAYERS, *GATYS_CONTENT_LAYERS)))
CONTENT_LAYER = max(GATYS_CONTENT_LAYERS)
FEATURE_SIDE = 512
"""Longer side in pixels that frames and styles are looked at with; the networks see strokes of one
size only, so both are scaled to it."""


class Appearance:
    """Compares frames with their source and with the styles, all at one scale.

    Of several styles the nearest counts: a result may change from one to the next.
    """

    def __init__(
        self,
        styles: Sequence[np.ndarray],
        others: Sequence[np.ndarray] = (),
        *,
        features: NetworkName = "compact",
        weights: Path | None = None,
    ) -> None:
        """Takes the styles.

        Args:
            styles: at least one, (h, w, 3) float32 RGB in [0, 1], of any size.
            others: pictures that the result is not in the style of, for recognition.
            features: the network that judges.
            weights: file of its weights; those that ship or are downloaded when None.

        Raises:
            WeightsError: the network's weights are missing or do not fit.
        """
        network = load_features(features, LAYERS, weights=weights)
        self._see = compiled(lambda pictures: network(pictures))
        scaled = [_at_scale(style) for style in styles]
        self._grams = [self._style_grams(style) for style in scaled]
        self._strokes = [self._strokes_of(style) for style in (*scaled, *map(_at_scale, others))]
        self._own = len(scaled)

    def measures(self, source: np.ndarray, result: np.ndarray) -> dict[str, float]:
        """Figures of one frame; ``stylecore.evaluation.measures`` says what each is.

        Args:
            source, result: (H, W, 3) float32 RGB in [0, 1], of one size.
        """
        source, result = _at_scale(source), _at_scale(result)
        before, after = self._features(source), self._features(result)
        content = content_loss(after, before, GATYS_CONTENT_LAYERS)[0]
        structure = structure_distance(*(_array(one[CONTENT_LAYER]) for one in (before, after)))
        return {
            "style": self._style_distance(after),
            "style_source": self._style_distance(before),
            "content": float(content),
            "structure": structure,
            **self._recognition(source, result),
        }

    def _style_distance(self, features: Mapping[str, Any]) -> float:
        return min(
            float(style_loss(features, grams, GATYS_STYLE_LAYERS)[0]) for grams in self._grams
        )

    def _recognition(self, source: np.ndarray, result: np.ndarray) -> dict[str, float]:
        drawn, given = self._strokes_of(result), self._strokes_of(source)
        distances = [stroke_distance(drawn, strokes) for strokes in self._strokes]
        own = min(distances[: self._own])
        unpainted = min(stroke_distance(given, strokes) for strokes in self._strokes[: self._own])
        found = {"strokes": own / max(unpainted, 1e-12)}
        if len(self._strokes) > self._own:
            rank = 1 + sum(distance < own for distance in distances[self._own :])
            found |= {"recognised": float(rank == 1), "rank": float(rank)}
        return found

    def _style_grams(self, style: np.ndarray) -> dict[str, Any]:
        features = self._features(style)
        return {name: gram(features[name]) for name in GATYS_STYLE_LAYERS}

    def _strokes_of(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        return stroke_grams(self._features(grey_alike(picture)), tuple(GATYS_STYLE_LAYERS))

    def _features(self, picture: np.ndarray) -> Mapping[str, Any]:
        seen: Mapping[str, Any] = self._see(picture[None])
        return seen


def _at_scale(picture: np.ndarray) -> np.ndarray:
    return at_side(picture, FEATURE_SIDE)


def _array(features: Any) -> np.ndarray:
    """(h, w, C) of a batch of one."""
    from keras import ops

    return np.asarray(ops.convert_to_numpy(ops.cast(features, "float32")))[0]
