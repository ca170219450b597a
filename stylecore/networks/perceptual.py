"""The compact perceptual network: VGG19's layout at a quarter of its width.

Layers and their names are VGG19's from block1_conv1 to block5_conv1 (Simonyan & Zisserman 2015,
configuration E), so settings written for VGG19 mean the same here. Three things differ, all for
smoother gradients into the picture:

- average pooling (Gatys et al. 2016, section 2 prefer it for synthesis),
- padding by replication, so that a border is not an edge,
- channels scaled to a mean activation of about 1 (Gatys et al. 2016, footnote 1), folded into the
  weights, so that layers of any width weigh alike.
"""

from collections.abc import Iterator

import keras
from keras import layers, ops

from stylecore.settings import CONVOLUTIONS

BLOCK_WIDTHS = (16, 32, 64, 128, 128)
WIDE_LAYERS = {"block3_conv1": 128}
"""Style layers whose Gram matrix needs more channels than their block's other layers have."""
MEAN_RGB = (0.485, 0.456, 0.406)
SCALE_RGB = (0.229, 0.224, 0.225)


@keras.saving.register_keras_serializable("stylecore")
class ReplicationPadding(layers.Layer):
    """Repeats the border pixels once: (N, H, W, C) to (N, H + 2, W + 2, C)."""

    def call(self, images):
        wide = ops.concatenate([images[:, :, :1], images, images[:, :, -1:]], 2)
        return ops.concatenate([wide[:, :1], wide, wide[:, -1:]], 1)

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        return batch, height and height + 2, width and width + 2, channels


def layer_names() -> Iterator[tuple[str, int, int]]:
    """(name, block, channels) of every convolution in order."""
    for block, convolutions in enumerate(CONVOLUTIONS["compact"], start=1):
        for convolution in range(1, convolutions + 1):
            name = f"block{block}_conv{convolution}"
            yield name, block, WIDE_LAYERS.get(name, BLOCK_WIDTHS[block - 1])


def build_compact(deepest: str | None = None) -> keras.Model:
    """The network with untrained weights.

    Args:
        deepest: name of the last convolution to build; all of them when None.

    Returns:
        A model from (N, H, W, 3) RGB in [0, 1], H and W at least 16, to a dict of the activations
        after ReLU by layer name.
    """
    picture = keras.Input((None, None, 3), name="picture")
    features = layers.Rescaling(
        [1 / scale for scale in SCALE_RGB],
        [-mean / scale for mean, scale in zip(MEAN_RGB, SCALE_RGB, strict=True)],
        name="normalise",
    )(picture)
    activations = {}
    last_block = 1
    for name, block, channels in layer_names():
        if block != last_block:
            features = layers.AveragePooling2D(2, name=f"block{last_block}_pool")(features)
            last_block = block
        features = ReplicationPadding(name=f"{name}_pad")(features)
        features = layers.Conv2D(
            channels, 3, padding="valid", activation="relu", kernel_initializer="he_normal",
            name=name,
        )(features)  # fmt: skip
        activations[name] = features
        if name == deepest:
            break
    return keras.Model(picture, activations, name="compact_perceptual")
