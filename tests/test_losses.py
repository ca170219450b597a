"""Losses against direct computation in float64, and their gradients against finite differences."""

import keras
import numpy as np
import pytest
from keras import ops

from stylecore.losses.terms import (
    content_loss,
    gram,
    style_loss,
    temporal_loss,
    total_variation,
)
from stylecore.networks.backend import gradient_of

random = np.random.default_rng(7)


def draw(*shape: int) -> np.ndarray:
    return random.random(shape, np.float32)


def tensor(array: np.ndarray):
    return ops.convert_to_tensor(array.astype(np.float32))


def gram_directly(features: np.ndarray) -> np.ndarray:
    height, width = features.shape[1:3]
    wide = features.astype(np.float64)
    return np.einsum("nhwi,nhwj->nij", wide, wide) / (height * width)


def test_gram_is_the_mean_product_of_channels():
    features = draw(2, 7, 5, 6)
    np.testing.assert_allclose(
        ops.convert_to_numpy(gram(tensor(features))), gram_directly(features), rtol=1e-5
    )


def test_style_loss_by_its_formula():
    features, style = {"a": draw(1, 6, 8, 4), "b": draw(1, 3, 4, 9)}, draw(1, 5, 5, 4)
    targets = {"a": gram_directly(style), "b": gram_directly(draw(1, 4, 4, 9))}
    weights = {"a": 3.0, "b": 1.0}
    total, terms = style_loss(
        {name: tensor(value) for name, value in features.items()},
        {name: tensor(value) for name, value in targets.items()},
        weights,
    )
    expected = {}
    for name, target in targets.items():
        energy = np.diag(target[0]) + 0.1 * np.diag(target[0]).mean()
        expected[name] = np.mean(
            (gram_directly(features[name]) - target) ** 2 / np.outer(energy, energy)
        )
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(value, rel=1e-4)
    assert float(total) == pytest.approx(0.75 * expected["a"] + 0.25 * expected["b"], rel=1e-4)


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_feature_losses_do_not_depend_on_the_networks_scale(factor):
    features, target, weights = {"a": draw(1, 6, 8, 4)}, {"a": draw(1, 6, 8, 4)}, {"a": 1.0}
    scaled = [{"a": tensor(factor * side["a"])} for side in (features, target)]
    plain = [{"a": tensor(side["a"])} for side in (features, target)]
    assert float(content_loss(*scaled, weights)[0]) == pytest.approx(
        float(content_loss(*plain, weights)[0]), rel=1e-3
    )
    grams = [{"a": gram(side["a"])} for _, side in (scaled, plain)]
    assert float(style_loss(scaled[0], grams[0], weights)[0]) == pytest.approx(
        float(style_loss(plain[0], grams[1], weights)[0]), rel=1e-3
    )


def test_content_loss_is_zero_at_the_source():
    features = {"a": tensor(draw(1, 6, 8, 4))}
    assert float(content_loss(features, features, {"a": 2.0})[0]) == 0


def test_total_variation_of_a_texture_does_not_depend_on_its_size():
    tile = draw(1, 16, 16, 3)
    small, large = np.tile(tile, (1, 4, 4, 1)), np.tile(tile, (1, 16, 8, 1))
    assert float(total_variation(tensor(large))) == pytest.approx(
        float(total_variation(tensor(small))), rel=0.02
    )
    assert float(total_variation(tensor(np.full((1, 9, 9, 3), 0.5)))) == pytest.approx(0, abs=1e-6)


def test_temporal_loss_counts_trusted_pixels_only():
    image, warped = draw(1, 4, 6, 3), draw(1, 4, 6, 3)
    mask = np.zeros((1, 4, 6, 1))
    assert float(temporal_loss(tensor(image), tensor(warped), tensor(mask))) == 0
    mask[:, :, :3] = 1
    expected = np.sum((image - warped)[:, :, :3].astype(np.float64) ** 2) / (4 * 6 * 3)
    assert float(temporal_loss(tensor(image), tensor(warped), tensor(mask))) == pytest.approx(
        expected, rel=1e-5
    )


TARGET = draw(1, 5, 6, 3)
MASK = draw(1, 5, 6, 1)
LOSSES = {
    "content": lambda images: content_loss({"a": images}, {"a": TARGET}, {"a": 1.0})[0],
    "style": lambda images: style_loss(
        {"a": images}, {"a": gram_directly(TARGET).astype(np.float32)}, {"a": 1.0}
    )[0],
    "variation": total_variation,
    "temporal": lambda images: temporal_loss(images, TARGET, MASK),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_against_finite_differences(name):
    loss = LOSSES[name]
    image, direction, step = draw(1, 5, 6, 3), draw(1, 5, 6, 3) - 0.5, 1e-2
    _, gradient = gradient_of(lambda images, _: (loss(images), {}))(tensor(image), ())
    ahead, behind = (float(loss(tensor(image + way * direction))) for way in (step, -step))
    measured = (ahead - behind) / (2 * step)
    assert np.sum(ops.convert_to_numpy(gradient) * direction) == pytest.approx(
        measured, rel=0.02, abs=1e-5
    )


def test_runs_on_a_supported_backend():
    assert keras.backend.backend() in {"tensorflow", "jax"}
