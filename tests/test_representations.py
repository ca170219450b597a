"""Representations of a style against direct computation in float64, and their gradients."""

import numpy as np
import pytest
from keras import ops

from stylecore.losses.representations import (
    NEEDED,
    STRENGTH,
    landmarks_at,
    make_landmarks,
    mixed,
    needed_statistics,
    statistics,
    style_distance,
)
from stylecore.losses.terms import gram, gram_distance
from stylecore.networks.backend import gradient_of
from stylecore.networks.perceptual import layer_names
from stylecore.settings import GatysSettings, VideoSettings
from stylecore.settings.recipes import RECIPES

random = np.random.default_rng(11)
SHAPE = (1, 5, 6, 4)


def draw(shape=SHAPE) -> np.ndarray:
    return (random.random(shape) ** 2 + 0.1 * random.random(shape[-1])).astype(np.float32)


def tensor(array: np.ndarray):
    return ops.convert_to_tensor(array.astype(np.float32))


class Direct:
    """Samples (P, C) in units of the target's energy, with weights of sum 1, in float64."""

    def __init__(self, features, target, positions=None, target_positions=None):
        wide = target.astype(np.float64).reshape(-1, target.shape[-1])
        weights = self.shares(target_positions, len(wide))
        squares = weights @ np.square(wide)
        self.unit = np.sqrt(squares + 0.1 * squares.mean())
        self.samples = features.astype(np.float64).reshape(-1, features.shape[-1]) / self.unit
        self.weights = self.shares(positions, len(self.samples))

    @staticmethod
    def shares(positions, count):
        if positions is None:
            return np.full(count, 1 / count)
        return positions.ravel().astype(np.float64) / positions.sum(dtype=np.float64)

    @property
    def mean(self):
        return self.weights @ self.samples

    @property
    def second(self):
        return np.einsum("p,pi,pj->ij", self.weights, self.samples, self.samples)

    @property
    def deviation(self):
        return np.sqrt(self.weights @ np.square(self.samples - self.mean) + 1e-3)

    @property
    def covariance(self):
        return self.second - np.outer(self.mean, self.mean) + 1e-3 * np.eye(len(self.mean))


def mmd(x: Direct, y: Direct, kernel) -> float:
    """By its definition: all pairs of samples."""
    return float(
        x.weights @ kernel(x.samples, x.samples) @ x.weights
        + y.weights @ kernel(y.samples, y.samples) @ y.weights
        - 2 * x.weights @ kernel(x.samples, y.samples) @ y.weights
    )


def root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def wasserstein(x: Direct, y: Direct) -> float:
    middle = root(root(y.covariance) @ x.covariance @ root(y.covariance))
    spread = np.trace(x.covariance) + np.trace(y.covariance) - 2 * np.trace(middle)
    return float((np.square(x.mean - y.mean).sum() + spread) / len(x.mean))


def moments(x: Direct, y: Direct) -> float:
    squares = np.square(x.mean - y.mean) + np.square(x.deviation - y.deviation)
    return float(squares.mean())


BY_DEFINITION = {
    "gram": lambda x, y: mmd(x, y, lambda a, b: (a @ b.T / a.shape[1]) ** 2),
    "polynomial": lambda x, y: mmd(x, y, lambda a, b: (a @ b.T / a.shape[1] + 1) ** 2),
    "linear": lambda x, y: mmd(x, y, lambda a, b: a @ b.T / a.shape[1]),
    "statistics": moments,
    "wasserstein": wasserstein,
}


def distance(name: str, features, target, *, positions=None, landmarks=None):
    needed = needed_statistics({name: 1.0})
    found = statistics(features, needed, positions=positions, landmarks=landmarks)
    wanted = statistics(tensor(target), needed, landmarks=landmarks)
    return style_distance(found, wanted, {name: 1.0}, landmarks=landmarks)[0] / STRENGTH[name]


@pytest.mark.parametrize("name", BY_DEFINITION)
@pytest.mark.parametrize("masked", [False, True], ids=["everywhere", "in a mask"])
def test_distance_is_what_its_definition_says(name, masked):
    features, target = draw(), draw((1, 7, 3, 4))
    positions = random.random((1, 5, 6, 1)).astype(np.float32) if masked else None
    x, y = Direct(features, target, positions), Direct(target, target)
    found = distance(
        name, tensor(features), target, positions=None if positions is None else tensor(positions)
    )
    assert float(found) == pytest.approx(BY_DEFINITION[name](x, y), rel=1e-3)
    assert float(distance(name, tensor(target), target)) == pytest.approx(0, abs=1e-5)


def test_gram_matching_is_the_polynomial_kernel():
    """Li et al. 2017, section 4.1: the loss in use until now, in both its forms."""
    features, target = draw(), draw()
    x, y = Direct(features, target), Direct(target, target)
    by_pairs = mmd(x, y, lambda a, b: (a @ b.T / a.shape[1]) ** 2)
    by_matrices = gram_distance(gram(tensor(features)), gram(tensor(target)))
    assert float(by_matrices[0]) == pytest.approx(by_pairs, rel=1e-3)


