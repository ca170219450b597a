"""VGG19 and VGG16 (Simonyan and Zisserman 2015), cut off behind the last layer that is needed.

Layer names and shapes are those of ``keras.applications``, so its weights fit by name. Built here
rather than cut from the ready model, so that no deeper layer costs memory.
"""

import keras
from keras import layers, ops

from stylecore.settings import LAYERS

WIDTHS = (64, 128, 256, 512, 512)

MEAN_BGR = (103.939, 116.779, 123.68)


def build_vgg(name: str, *, deepest: str) -> keras.Model:
    """The network with untrained weights, up to and including the layer ``deepest``.

    Args:
        name: ``vgg19`` or ``vgg16``.
        deepest: name of the last convolution.

    Returns:
        A model from (N, H, W, 3) RGB in [0, 1] to a dict of the activations after ReLU by layer
        name. The colours are prepared inside as the weights expect: BGR, 0 to 255, mean removed.
    """
    picture = keras.Input((None, None, 3), name="picture")
    features = ops.flip(picture * 255.0, axis=-1) - ops.convert_to_tensor(MEAN_BGR, "float32")
    activations = {}
    for layer in LAYERS[name]:
        block = int(layer[5])
        if layer.endswith("_conv1") and block > 1:
            features = layers.MaxPooling2D(2, name=f"block{block - 1}_pool")(features)
        features = layers.Conv2D(
            WIDTHS[block - 1], 3, padding="same", activation="relu", name=layer
        )(features)  # fmt: skip
        activations[layer] = features
        if layer == deepest:
            break
    return keras.Model(picture, activations, name=name)
