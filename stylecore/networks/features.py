"""Activations of a trained perceptual network by layer name, whichever network it is.

- ``compact`` ships with the project (``stylecore/weights/compact_perceptual.md``).
- ``vgg19`` and ``vgg16`` are Keras' own; it downloads them on first use and keeps them.

Importing this module does not import Keras, so that a job's key costs no start of TensorFlow.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stylecore.errors import WeightsError
from stylecore.networks.files import Weights, assign_weights, file_digest, read_weights
from stylecore.settings import LAYERS

if TYPE_CHECKING:
    import keras

Tensor = Any
NetworkName = Literal["compact", "vgg19", "vgg16"]

COMPACT_WEIGHTS = Path(__file__).parents[1] / "weights" / "compact_perceptual.npz"

_IMAGENET_MD5 = {
    "vgg19": "253f8cb515780f3b799900260a226db6",
    "vgg16": "6d6bbae143d832006294945121d1f1fc",
}
"""Of the files that Keras downloads and checks; they stand for their content in a digest."""


class FeatureNetwork:
    """A frozen network that sees a picture as activations.

    Attributes:
        layers: names of the layers it returns.
        model: the Keras model behind it.
    """

    def __init__(self, model: "keras.Model", layers: Sequence[str]) -> None:
        model.trainable = False
        self.model = model
        self.layers = tuple(layers)

    def __call__(self, images: Tensor) -> dict[str, Tensor]:
        """Activations after ReLU by layer name, (N, h, w, C), of (N, H, W, 3) RGB in [0, 1]."""
        return self.model(images, training=False)


def load_features(
    name: NetworkName,
    layers: Sequence[str],
    *,
    weights: Path | None = None,
) -> FeatureNetwork:
    """A trained network, built no deeper than the deepest of ``layers``.

    Args:
        name: which network.
        layers: names like ``block4_conv2``, at least one, in any order.
        weights: file to take the weights from (``.npz``, ``.h5``, ``.keras``) instead of those that
            ship or are downloaded.

    Raises:
        WeightsError: the network has no such layer, the download failed, or the weights are missing
            or do not fit.
    """
    deepest = _deepest(name, layers)
    if name == "compact":
        from stylecore.networks.perceptual import build_compact

        model = build_compact(deepest)
    else:
        from stylecore.networks.vgg import build_vgg

        model = build_vgg(name, deepest=deepest)
    path = _weights_path(name, weights)
    source = f"Keras' download of {name}" if path is None else str(path)
    assign_weights(model, _download(name) if path is None else read_weights(path), source=source)
    return FeatureNetwork(_selected(model, layers), layers)


def features_digest(name: NetworkName, weights: Path | None = None) -> str:
    """sha256 that stands for the network's weights, without loading them.

    Raises:
        WeightsError: the weights file cannot be read.
    """
    path = _weights_path(name, weights)
    content = f"md5 {_IMAGENET_MD5[name]}" if path is None else file_digest(path)
    return hashlib.sha256(f"{name} {content}".encode()).hexdigest()


def _weights_path(name: NetworkName, weights: Path | None) -> Path | None:
    return COMPACT_WEIGHTS if weights is None and name == "compact" else weights


def _deepest(name: NetworkName, layers: Sequence[str]) -> str:
    known = LAYERS[name]
    unknown = [layer for layer in layers if layer not in known]
    if unknown or not layers:
        raise WeightsError(
            f"The network {name} has no layer {', '.join(unknown) or 'without a name'}: choose "
            f"layers from {known[0]} to {known[-1]}, or another network."
        )
    return max(layers, key=known.index)


def _selected(model: "keras.Model", layers: Sequence[str]) -> "keras.Model":
    import keras

    return keras.Model(
        model.input, {layer: model.get_layer(layer).output for layer in layers}, name=model.name
    )


def _download(name: NetworkName) -> Weights:
    """Keras' ImageNet weights, from its cache or, the first time, from the internet."""
    import keras

    application = {"vgg19": keras.applications.VGG19, "vgg16": keras.applications.VGG16}[name]
    try:
        model = application(include_top=False, weights="imagenet")
    except Exception as cause:  # Keras raises a bare Exception when a download fails.
        raise WeightsError(
            f"The weights of {name} could not be downloaded: choose the features 'compact', which "
            "ship with the project, or give a file with the weights."
        ) from cause
    return {layer.name: tuple(layer.get_weights()) for layer in model.layers if layer.get_weights()}
