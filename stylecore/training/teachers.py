"""Teachers of the networks.

- ``vgg19``: Keras' own VGG19, downloaded on first use or from a file.
- ``mixed``: for places without it; a folder with the first three blocks of VGG19 and a pruned
  student of it (Wang et al. 2020, "Collaborative Distillation for Ultra-Resolution Universal Style
  Transfer") whose 1x1 auxiliary layers predict VGG19's relu4_1 and relu5_1.
- ``compact``: the project's own, many times cheaper; for the fast network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from keras import ops
from keras.layers import Conv2D, Lambda, MaxPooling2D

from stylecore.errors import WeightsError
from stylecore.networks.features import load_features
from stylecore.networks.vgg import MEAN_BGR

VGG_FILE = "vgg19_normalised_relu3_1/vgg19_normalised_relu3_1.npz"
STUDENT_FILE = "vgg19_student_16x_relu5_1/vgg19_student_16x_relu5_1.npz"
TeacherName = Literal["vgg19", "mixed", "compact"]
POOL_BEFORE = {"conv21", "conv31", "conv41", "conv51"}


@dataclass(frozen=True)
class Teacher:
    """A frozen network from (N, H, W, 3) RGB in [0, 1] to its activations by VGG19 layer name."""

    name: str
    model: keras.Model


def load_teacher(name: TeacherName, weights: Path | None, layers: Sequence[str]) -> Teacher:
    """The teacher ``vgg19`` or ``compact`` (any of their layers) or ``mixed`` (those it has).

    Raises:
        WeightsError: its weights are missing.
    """
    if name == "mixed":
        return Teacher(name, _mixed(weights))
    return Teacher(name, load_features(name, layers, weights=weights).model)


def _mixed(folder: Path | None) -> keras.Model:
    if folder is None or not (folder / VGG_FILE).is_file():
        raise WeightsError(
            f"The mixed teacher needs --teacher-weights FOLDER with {VGG_FILE} and {STUDENT_FILE}."
        )
    vgg, student = np.load(folder / VGG_FILE), np.load(folder / STUDENT_FILE)
    picture = keras.Input((None, None, 3))
    outputs = {}
    mean = np.array(MEAN_BGR, np.float32)
    features = Lambda(lambda images: images[..., ::-1] * 255.0 - mean)(picture)
    for block, convolution in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1)):
        name = f"block{block}_conv{convolution}"
        if convolution == 1 and block > 1:
            features = MaxPooling2D(2)(features)
        features = _convolution(features, vgg, name)
        if convolution == 1:
            outputs[name] = features
    features = _convolution(picture, student, "conv0", activation=None)
    for key in (name.split("/")[0] for name in student if name.endswith("/kernel")):
        if key == "conv0" or key.endswith("_aux"):
            continue
        if key in POOL_BEFORE:
            features = MaxPooling2D(2)(features)
        features = _convolution(features, student, key)
        if key in ("conv41", "conv51"):
            name = f"block{key[4]}_conv1"
            outputs[name] = _convolution(features, student, f"{key}_aux")
        if key == "conv42":
            outputs["block4_conv2"] = features
    return keras.Model(picture, outputs)


def _convolution(features, weights, key: str, *, activation: str | None = "relu"):
    kernel, bias = weights[f"{key}/kernel"], weights[f"{key}/bias"]
    if kernel.shape[0] == 3:
        features = Lambda(
            lambda images: ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
        )(features)
    layer = Conv2D(kernel.shape[-1], kernel.shape[0], activation=activation)
    layer.build((None, None, None, kernel.shape[2]))
    layer.set_weights([kernel, bias])
    return layer(features)
