"""The compact fast network: what it promises whatever it has learned, and what has been learned."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from stylecore.arrays.colour import colour_statistics, colour_transport, mixed_colours
from stylecore.arrays.metrics import grid
from stylecore.errors import WeightsError
from stylecore.networks.fast import COMPACT_FAST_WEIGHTS, CompactFast, StyleCode, fast_digest
from stylecore.networks.features import load_features
from stylecore.networks.renderer import (
    CODE_LENGTH,
    FINE_WEIGHTS,
    FromDepth,
    ToDepth,
    build_brushes,
    build_painter,
)


def waves(height: int, width: int, *, phase: float = 0.0) -> np.ndarray:
    """Coloured waves, (height, width, 3) float32 in [0, 1]."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    parts = [np.sin(columns / 9 + phase), np.cos(rows / 12), np.sin((rows + columns) / 15 + phase)]
    return (np.stack(parts, axis=-1) / 2 + 0.5).astype(np.float32)


STYLE = np.ascontiguousarray(waves(96, 128, phase=2)[..., ::-1] ** 2)


@pytest.fixture(scope="module")
def network() -> CompactFast:
    return CompactFast()


def random_kernels() -> tuple[keras.Model, list[list[np.ndarray]]]:
    """An untrained painter, and its kernels for two styles."""
    keras.utils.set_random_seed(0)
    brushes, painter = build_brushes(), build_painter()
    codes = np.random.default_rng(0).standard_normal((2, CODE_LENGTH)).astype(np.float32)
    return painter, [[np.asarray(k) for k in brushes(codes[i : i + 1])] for i in range(2)]


class TestPainter:
    def test_a_style_chooses_the_shape_of_the_kernels(self):
        """Not their scales alone: no factors by input and output turn one into the other."""
        painter, (one, other) = random_kernels()
        assert [kernel.shape for kernel in one] == [kernel.shape for kernel in painter.variables]
        for kernel, changed in zip(one, other, strict=True):
            if kernel.ndim == 4 and kernel.size < FINE_WEIGHTS:
                taps = [values.reshape(9, -1) for values in (kernel, changed)]
                alike = (taps[0] * taps[1]).sum(0) / np.linalg.norm(taps, axis=1).prod(0)
                assert np.abs(alike).mean() < 0.9

    def test_no_kernels_can_draw_a_grid(self):
        """Random ones, the worst case, on noise, which has every frequency."""
        painter, (kernels, _) = random_kernels()
        loud = [4 * kernel if kernel is kernels[-2] else kernel for kernel in kernels]
        noise = np.random.default_rng(1).random((1, 512, 512, 3), np.float32)
        painted, _ = painter.stateless_call(loud, [], noise)
        added = np.asarray(painted - noise)[0, 32:-32, 32:-32]
        assert added.std() > 0.05
        assert grid(0.5 + added) < 0.02

    def test_shuffles_undo_each_other(self):
        images = np.random.default_rng(1).random((2, 8, 12, 5), np.float32)
        deep = ToDepth()(images)
        assert deep.shape == (2, 4, 6, 20)
        np.testing.assert_array_equal(deep[:, 0, 0, :5], images[:, 0, 0])
        np.testing.assert_array_equal(FromDepth()(deep), images)


def painted_by(network: CompactFast, frame: np.ndarray, code: StyleCode) -> np.ndarray:
    (painted,) = network.paint([frame], code)
    return painted