def gaussian_by_definition(features, target, landmarks) -> float:
    gamma = float(landmarks["gamma"])
    scale = ops.convert_to_numpy(landmarks["scale"])
    x, y = (
        side.reshape(-1, side.shape[-1]).astype(np.float64) / scale for side in (features, target)
    )

    def mean(a, b):
        return np.exp(-gamma * np.square(a[:, None] - b[None]).sum(-1)).mean()

    return float(mean(x, x) + mean(y, y) - 2 * mean(x, y))


def test_gaussian_distance_is_the_mmd_where_every_place_is_a_landmark():
    features, target = draw(), 0.5 + draw()
    every = np.concatenate([features.reshape(-1, 4), target.reshape(-1, 4)])
    landmarks = landmarks_at(every.astype(np.float64), np.ones(4))
    found = distance("gaussian", tensor(features), target, landmarks=landmarks)
    expected = gaussian_by_definition(features, target, landmarks)
    assert float(found) == pytest.approx(expected, rel=0.02)


def test_few_landmarks_see_most_of_the_gaussian_distance():
    features, target = draw((1, 16, 16, 4)), 0.3 + draw((1, 16, 16, 4))
    landmarks = make_landmarks([tensor(target)])
    found = distance("gaussian", tensor(features), target, landmarks=landmarks)
    expected = gaussian_by_definition(features, target, landmarks)
    assert 0.7 * expected < float(found) < 1.02 * expected


@pytest.mark.parametrize("name", NEEDED)
def test_gradient_agrees_with_finite_differences(name):
    features, target = draw(), draw()
    landmarks = make_landmarks([tensor(target)]) if name == "gaussian" else None

    def loss(values, _):
        return distance(name, values, target, landmarks=landmarks), {}

    _, gradient = gradient_of(loss)(tensor(features), {})
    direction = random.normal(size=SHAPE).astype(np.float32)
    step = 3e-3
    ahead, behind = (loss(tensor(features + sign * step * direction), {})[0] for sign in (1, -1))
    expected = (float(ahead) - float(behind)) / (2 * step)
    assert float((ops.convert_to_numpy(gradient) * direction).sum()) == pytest.approx(
        expected, rel=0.02, abs=2e-4
    )


@pytest.mark.parametrize("name", NEEDED)
def test_statistics_of_parts_add_up_to_those_of_the_whole(name):
    features, positions = draw((1, 8, 6, 4)), random.random((1, 8, 6, 1)).astype(np.float32)
    needed = needed_statistics({name: 1.0})
    landmarks = make_landmarks([tensor(draw())]) if name == "gaussian" else None
    whole = statistics(tensor(features), needed, positions=tensor(positions), landmarks=landmarks)
    parts = [slice(0, 3), slice(3, 8)]
    shares = [positions[:, part].sum() / positions.sum() for part in parts]
    found = [
        statistics(tensor(features[:, part]), needed, positions=tensor(positions[:, part]),
                   landmarks=landmarks)
        for part in parts
    ]  # fmt: skip
    together = mixed(found, shares)
    for key, value in whole.items():
        np.testing.assert_allclose(together[key], value, rtol=1e-4, atol=1e-5)


def test_a_mixture_weighs_its_representations():
    features, target = draw(), draw()
    needed = needed_statistics({"gram": 3.0, "statistics": 1.0})
    found, wanted = (statistics(tensor(side), needed) for side in (features, target))
    both = style_distance(found, wanted, {"gram": 3.0, "statistics": 1.0})
    gram_only, statistics_only = (
        style_distance(found, wanted, {name: 1.0}) for name in ("gram", "statistics")
    )
    assert float(both[0]) == pytest.approx(
        0.75 * float(gram_only[0]) + 0.25 * float(statistics_only[0]), rel=1e-5
    )


def test_an_empty_mask_gives_numbers():
    found = statistics(
        tensor(draw()), frozenset({"mean", "second"}), positions=tensor(np.zeros((1, 5, 6, 1)))
    )
    assert all(np.isfinite(ops.convert_to_numpy(value)).all() for value in found.values())


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fills_in_what_is_not_chosen(name):
    settings = GatysSettings(recipe=name, iterations=7)
    assert settings.iterations == 7
    for field, value in RECIPES[name].items():
        assert field == "iterations" or getattr(settings, field) == value
    assert GatysSettings.model_validate_json(settings.model_dump_json()) == settings
    assert set(settings.content_layers) | set(settings.style_layers) <= {
        layer for layer, _, _ in layer_names()
    }, "the shipped network has all layers"


def test_the_name_of_a_recipe_is_not_part_of_a_jobs_key():
    by_name = VideoSettings(gatys=GatysSettings(recipe="ruder2016"))
    by_hand = VideoSettings(gatys=GatysSettings(**RECIPES["ruder2016"]))
    assert by_name.pixel_settings() == by_hand.pixel_settings()
    assert by_name.pixel_settings() != VideoSettings().pixel_settings()
