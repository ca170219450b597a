"""The loss of a frame, whole and in windows, and the ways down."""

import cv2
import numpy as np
import pytest
from keras import ops

from stylecore.engines import FrameInput, Reference
from stylecore.engines.gatys import lbfgs
from stylecore.engines.gatys.adam import Descent
from stylecore.engines.gatys.engine import GatysEngine, pixels_at_once
from stylecore.engines.gatys.objective import Objective
from stylecore.engines.gatys.targets import StyleTargets
from stylecore.engines.tiles import reach, windows
from stylecore.errors import SettingsError
from stylecore.losses.representations import (
    STRENGTH,
    mixed,
    needed_statistics,
    statistics,
    style_distance,
)
from stylecore.losses.terms import content_loss, temporal_loss, total_variation
from stylecore.networks.features import load_features
from stylecore.settings import GatysSettings

LAYERS = sorted({*GatysSettings().style_layers, *GatysSettings().content_layers})
WHOLE, WINDOWED = 10**9, 2**16
SHAPE = (277, 405)


@pytest.fixture(scope="module")
def network():
    return load_features("compact", LAYERS)


def picture(seed: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    random = np.random.default_rng(seed)
    coarse = random.random((shape[0] // 8, shape[1] // 8, 3), np.float32)
    return np.clip(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def halves() -> np.ndarray:
    masks = np.zeros((2, *SHAPE), np.float32)
    masks[0, :, :150], masks[1, :, 150:] = 1, 1
    return masks


@pytest.mark.parametrize("shape", [SHAPE, (1080, 1920), (64, 5000), (2160, 3840)])
@pytest.mark.parametrize("margin", [48, 80])
def test_windows_cover_every_pixel_once_and_see_beyond_their_core(shape, margin):
    parts = windows(shape, margin=margin, pixels=400_000 if shape != SHAPE else WINDOWED)
    count = np.zeros(shape, int)
    for part in parts:
        count[part.core_rows, part.core_columns] += 1
        for side, core, length in (
            (part.rows, part.core_rows, shape[0]), (part.columns, part.core_columns, shape[1])
        ):  # fmt: skip
            assert side.start % 16 == 0 and core.start % 16 == 0
            assert core.start == 0 or core.start - side.start >= margin
            assert core.stop == length or side.stop - core.stop >= margin
    assert (count == 1).all()
    assert len({(part.rows.stop - part.rows.start) for part in parts}) == 1


def test_reach_is_how_far_the_network_sees(network):
    """A change beyond the reach of a place leaves its activation alone."""
    image = picture(1, (352, 352))
    changed = image.copy()
    changed[:, 176 + reach(LAYERS) + 16 :] = 0
    before, after = (network(ops.convert_to_tensor(side[None])) for side in (image, changed))
    for name in LAYERS:
        places = before[name].shape[2] // 2
        a, b = (ops.convert_to_numpy(side[name])[:, :, :places] for side in (before, after))
        assert np.array_equal(a, b), name


@pytest.mark.parametrize(
    ("representations", "masked"),
    [({"gram": 1.0}, False), ({"gaussian": 1.0, "linear": 1.0}, True)],
    ids=["gram", "a mixture in masks"],
)
def test_the_gradient_in_windows_is_that_of_the_whole(network, representations, masked):
    objective = Objective(network, GatysSettings(representations=representations), temporal=50)
    image, content = picture(1), picture(2)
    styles = [picture(3, (120, 160)), picture(4, (160, 90)) ** 2]
    reference = Reference(picture(5), np.ones(SHAPE, np.float32))
    gradients, totals = [], []
    whole_style = objective.targets.of_styles(styles, SHAPE, pixels=WHOLE)
    for pixels in (WHOLE, WINDOWED):
        targets = objective.targets.of_frame(
            content, whole_style, pixels=pixels, style_weights=(0.7, 0.3),
            style_masks=halves() if masked else None, references=[reference],
        )  # fmt: skip
        assert bool(targets["views"]) == (pixels == WINDOWED)
        terms, gradient = objective.gradient(ops.convert_to_tensor(image[None]), targets)
        gradients.append(ops.convert_to_numpy(gradient))
        totals.append(float(terms["total"]))
    assert totals[1] == pytest.approx(totals[0], rel=1e-4)
    assert np.abs(gradients[1] - gradients[0]).max() < 1e-3 * np.abs(gradients[0]).max()


ALL_WEIGHTS = {"style": 0.8, "content": 0.3, "variation": 2.0, "temporal": 50.0}
ALL_REPRESENTATIONS = {name: 1.0 + rank for rank, name in enumerate(sorted(STRENGTH))}


@pytest.mark.parametrize(
    ("masked", "pixels"), [(False, WHOLE), (True, WINDOWED)], ids=["whole", "masked, in windows"]
)
def test_the_total_is_the_weighted_sum_of_the_formulas(network, masked, pixels):
    settings = GatysSettings(
        style_weight=ALL_WEIGHTS["style"], content_weight=ALL_WEIGHTS["content"],
        variation_weight=ALL_WEIGHTS["variation"], representations=ALL_REPRESENTATIONS,
        style_layers={"block1_conv1": 1.0, "block2_conv1": 0.5},
        content_layers={"block1_conv1": 0.2, "block2_conv1": 1.0},
    )  # fmt: skip
    objective = Objective(network, settings, temporal=ALL_WEIGHTS["temporal"])
    image, content = (ops.convert_to_tensor(picture(seed)[None]) for seed in (1, 2))
    styles = objective.targets.of_styles(
        [picture(3, (120, 160)), picture(4, (160, 90)) ** 2], SHAPE, pixels=WHOLE
    )
    masks = halves() if masked else None
    references = [Reference(picture(seed), picture(seed + 1)[..., 0]) for seed in (5, 7)]
    targets = objective.targets.of_frame(
        picture(2), styles, pixels=pixels, style_weights=(0.7, 0.3), style_masks=masks,
        references=references,
    )  # fmt: skip
    terms, _ = objective.gradient(image, targets)
    found, wanted = network(image), network(content)
    expected = {
        "style": style_by_the_formula(found, styles, settings, masks),
        "content": content_loss(found, wanted, settings.content_layers)[0],
        "variation": total_variation(image),
        "temporal": sum(
            temporal_loss(image, one.image[None], one.mask[None, ..., None]) for one in references
        ),
    }
    assert set(terms) == {*expected, "total"}
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(float(value), rel=1e-4), name
    total = sum(ALL_WEIGHTS[name] * float(value) for name, value in expected.items())
    assert float(terms["total"]) == pytest.approx(total, rel=1e-4)


def style_by_the_formula(features, styles: StyleTargets, settings: GatysSettings, masks) -> float:
    """Σ over regions and layers of their shares times the distance of the styles' statistics."""
    needed = needed_statistics(settings.representations)
    layers, regions, loss = settings.style_layers, masks if masks is not None else [None], 0.0
    for region, mask in enumerate(regions):
        for name, weight in layers.items():
            height, width = features[name].shape[1:3]
            positions = None if mask is None else cv2.resize(
                mask, (width, height), interpolation=cv2.INTER_AREA
            )[None, ..., None]  # fmt: skip
            found = statistics(
                features[name], needed, positions=positions, landmarks=styles.landmarks[name]
            )
            each = [style[name] for style in styles.styles]
            target = mixed(each, (0.7, 0.3)) if mask is None else each[region]
            distance = style_distance(
                found, target, settings.representations, landmarks=styles.landmarks[name]
            )
            share = 1.0 if mask is None else mask.mean() / masks.mean((1, 2)).sum()
            loss += share * weight / sum(layers.values()) * float(distance[0])
    return loss


def test_styles_are_seen_the_same_in_windows(network):
    objective = Objective(network, GatysSettings(), temporal=0)
    whole, parts = (
        objective.targets.of_styles([picture(3, (400, 300))], SHAPE, pixels=pixels).styles[0]
        for pixels in (WHOLE, WINDOWED)
    )
    for name, found in whole.items():
        np.testing.assert_allclose(found["second"], parts[name]["second"], rtol=1e-3, atol=1e-4)


def test_memory_that_does_not_suffice_is_one_sentence():
    with pytest.raises(SettingsError, match="--memory"):
        pixels_at_once(GatysSettings(), (2160, 3840), 1.0)
    assert pixels_at_once(GatysSettings(), (2160, 3840), 6.0) > 2**16


class Full(Exception):
    """What TensorFlow raises, by its name."""


Full.__name__ = "ResourceExhaustedError"


def test_out_of_memory_leads_to_smaller_windows(network):
    """The library's own error, raised as long as it is asked for more than it is said to have."""
    seen = []

    def scarce(images):
        seen.append(images.shape[1] * images.shape[2])
        if seen[-1] > 80_000:
            raise Full("OOM when allocating tensor")
        return network(images)

    engine = GatysEngine(GatysSettings(first_iterations=2), features=scarce)
    content = picture(2)
    engine.prepare([picture(3, (100, 100))], shape=SHAPE)
    image, _ = engine.render(FrameInput(number=0, content=content))
    assert image.shape == content.shape
    assert max(seen) > 80_000 > seen[-1]
    assert 0 < np.abs(image - content).mean() < 0.1


def test_no_memory_at_all_is_one_sentence():
    def never(images):
        raise Full("OOM when allocating tensor")

    engine = GatysEngine(GatysSettings(), features=never)
    with pytest.raises(SettingsError, match="smaller --size"):
        engine.prepare([picture(3)], shape=SHAPE)


def bowl(images, targets):
    """A quadratic whose curvature differs a thousandfold between pixels."""
    gradient = targets["steepness"] * (images - targets["bottom"])
    loss = 0.5 * ops.sum(gradient * (images - targets["bottom"])) / float(np.prod(images.shape))
    return {"total": loss}, gradient


@pytest.fixture
def targets():
    random = np.random.default_rng(0)
    return {
        "bottom": ops.convert_to_tensor(random.random((1, 32, 32, 3)).astype(np.float32)),
        "steepness": ops.convert_to_tensor(
            np.geomspace(0.1, 100, 32 * 32 * 3).reshape(1, 32, 32, 3).astype(np.float32)
        ),
    }


def test_both_optimisers_find_the_bottom(targets):
    start = np.full((1, 32, 32, 3), 0.5, np.float32)
    _, by_adam, _ = Descent(bowl).minimise(start, targets, steps=200, rate=0.02)
    _, by_newton, steps = lbfgs.minimise(bowl, start, targets, steps=200)
    at_start = float(bowl(ops.convert_to_tensor(start), targets)[0]["total"])
    assert by_adam["total"] < 0.02 * at_start
    assert by_newton["total"] < 1e-4 * at_start
    assert 0 < steps <= 200


@pytest.mark.parametrize("steps", [1, 7])
def test_pictures_stay_within_their_range(targets, steps):
    beyond = {**targets, "bottom": targets["bottom"] * 4 - 2}
    start = np.full((1, 32, 32, 3), 0.5, np.float32)
    for image in (
        Descent(bowl).minimise(start, beyond, steps=steps, rate=0.5)[0],
        lbfgs.minimise(bowl, start, beyond, steps=steps)[0],
    ):
        assert image.min() >= 0 and image.max() <= 1


def test_a_plateau_ends_the_work_early(targets):
    def raised(images, targets):
        terms, gradient = bowl(images, targets)
        return {"total": 1 + terms["total"]}, gradient

    descent, start = Descent(raised), np.full((1, 32, 32, 3), 0.5, np.float32)
    settled, _, _ = descent.minimise(start, targets, steps=200, rate=0.02)
    _, _, done = descent.minimise(settled, targets, steps=200, rate=1e-4, plateau=0.01)
    assert done == 20
    _, _, all_of_them = descent.minimise(settled, targets, steps=40, rate=1e-4)
    assert all_of_them == 40


def test_averaging_gives_the_running_mean_of_the_pictures(targets):
    seen = []

    def watched(images, targets):
        seen.append(ops.convert_to_numpy(images))
        return bowl(images, targets)

    start = np.full((1, 32, 32, 3), 0.5, np.float32)
    last, _, _ = Descent(watched).minimise(start, targets, steps=8, rate=0.02)
    mean, _, _ = Descent(bowl).minimise(start, targets, steps=8, rate=0.02, averaging=0.8)
    shares = 0.8 ** np.arange(8)[::-1]
    expected = np.tensordot(shares / shares.sum(), np.stack([*seen[1:], last]), 1)
    np.testing.assert_allclose(mean, expected, atol=1e-5)


def later(previous: np.ndarray, number: int) -> FrameInput:
    return FrameInput(
        number=number, content=picture(2, (64, 96)), previous=previous, warped=previous,
        mask=np.ones((64, 96), np.float32),
    )  # fmt: skip


def test_strokes_boil_on_the_frames_that_are_drawn_anew(network):
    settings = GatysSettings(first_iterations=20, iterations=4)
    changes = {}
    for boil in (0.0, 0.7):
        engine = GatysEngine(settings.model_copy(update={"boil": boil}), features=network)
        engine.prepare([picture(3)], shape=(64, 96))
        first, _ = engine.render(FrameInput(number=0, content=picture(2, (64, 96))))
        held, _ = engine.render(later(first, 1))
        anew, _ = engine.render(later(first, 2))
        changes[boil] = [float(np.abs(image - first).mean()) for image in (held, anew)]
        assert np.array_equal(anew, engine.render(later(first, 2))[0])
    assert changes[0.7][0] == pytest.approx(changes[0.0][0])
    assert changes[0.7][1] > 1.5 * changes[0.0][1]


def test_a_second_pass_goes_on_from_the_first(network):
    engine = GatysEngine(GatysSettings(first_iterations=30, iterations=5), features=network)
    engine.prepare([picture(3)], shape=(64, 96))
    first, before = engine.render(FrameInput(number=0, content=picture(2, (64, 96))))
    alone = FrameInput(number=0, content=picture(2, (64, 96)), previous_pass=first)
    again, after = engine.render(alone)
    assert after.iterations == 5
    assert after.losses["total"] < 1.02 * before.losses["total"]
    assert np.abs(again - first).mean() < 0.05


def test_half_precision_paints_nearly_the_same(network):
    results = []
    for precision in ("float32", "bfloat16"):
        engine = GatysEngine(GatysSettings(first_iterations=40, feature_precision=precision))
        engine.prepare([picture(3)], shape=(64, 96))
        image, _ = engine.render(FrameInput(number=0, content=picture(2, (64, 96))))
        judge = Objective(network, GatysSettings(), temporal=0)
        targets = judge.targets.of_styles([picture(3)], (64, 96), pixels=WHOLE)
        targets = judge.targets.of_frame(picture(2, (64, 96)), targets, pixels=WHOLE)
        terms, _ = judge.gradient(ops.convert_to_tensor(image[None]), targets)
        results.append(float(terms["total"]))
    assert results[1] == pytest.approx(results[0], rel=0.05)
