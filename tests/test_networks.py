"""Feature networks: any picture size, files of weights, digests, and the sentences when they fail.

What a network is worth is measured by ``stylecore.training.evaluate_perceptual``, not here.
"""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import av
import keras
import numpy as np
import pytest

from stylecore.arrays.images import resize
from stylecore.errors import WeightsError
from stylecore.media import read_picture
from stylecore.networks.features import COMPACT_WEIGHTS, features_digest, load_features
from stylecore.networks.perceptual import build_compact
from stylecore.settings import GATYS_STYLE_LAYERS

ROOT = Path(__file__).parents[1]
PHOTOS = ROOT.parent / "shared" / "media" / "content"
REAL_VGG = ROOT.parent / "shared" / "weights" / "vgg19_normalised_relu3_1"
KERAS_HOME = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
VGG19_TO_RELU5_1 = {
    **{f"block1_conv{number}": 1 for number in (1, 2)},
    **{f"block2_conv{number}": 2 for number in (1, 2)},
    **{f"block3_conv{number}": 3 for number in (1, 2, 3, 4)},
    **{f"block4_conv{number}": 4 for number in (1, 2, 3, 4)},
    "block5_conv1": 5,
}
"""Layer name -> block, in VGG19's order."""


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """(1, 96, 128, 3) RGB in [0, 1]: soft coloured waves with a fine grain, textured everywhere."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:96, :128]
    waves = [
        np.sin(x * random.uniform(0.05, 0.9) + y * random.uniform(-0.9, 0.9) + phase)
        for phase in random.uniform(0, 6, (9,))
    ]
    channels = np.stack([sum(waves[number::3]) for number in range(3)], axis=-1)
    grain = random.normal(0, 0.05, channels.shape)
    return np.clip(0.5 + 0.15 * channels + grain, 0, 1)[None].astype(np.float32)


def save_npz(model: keras.Model, path: Path) -> Path:
    arrays = {}
    for layer in model.layers:
        if layer.weights:
            arrays[f"{layer.name}/kernel"], arrays[f"{layer.name}/bias"] = layer.get_weights()
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with random weights of the compact network."""
    keras.utils.set_random_seed(3)
    return save_npz(build_compact(), tmp_path_factory.mktemp("weights") / "untrained.npz")