class TestCompactFast:
    def test_ships_in_at_most_six_megabytes(self):
        assert COMPACT_FAST_WEIGHTS.stat().st_size <= 6_000_000

    @pytest.mark.parametrize("size", [(8, 8), (41, 59), (359, 641)])
    def test_keeps_any_size_and_the_range(self, network, size):
        painted = painted_by(network, waves(*size), network.encode(STYLE))
        assert painted.shape == (*size, 3) and painted.dtype == np.float32
        assert painted.min() >= 0 and painted.max() <= 1

    def test_an_even_surface_has_no_grid_and_no_halo(self, network):
        """What a flat frame becomes is flat again, up to its border."""
        code = network.encode(STYLE)
        painted = painted_by(network, np.full((96, 128, 3), (0.3, 0.5, 0.7), np.float32), code)
        pixels = painted.reshape(-1, 3)
        assert np.abs(pixels - np.median(pixels, 0)).max() < 0.03

    def test_a_pixel_depends_on_its_surroundings_only(self, network):
        """So a frame may be cut into tiles, and one end of it does not make the other flicker."""
        code, frame = network.encode(STYLE), waves(64, 512)
        held = [network.measure(frame, code)]
        changed = frame.copy()
        changed[:, 400:] = 1 - changed[:, 400:]
        (before,), (after,) = (network.paint([one], code, held) for one in (frame, changed))
        np.testing.assert_allclose(before[:, :256], after[:, :256], atol=1e-5)
        assert np.abs(before[:, 400:] - after[:, 400:]).mean() > 0.05

    def test_takes_the_colours_of_the_style(self, network):
        frame, distances = waves(128, 160), []
        painted = painted_by(network, frame, network.encode(STYLE))
        for picture in (frame, painted):
            distances.append(np.abs(picture.mean((0, 1)) - STYLE.mean((0, 1))).sum())
        assert distances[1] < 0.6 * distances[0]

    def test_styles_mix_by_their_codes(self, network):
        frame = waves(64, 96)
        one, other = network.encode(STYLE), network.encode(1 - STYLE)
        ends = [painted_by(network, frame, code) for code in (one, other)]
        middle = painted_by(network, frame, network.mix([one, other], [0.5, 0.5]))
        apart = np.abs(ends[0] - ends[1]).mean()
        assert all(np.abs(middle - end).mean() < 0.8 * apart for end in ends)
        same = painted_by(network, frame, network.mix([one, other], [1.0, 0.0]))
        np.testing.assert_allclose(same, ends[0], atol=1e-5)

    def test_frames_painted_together_are_as_alone(self, network):
        frames, code = [waves(41, 59), 1 - waves(41, 59)], network.encode(STYLE)
        together = network.paint(frames, code)
        for frame, painted in zip(frames, together, strict=True):
            np.testing.assert_allclose(painted, painted_by(network, frame, code), atol=1e-6)

    def test_other_weights_are_refused_in_one_sentence(self, tmp_path):
        np.savez(tmp_path / "other.npz", nothing=np.zeros(3))
        wrong = ("other.npz does not hold the weights", "no weights file .*absent.npz")
        for name, complaint in zip(("other.npz", "absent.npz"), wrong, strict=True):
            with pytest.raises(WeightsError, match=complaint):
                CompactFast(tmp_path / name)

    def test_bfloat16_paints_nearly_the_same(self, network):
        frame, coarse = waves(64, 96), CompactFast(dtype="bfloat16")
        painted = [painted_by(each, frame, each.encode(STYLE)) for each in (network, coarse)]
        assert 0 < np.abs(painted[0] - painted[1]).mean() < 0.01

    def test_digest_stands_for_the_weights(self):
        assert fast_digest("compact").startswith("compact-")
        assert fast_digest("compact") != fast_digest("https://tfhub.dev/some/module/1")


class TestColour:
    def test_transport_gives_the_targets_moments(self):
        source, target = colour_statistics(waves(40, 60)), colour_statistics(STYLE)
        matrix, offset = colour_transport(source, target)
        moved = colour_statistics(waves(40, 60) @ matrix + offset)
        np.testing.assert_allclose(moved.mean, target.mean, atol=1e-4)
        np.testing.assert_allclose(moved.covariance, target.covariance, atol=2e-3)

    def test_transport_onto_itself_changes_nothing(self):
        colours = colour_statistics(STYLE)
        matrix, offset = colour_transport(colours, colours)
        np.testing.assert_allclose(matrix, np.eye(3), atol=1e-5)
        np.testing.assert_allclose(offset, 0, atol=1e-5)

    def test_a_grey_picture_becomes_a_tint_without_coloured_noise(self):
        grey = np.repeat(waves(40, 60)[..., :1], 3, axis=-1)
        noisy = grey + np.random.default_rng(0).normal(0, 0.002, grey.shape).astype(np.float32)
        matrix, _ = colour_transport(colour_statistics(noisy), colour_statistics(STYLE))
        assert np.abs((noisy - grey) @ matrix).max() < 0.1

    def test_a_mixture_lies_between(self):
        one, other = colour_statistics(STYLE), colour_statistics(1 - STYLE)
        middle = mixed_colours([one, other], [0.5, 0.5])
        np.testing.assert_allclose(middle.mean, 0.5, atol=1e-5)


PAINT = """
import sys
import numpy as np
from stylecore.networks.fast import CompactFast
from stylecore.networks.features import load_features
frame, style = (np.load(path) for path in sys.argv[1:3])
network = CompactFast()
(painted,) = network.paint([frame], network.encode(style))
layers = [f"block{block}_conv1" for block in range(1, 6)]
features = load_features("compact", layers)(frame[None])
np.savez(sys.argv[3], painted=painted, **{name: np.asarray(features[name]) for name in layers})
"""


@pytest.mark.long
def test_both_networks_give_the_same_on_jax(network, tmp_path, jax_alone):
    frame = waves(96, 136)
    np.save(tmp_path / "frame.npy", frame)
    np.save(tmp_path / "style.npy", STYLE)
    subprocess.run(
        [sys.executable, "-c", PAINT, "frame.npy", "style.npy", "jax.npz"],
        env=jax_alone, cwd=tmp_path, check=True,
    )  # fmt: skip
    found = np.load(tmp_path / "jax.npz")
    painted = painted_by(network, frame, network.encode(STYLE))
    np.testing.assert_allclose(found["painted"], painted, atol=1e-3)
    layers = [name for name in found.files if name != "painted"]
    for name, values in load_features("compact", layers)(frame[None]).items():
        np.testing.assert_allclose(found[name], values, atol=1e-3, rtol=1e-3, err_msg=name)


def test_a_code_is_a_vector_and_colours(network):
    code = network.encode(STYLE)
    assert isinstance(code, StyleCode) and code.vector.shape == (CODE_LENGTH,)
