"""Pictures that a network could not tell from a given one, layer by layer, begun from noise.

Content reconstructions (Mahendran and Vedaldi 2015; Gatys et al. 2015, figure 1, below) have the
features of one layer, ``losses.content_loss``: what they lack, the layer does not know. Style
reconstructions (Gatys et al. 2015, figure 1, above) have the Gram matrices of all chosen layers up
to one, ``losses.style_loss``: what of the picture is left when places are forgotten.

Where a layer says nothing of a pixel, total variation keeps it smooth (the prior of Mahendran and
Vedaldi, section 2.2), more strongly for the content of deeper layers, whose places lie further
apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import at_side
from stylecore.engines.gatys.adam import Descent
from stylecore.engines.gatys.engine import pixels_at_once
from stylecore.engines.gatys.objective import Objective
from stylecore.engines.tiles import stride
from stylecore.inspection.sheets import page
from stylecore.networks.features import FeatureNetwork, load_features
from stylecore.settings import LAYERS, GatysSettings
from stylecore.settings.inspection import ReconstructionSettings

DEFAULTS = ReconstructionSettings()
RATE = 0.02
"""Step size: noise is far from any picture."""
CONTRAST = 0.1
"""Of the noise, around grey: where a layer says nothing, louder noise would stay."""
MEMORY = 4.0
"""Gigabytes that one gradient may take."""
ORIGINAL = {"content": "the picture", "style": "whose style it is"}
UP_TO = {"content": "", "style": "up to "}
Kind = Literal["content", "style"]


@dataclass(frozen=True)
class Reconstruction:
    """A picture made from what some layers say.

    Attributes:
        kind: whether they say where things are (content), or forget it (style).
        layer: the layer, or the deepest of those that were matched.
        image: (H, W, 3) float32 RGB in [0, 1].
        distance: what is left of the loss of the features, 0 where the network sees no difference.
    """

    kind: Kind
    layer: str
    image: np.ndarray
    distance: float


def reconstructions(
    picture: np.ndarray,
    settings: ReconstructionSettings = DEFAULTS,
    *,
    style: np.ndarray | None = None,
) -> Iterator[Reconstruction]:
    """The content of a picture from each layer, then the style of it, or of another one.

    Args:
        picture: (H, W, 3) float32 RGB in [0, 1].
        settings: network, layers, size, steps and seed.
        style: (h, w, 3), whose style is reconstructed; the picture's own when None.

    Raises:
        WeightsError: the network's weights cannot be had, or do not reach to a layer.
        SettingsError: the picture does not fit into memory.
    """
    layers = sorted(settings.layers, key=LAYERS[settings.network].index)
    content = at_side(picture, settings.size)
    features = load_features(settings.network, layers, weights=settings.weights)
    for layer in layers:
        yield _reconstructed("content", [layer], content, features, settings)
    shown = content if style is None else at_side(style, settings.size)
    for deepest in range(1, len(layers) + 1):
        yield _reconstructed("style", layers[:deepest], shown, features, settings)


def reconstruction_sheet(
    picture: np.ndarray,
    found: list[Reconstruction],
    settings: ReconstructionSettings = DEFAULTS,
    *,
    style: np.ndarray | None = None,
) -> np.ndarray:
    """A sheet of all ``reconstructions``, content above style, each beside its original.

    Returns:
        (h, w, 3) float32 RGB in [0, 1].
    """
    originals = {"content": picture, "style": picture if style is None else style}
    rows = []
    for kind, original in originals.items():
        of_kind = [one for one in found if one.kind == kind]
        pictures = [at_side(original, settings.size), *(one.image for one in of_kind)]
        labels = [f"{UP_TO[kind]}{one.layer}, distance {one.distance:.2g}" for one in of_kind]
        rows.append(contact_sheet([("", pictures)], columns=[ORIGINAL[kind], *labels]))
    title = (
        f"Reconstructions from the network {settings.network}, from noise in {settings.steps} "
        "steps. Above, content: the picture has the features of one layer. Below, style: it has "
        "the Gram matrices of all these layers up to one. Distance: what is left of that loss."
    )
    return page(title, rows, columns=1)


def _reconstructed(
    kind: Kind,
    layers: Sequence[str],
    target: np.ndarray,
    features: FeatureNetwork,
    settings: ReconstructionSettings,
) -> Reconstruction:
    """``target`` from what ``layers`` say of it; the deepest is the last."""
    weights = dict.fromkeys(layers, 1.0)
    is_content = kind == "content"
    smoothness = settings.smoothness * (stride(layers[-1]) if is_content else 1)
    gatys = GatysSettings(
        features=settings.network, weights=settings.weights, content_layers=weights,
        style_layers=weights, content_weight=float(is_content), style_weight=float(not is_content),
        variation_weight=smoothness,
    )  # fmt: skip
    shape = target.shape[:2]
    objective = Objective(features, gatys, temporal=0.0)
    pixels = pixels_at_once(gatys, shape, MEMORY)
    styles = objective.targets.of_styles([target], shape, pixels=pixels)
    targets = objective.targets.of_frame(target, styles, pixels=pixels)
    noise = np.random.default_rng(settings.seed).random(target.shape, np.float32)
    start = 0.5 + CONTRAST * (noise - np.float32(0.5))
    images, terms, _ = Descent(objective.gradient).minimise(
        start[None], targets, steps=settings.steps, rate=RATE
    )
    return Reconstruction(kind, layers[-1], images[0], terms[kind])