class TestCompact:
    def test_has_the_layers_of_vgg19_at_their_scales(self, picture):
        features = load_features("compact", tuple(VGG19_TO_RELU5_1))(picture)
        assert list(features) == list(VGG19_TO_RELU5_1)
        widths = {1: 16, 2: 32, 3: 64, 4: 128, 5: 128}
        for layer, block in VGG19_TO_RELU5_1.items():
            scale = 2 ** (block - 1)
            width = 128 if layer == "block3_conv1" else widths[block]
            assert features[layer].shape == (1, 96 // scale, 128 // scale, width)

    def test_gives_activations_after_relu(self, picture):
        features = load_features("compact", ["block1_conv1", "block4_conv2"])(picture)
        assert all(np.min(values) == 0 < np.max(values) for values in features.values())

    @pytest.mark.parametrize("size", [(16, 16), (17, 31), (45, 90)])
    def test_takes_any_size(self, size):
        pictures = np.full((2, *size, 3), 0.3, np.float32)
        features = load_features("compact", ["block1_conv2", "block5_conv1"])(pictures)
        assert features["block1_conv2"].shape[:3] == (2, *size)
        assert features["block5_conv1"].shape[:3] == (2, size[0] // 16, size[1] // 16)

    def test_is_built_no_deeper_than_asked(self):
        network = load_features("compact", ["block2_conv1", "block1_conv1"])
        assert network.layers == ("block2_conv1", "block1_conv1")
        assert {layer.name for layer in network.model.layers if layer.weights} == {
            "block1_conv1", "block1_conv2", "block2_conv1",
        }  # fmt: skip

    def test_ships_with_layers_of_about_unit_mean_activation(self, picture):
        features = load_features("compact", tuple(VGG19_TO_RELU5_1))(picture)
        for layer, values in features.items():
            assert 0.2 < np.mean(values) < 5, layer

    @pytest.mark.parametrize("name", ["frames of the demo clip", "photographs"])
    def test_ships_with_channels_of_about_unit_mean_activation(self, name):
        if name == "photographs":
            if not PHOTOS.is_dir():
                pytest.skip("needs photographs in ../shared/media")
            pictures = [read_picture(path) for path in sorted(PHOTOS.glob("*.jpg"))]
        else:
            with av.open(str(ROOT / "data" / "demo.mp4")) as clip:
                pictures = [f.to_ndarray(format="rgb24") / 255 for f in clip.decode(video=0)][::12]
        photos = np.stack([resize(one.astype(np.float32), (192, 128)) for one in pictures])
        for layer, values in load_features("compact", tuple(GATYS_STYLE_LAYERS))(photos).items():
            means = np.mean(values, (0, 1, 2))
            assert 0.3 < np.median(means) < 2, layer
            assert 0.3 < np.mean(means) < 2, layer

    def test_ships_in_at_most_four_megabytes(self):
        assert COMPACT_WEIGHTS.stat().st_size <= 4_000_000

    def test_sees_no_edge_at_the_border(self):
        """A constant picture has constant features, up to the last row and column."""
        plain = np.full((1, 48, 64, 3), (0.8, 0.4, 0.1), np.float32)
        for layer, values in load_features("compact", tuple(VGG19_TO_RELU5_1))(plain).items():
            values = np.asarray(values)
            np.testing.assert_allclose(
                values, np.broadcast_to(values[:, :1, :1], values.shape), atol=1e-3, err_msg=layer
            )


class TestDigest:
    def test_changes_with_the_weights(self, untrained, tmp_path):
        keras.utils.set_random_seed(4)
        other = save_npz(build_compact(), tmp_path / "other.npz")
        digests = {features_digest("compact", path) for path in (None, untrained, other)}
        assert len(digests) == 3

    def test_differs_between_networks(self):
        assert features_digest("vgg19") != features_digest("vgg16") != features_digest("compact")

    def test_needs_neither_keras_nor_tensorflow(self):
        code = (
            "import sys; from stylecore.networks.features import features_digest;"
            "features_digest('compact'); features_digest('vgg19');"
            "assert not {'keras', 'tensorflow'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


class TestFilesOfWeights:
    @pytest.mark.parametrize("suffix", [".keras", ".h5"])
    def test_a_saved_keras_model_fits_by_name(self, suffix, untrained, picture, tmp_path):
        layers = ["block1_conv1", "block3_conv2"]
        expected = load_features("compact", layers, weights=untrained)
        model = build_compact("block3_conv2")
        for layer in model.layers:
            layer.set_weights(expected.model.get_layer(layer.name).get_weights())
        model.save(tmp_path / f"saved{suffix}")
        loaded = load_features("compact", layers, weights=tmp_path / f"saved{suffix}")
        for layer in layers:
            np.testing.assert_array_equal(loaded(picture)[layer], expected(picture)[layer])

    def test_without_a_needed_layer_says_which(self, tmp_path):
        shallow = save_npz(build_compact("block2_conv2"), tmp_path / "shallow.npz")
        with pytest.raises(WeightsError, match="block3_conv1, block3_conv2"):
            load_features("compact", ["block3_conv2"], weights=shallow)

    def test_of_another_network_says_where_it_does_not_fit(self, untrained):
        with pytest.raises(WeightsError, match="do not fit vgg19 at block1_conv1, block1_conv2"):
            load_features("vgg19", ["block1_conv2"], weights=untrained)

    def test_of_another_format_is_refused(self, tmp_path):
        path = tmp_path / "weights.npz"
        with pytest.raises(WeightsError, match="There is no weights file"):
            load_features("compact", ["block1_conv1"], weights=path)
        path.write_text("no weights")
        with pytest.raises(WeightsError, match="damaged"):
            load_features("compact", ["block1_conv1"], weights=path)
        with pytest.raises(WeightsError, match=r"\.npz, \.h5 or \.keras"):
            load_features("compact", ["block1_conv1"], weights=path.with_suffix(".pt"))


class TestVgg:
    @pytest.mark.parametrize("name", ["vgg19", "vgg16"])
    def test_computes_what_keras_applications_computes(self, name, picture, tmp_path):
        application = getattr(keras.applications, name)
        original = getattr(application, name.upper())(include_top=False, weights=None)
        cut = keras.Model(original.input, original.get_layer("block2_conv2").output)
        cut.save(tmp_path / "cut.h5")
        prepared = application.preprocess_input(picture * 255.0)
        loaded = load_features(name, ["block2_conv2"], weights=tmp_path / "cut.h5")
        np.testing.assert_allclose(
            loaded(picture)["block2_conv2"], cut(prepared), rtol=1e-3, atol=1e-3
        )

    @pytest.mark.skipif(not REAL_VGG.is_dir(), reason=f"needs {REAL_VGG.name} in ../shared/weights")
    def test_real_weights_load_by_name_from_both_kinds_of_file(self, picture):
        layers = ["block1_conv1", "block2_conv1", "block3_conv1"]
        h5, npz = (
            load_features("vgg19", layers, weights=next(REAL_VGG.glob(pattern)))(picture)
            for pattern in ("*.h5", "*.npz")
        )
        for layer in layers:
            np.testing.assert_allclose(h5[layer], npz[layer], rtol=1e-4, atol=1e-3)
            assert 0.2 < np.mean(h5[layer]) < 5, "the file's filters are scaled to about 1"

    @pytest.mark.skipif(not REAL_VGG.is_dir(), reason=f"needs {REAL_VGG.name} in ../shared/weights")
    def test_real_weights_that_end_too_early_say_where(self):
        with pytest.raises(WeightsError, match=r"no weights for block3_conv2, .*block4_conv2"):
            load_features("vgg19", ["block4_conv2"], weights=next(REAL_VGG.glob("*.h5")))

    def test_without_a_connection_says_what_to_do(self, monkeypatch):
        if list((KERAS_HOME / "models").glob("vgg16*notop*")):
            pytest.skip("Keras has the weights of vgg16 already")
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of before
        with pytest.raises(WeightsError, match=r"could not be downloaded.*'compact'"):
            load_features("vgg16", ["block1_conv1"])


@pytest.mark.parametrize("name", ["compact", "vgg19", "vgg16"])
def test_an_unknown_layer_is_refused_by_name(name):
    with pytest.raises(WeightsError, match=f"{name} has no layer block9_conv1: choose"):
        load_features(name, ["block1_conv1", "block9_conv1"])
