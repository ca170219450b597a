"""What a network sees in a picture: the activations of its channels as small grey pictures."""

from dataclasses import dataclass

import cv2
import numpy as np
from keras import ops

from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import at_side
from stylecore.inspection.sheets import page
from stylecore.networks.features import load_features
from stylecore.settings.inspection import FeatureSettings

DEFAULTS = FeatureSettings()
COLUMNS = 8
"""Maps side by side, as in the tutorial."""
BLOCKS = 3
"""Layers side by side."""
WHITE = 99.5
"""Percentile of the values of a map, or a layer, that is shown as white: the brightest spots of
some maps are so bright that all else would be black beside them."""
TINY = 1e-12
FAINTEST = 0.01
"""Share of the layer's white below which no map's own white lies: what is nearly silent is dark."""


@dataclass(frozen=True)
class LayerMaps:
    """Some channels of one layer.

    Attributes:
        layer: its name.
        maps: (n, h, w) float32, activations after ReLU, 0 or more.
        channels: number of each, from 0.
        channel_count: of the whole layer.
        white: (n,), the activation that is shown as white.
    """

    layer: str
    maps: np.ndarray
    channels: tuple[int, ...]
    channel_count: int
    white: np.ndarray


def feature_maps(picture: np.ndarray, settings: FeatureSettings = DEFAULTS) -> list[LayerMaps]:
    """The feature maps of a picture, layer by layer.

    Args:
        picture: (H, W, 3) float32 RGB in [0, 1].
        settings: which network, layers and channels.

    Raises:
        WeightsError: the network's weights cannot be had, or do not reach to a layer.
    """
    layers = settings.shown_layers
    network = load_features(settings.network, layers, weights=settings.weights)
    seen = at_side(picture, settings.size)
    found = network(ops.convert_to_tensor(seen[None]))
    return [_chosen(name, ops.convert_to_numpy(found[name])[0], settings) for name in layers]


def feature_sheet(picture: np.ndarray, settings: FeatureSettings = DEFAULTS) -> np.ndarray:
    """A sheet of the picture and its ``feature_maps``, a labelled grid for each layer.

    Returns:
        (h, w, 3) float32 RGB in [0, 1].
    """
    blocks = [_block(one, settings) for one in feature_maps(picture, settings)]
    seen = at_side(picture, settings.size)
    height, width = seen.shape[:2]
    shown = at_side(seen, COLUMNS * settings.map_size)
    itself = contact_sheet([(f"The picture as the network sees it: {width}x{height}", [shown])])
    return page(_explained(settings), [itself, *blocks], columns=BLOCKS)


def _chosen(layer: str, activations: np.ndarray, settings: FeatureSettings) -> LayerMaps:
    """Some channels of (h, w, C)."""
    channel_count = activations.shape[-1]
    order = np.arange(channel_count)
    if settings.strongest:
        order = np.argsort(-activations.mean((0, 1)), kind="stable")
    channels = order[: settings.channels]
    maps = activations[..., channels].transpose(2, 0, 1)
    of_layer = float(np.percentile(activations, WHITE))
    if settings.scale == "layer":
        white = np.full(len(maps), of_layer)
    else:
        white = np.maximum(np.percentile(maps, WHITE, axis=(1, 2)), FAINTEST * of_layer)
    return LayerMaps(layer, maps, tuple(map(int, channels)), channel_count, white)


def _block(found: LayerMaps, settings: FeatureSettings) -> np.ndarray:
    """The maps of a layer in rows, each below the number of its channel."""
    height, width = found.maps.shape[1:]
    scale = settings.map_size / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    maps = [
        _grey(values / max(white, TINY), size)
        for values, white in zip(found.maps, found.white, strict=True)
    ]
    rows = [
        contact_sheet(
            [("", maps[first : first + COLUMNS])],
            columns=[str(channel) for channel in found.channels[first : first + COLUMNS]],
        )
        for first in range(0, len(maps), COLUMNS)
    ]
    title = f"{found.layer}: {width}x{height}, {len(maps)} of {found.channel_count} channels"
    return page(title, rows, columns=1)


def _grey(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) as a grey picture: what is enlarged keeps its squares, each one place of the layer."""
    shrinks = size[0] < values.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    light = np.sqrt(np.clip(values, 0, 1)).astype(np.float32)
    scaled = cv2.resize(light, size, interpolation=method)
    return np.repeat(scaled[..., None], 3, axis=2)


def _explained(settings: FeatureSettings) -> str:
    of = "map's own values" if settings.scale == "map" else "whole layer's values"
    floor = f", but no less than {FAINTEST:.0%} of the layer's" if settings.scale == "map" else ""
    order = "strongest channels by mean activation" if settings.strongest else "first channels"
    return (
        f"Feature maps of the network {settings.network}: activations after ReLU of the {order}. "
        f"Black is 0, white the {WHITE}th percentile of the {of}{floor}; greys between them go by "
        "the square root. The number above a map is its channel's."
    )
