"""Modules of TensorFlow Hub: cut in two, or used whole; with modules made here."""

import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from stylecore.engines import FrameInput
from stylecore.engines.fast import FastEngine
from stylecore.errors import WeightsError
from stylecore.networks.hub import TOLERANCE, HubNetwork, UncutHubNetwork, load_hub
from stylecore.networks.hub.blocks import kernel_over_blocks
from stylecore.settings import FastSettings
from tests.support.hub_modules import PICTURES, Entangled, Moments, Signed

STAND_IN = (
    Path(__file__).parents[2] / "shared" / "weights" / "magenta_arbitrary_stylization_distilled"
)
RANDOM = np.random.default_rng(5)
STYLES = [RANDOM.random((48, 64, 3), np.float32) ** power for power in (1, 3)]
FRAMES = [RANDOM.random((61, 83, 3), np.float32) for _ in range(2)]


@pytest.fixture(scope="module", params=["moments", "signed", "stand-in"])
def folder(request, tmp_path_factory) -> Path:
    if request.param == "stand-in":
        if not STAND_IN.is_dir():
            pytest.skip("the stand-in for the TensorFlow Hub module is not beside the repository")
        return STAND_IN
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "moments":
        tf.saved_model.save(Moments(), str(folder))
    else:
        module = Signed()
        tf.saved_model.save(module, str(folder), signatures={"default": module.paint})
    return folder


@pytest.fixture(scope="module")
def network(folder) -> HubNetwork:
    network = load_hub(str(folder))
    assert isinstance(network, HubNetwork), "the module was not cut"
    return network


@pytest.fixture(scope="module")
def entangled(tmp_path_factory) -> UncutHubNetwork:
    folder = tmp_path_factory.mktemp("entangled")
    tf.saved_model.save(Entangled(), str(folder))
    network = load_hub(str(folder))
    assert isinstance(network, UncutHubNetwork)
    return network


def as_whole(folder: Path, frame: np.ndarray, style: np.ndarray) -> np.ndarray:
    """What the module itself gives, padded and cropped by hand."""
    module = tf.saved_model.load(str(folder))
    height, width = frame.shape[:2]
    padded = np.pad(frame, ((0, -height % 8), (0, -width % 8), (0, 0)), mode="edge")
    if callable(module):
        painted = module(tf.constant(padded[None]), tf.constant(style[None]))
    else:
        painted = module.signatures["default"](
            picture=tf.constant(padded[None]), artwork=tf.constant(style[None])
        )
    return tf.nest.flatten(painted)[0].numpy()[0, :height, :width]


@pytest.mark.representative
def test_a_cut_module_paints_what_the_whole_does(folder, network):
    for style in STYLES:
        code = network.encode(style)
        (painted,) = network.paint(FRAMES[:1], code)
        assert np.abs(painted - as_whole(folder, FRAMES[0], style)).max() <= TOLERANCE


def test_frames_together_and_with_their_own_moments_are_as_alone(folder, network):
    code = network.encode(STYLES[0])
    moments = [network.measure(frame, code) for frame in FRAMES]
    assert all(len(one) >= 2 for one in moments)
    for frame, painted in zip(FRAMES, network.paint(FRAMES, code, moments), strict=True):
        assert np.abs(painted - as_whole(folder, frame, STYLES[0])).max() <= TOLERANCE


def test_held_moments_keep_one_end_of_a_frame_from_changing_the_other(network):
    code = network.encode(STYLES[0])
    wide = RANDOM.random((64, 384, 3), np.float32)
    changed = wide.copy()
    changed[:, 256:] = 1
    held = [network.measure(wide, code)]
    before, after = (network.paint([frame], code, held)[0] for frame in (wide, changed))
    np.testing.assert_allclose(before[:, :128], after[:, :128], atol=1e-5)
    own = network.paint([changed], code)[0]
    assert np.abs(before - own)[:, :128].mean() > 1e-3


def test_styles_mix_by_their_codes(network):
    codes = [network.encode(style) for style in STYLES]
    ends = [network.paint(FRAMES[:1], code)[0] for code in codes]
    middle = network.paint(FRAMES[:1], network.mix(codes, [0.5, 0.5]))[0]
    apart = np.abs(ends[0] - ends[1]).mean()
    assert all(np.abs(middle - end).mean() < 0.9 * apart for end in ends)
    same = network.paint(FRAMES[:1], network.mix(codes, [0.0, 1.0]))[0]
    np.testing.assert_allclose(same, ends[1], atol=1e-6)


def test_strength_leads_from_the_frames_own_style(network):
    shape = FRAMES[0].shape[:2]
    frame = FrameInput(number=0, content=FRAMES[0])
    painted = []
    for strength in (0.0, 0.5, 1.0):
        engine = FastEngine(FastSettings(strength=strength, style_size=64), network=network)
        engine.prepare([STYLES[1]], shape=shape)
        painted.append(engine.render(frame)[0])
    apart = np.abs(painted[0] - painted[2]).mean()
    assert apart > 1e-3
    assert all(np.abs(painted[1] - end).mean() < 0.9 * apart for end in (painted[0], painted[2]))


@pytest.mark.parametrize("size", [(359, 641), (9, 17), (64, 96)])
def test_any_size_comes_out_exact_and_clean_at_its_edges(network, size):
    (painted,) = network.paint([np.full((*size, 3), 0.4, np.float32)], network.encode(STYLES[0]))
    assert painted.shape == (*size, 3)
    assert painted.min() >= 0 and painted.max() <= 1


def test_a_module_that_cannot_be_cut_is_used_whole_with_a_warning(tmp_path, caplog):
    tf.saved_model.save(Entangled(), str(tmp_path))
    with caplog.at_level(logging.WARNING):
        network = load_hub(str(tmp_path))
    assert isinstance(network, UncutHubNetwork)
    assert "encodes the style with every frame" in caplog.text
    (painted,) = network.paint(FRAMES[:1], network.encode(STYLES[0]))
    np.testing.assert_allclose(painted, as_whole(tmp_path, FRAMES[0], STYLES[0]), atol=1e-6)


def test_a_whole_module_mixes_what_it_paints(entangled):
    codes = [entangled.encode(style) for style in STYLES]
    ends = [entangled.paint(FRAMES[:1], code)[0] for code in codes]
    middle = entangled.paint(FRAMES[:1], entangled.mix(codes, [0.25, 0.75]))[0]
    np.testing.assert_allclose(middle, 0.25 * ends[0] + 0.75 * ends[1], atol=1e-6)


def test_what_does_not_paint_pictures_is_refused(tmp_path):
    class Classifier(tf.Module):
        @tf.function(input_signature=[PICTURES])
        def __call__(self, images):
            return tf.reduce_mean(images, (1, 2))

    tf.saved_model.save(Classifier(), str(tmp_path))
    with pytest.raises(WeightsError, match="not a module for arbitrary image stylization"):
        load_hub(str(tmp_path))


@pytest.mark.parametrize("size", [7, 9])
def test_a_convolution_over_blocks_is_the_convolution(size):
    picture = RANDOM.random((1, 30, 40, 5), np.float32)
    weights = RANDOM.normal(size=(size, size, 5, 3)).astype(np.float32)
    blocks = tf.nn.space_to_depth(picture, 2)
    over = tf.nn.conv2d(blocks, kernel_over_blocks(weights), 1, "VALID")
    plain = tf.nn.conv2d(picture, weights, 1, "VALID")
    np.testing.assert_allclose(tf.nn.depth_to_space(over, 2), plain, atol=1e-4)
