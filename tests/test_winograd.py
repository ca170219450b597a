"""Convolutions with fewer multiplications are the convolutions they stand for."""

import keras
import numpy as np
import pytest
from keras import ops

from stylecore.networks.backend import compiled
from stylecore.networks.perceptual import ReplicationPadding
from stylecore.networks.renderer import LEAK, build_painter
from stylecore.networks.winograd import LEAST_PLACES, WinogradConvolution


@pytest.mark.parametrize("size", [(64, 64), (65, 67), (70, 98), (3, 5), (1, 1)])
def test_it_is_the_convolution_with_a_replicated_border(size):
    random = np.random.default_rng(0)
    features = random.standard_normal((2, *size, 12)).astype(np.float32)
    kernel = random.standard_normal((3, 3, 12, 20)).astype(np.float32) / 10
    bias = random.standard_normal(20).astype(np.float32)
    layer = WinogradConvolution(20, LEAK)
    layer.build(features.shape)
    layer.set_weights([kernel, bias])
    plain = ops.conv(ReplicationPadding()(features), kernel, padding="valid") + bias
    np.testing.assert_allclose(compiled(layer)(features), ops.leaky_relu(plain, LEAK), atol=1e-4)


def test_the_painter_paints_the_same_again_and_what_the_plain_one_does():
    keras.utils.set_random_seed(0)
    plain, quick = build_painter(), build_painter(winograd=True)
    frames = np.random.default_rng(0).random((1, 256, 272, 3), np.float32)
    assert 32 * 34 < LEAST_PLACES < 64 * 68
    kernels = [variable.value for variable in plain.variables]
    assert [one.path for one in plain.variables] == [one.path for one in quick.variables]
    paint = compiled(lambda frames: quick.stateless_call(kernels, [], frames)[0])
    painted = np.asarray(paint(frames))
    np.testing.assert_array_equal(paint(frames), painted)
    np.testing.assert_allclose(painted, plain(frames), atol=1e-4)
