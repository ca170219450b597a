"""Where the training of a network of plain convolutions starts."""

import keras
import numpy as np
from keras import ops

from stylecore.networks.files import Weights


def standardise_channels(network: keras.Model, pictures: np.ndarray) -> None:
    """Starts every convolution with mean 0 and variance 1 a channel before its ReLU.

    Random weights alone make deep channels nearly constant and alike. This is the data-dependent
    start of Salimans and Kingma (2016, section 3), layer by layer.
    """
    for layer in _convolutions(network):
        kernel, bias = layer.get_weights()
        mean, deviation = _before_relu(network, layer, kernel, pictures)
        layer.set_weights([kernel / deviation, bias - mean / deviation])


def continue_from(network: keras.Model, weights: Weights, pictures: np.ndarray) -> None:
    """Starts from the weights of a network that may be narrower.

    Channels that ``weights`` lack, and those that never fire on ``pictures``, start anew:
    standardised, and at first unheard by the next layer, so that the function stays the same.
    """
    heard = np.ones(3, bool)
    for layer in _convolutions(network):
        fresh, fresh_bias = layer.get_weights()
        old, old_bias = weights[layer.name]
        kernel, bias = np.zeros_like(fresh), np.zeros_like(fresh_bias)
        channels = old.shape[-1]
        kernel[:, :, : old.shape[2], :channels], bias[:channels] = old, old_bias
        kernel[:, :, ~heard] = 0
        layer.set_weights([kernel, bias])
        found = keras.Model(network.input, layer.output)(pictures)
        heard = ops.convert_to_numpy(ops.max(found, (0, 1, 2))) > 0
        mean, deviation = _before_relu(network, layer, fresh, pictures)
        kernel[..., ~heard] = (fresh / deviation)[..., ~heard]
        bias[~heard] = (-mean / deviation)[~heard]
        layer.set_weights([kernel, bias])


def _convolutions(network: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]


def _before_relu(
    network: keras.Model, layer: keras.layers.Layer, kernel: np.ndarray, pictures: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each channel of ``kernel`` on what comes into ``layer``."""
    incoming = ops.cast(keras.Model(network.input, layer.input)(pictures), "float32")
    values = ops.convert_to_numpy(ops.conv(incoming, kernel))
    return values.mean((0, 1, 2)), values.std((0, 1, 2)) + 1e-3
