"""The perceptual network's training on pictures made here: it learns, resumes and exports whole."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from stylecore.arrays.images import to_float
from stylecore.errors import MediaError, WeightsError
from stylecore.media import read_picture
from stylecore.networks.features import load_features
from stylecore.networks.files import assign_weights, read_weights
from stylecore.networks.perceptual import build_compact, layer_names
from stylecore.networks.vgg import build_vgg
from stylecore.training import evaluate_perceptual, perceptual
from stylecore.training.evaluate_perceptual import agreements, fit_projections, gram_cosine
from stylecore.training.perceptual import normalised_weights, train
from stylecore.training.pictures import Crops, load_pictures
from stylecore.training.settings import PerceptualTraining
from stylecore.training.start import continue_from, standardise_channels
from stylecore.training.teachers import Teacher, load_teacher
from tests.support.clips import texture

LAYERS = [f"block{block}_conv1" for block in range(1, 6)] + ["block4_conv2"]


@pytest.fixture(scope="module")
def teacher(folders: tuple[Path, Path]) -> Teacher:
    """A network like the student, with other random weights."""
    keras.utils.set_random_seed(1)
    network = build_compact()
    pictures = np.stack([to_float(picture[:64, :64]) for picture in load_pictures(folders[0])])
    standardise_channels(network, pictures)
    chosen = {layer: network.get_layer(layer).output for layer in LAYERS}
    return Teacher("random", keras.Model(network.input, chosen))


def run(folders: tuple[Path, Path], out: Path, teacher: Teacher) -> list[dict]:
    """Trains for three epochs of six steps; returns the log."""
    settings = PerceptualTraining(
        steps=18, epoch_steps=6, batch=2, crop=64, learning_rate=5e-4, precision="float32",
        sample_epochs=3,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perceptual, "SAMPLES", 1)
        patch.setattr(perceptual, "SAMPLE_SIDE", 48)
        train(*folders, out, settings, teacher=teacher)
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(folders, teacher, tmp_path_factory) -> tuple[Path, list[dict]]:
    """Folder and log of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed")
    return out, run(folders, out, teacher)


def test_the_loss_falls(trained):
    """From the second epoch on: the projections start from a fit to the crops of the first."""
    losses = [line["loss"] for line in trained[1]]
    assert len(losses) == 3
    assert losses[2] < losses[1]


def test_the_exported_weights_are_ready_for_use(trained):
    weights = trained[0] / "compact_perceptual.npz"
    assert weights.stat().st_size < 4_000_000
    picture = to_float(texture(np.random.default_rng(9)))[None]
    for values in load_features("compact", LAYERS, weights=weights)(picture).values():
        assert np.isfinite(values).all() and np.max(values) > 0


def test_a_run_leaves_a_plot_of_its_losses_and_sample_pictures(trained):
    for name in ("losses.png", "samples/epoch_0003.png"):
        assert read_picture(trained[0] / name).std() > 0.01, name


@pytest.mark.long
def test_an_interrupted_run_goes_on_to_the_same_weights(
    folders, teacher, trained, tmp_path, monkeypatch
):
    def stop(crops: Crops, epoch: int, logs: object = None) -> None:
        crops.epoch = epoch
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Crops, "begin_epoch", stop)
        run(folders, tmp_path, teacher)
    log = run(folders, tmp_path, teacher)
    assert [line["epoch"] for line in log] == [line["epoch"] for line in trained[1]]
    resumed, undisturbed = (
        dict(np.load(out / "compact_perceptual.npz")) for out in (tmp_path, trained[0])
    )
    assert resumed.keys() == undisturbed.keys()
    for key, values in undisturbed.items():
        np.testing.assert_array_equal(resumed[key], values, err_msg=key)


def test_scaling_leaves_the_function_as_it_was():
    """Each channel becomes a multiple of the trained network's, with mean 1 at most."""
    keras.utils.set_random_seed(2)
    student, scaled_student = build_compact(), build_compact()
    random = np.random.default_rng(3)
    pictures = np.stack([to_float(texture(random)) for _ in range(4)])
    arrays = normalised_weights(student, pictures)
    weights = {
        name: (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name, _, _ in layer_names()
    }
    assign_weights(scaled_student, weights, source="the scaled weights")
    before, after = student(pictures), scaled_student(pictures)
    for layer in LAYERS:
        trained, scaled = np.asarray(before[layer]), np.asarray(after[layer])
        means, scaled_means = trained.mean((0, 1, 2)), scaled.mean((0, 1, 2))
        assert scaled_means.max() < 1.02
        expected = trained * (scaled_means / np.maximum(means, 1e-9))
        np.testing.assert_allclose(scaled, expected, atol=0.01, rtol=0.01)


def test_a_start_from_earlier_weights_is_the_same_function_with_new_channels_ready(trained):
    weights = dict(read_weights(trained[0] / "compact_perceptual.npz"))
    kernel, bias = (np.array(part, np.float32) for part in weights["block3_conv1"])
    kernel[..., 5], bias[5] = 0, -1
    following = weights["block3_conv2"]
    narrower = {
        **weights,
        "block3_conv1": (kernel[..., :70], bias[:70]),
        "block3_conv2": (following[0][:, :, :70], following[1]),
    }
    random = np.random.default_rng(8)
    pictures = np.stack([to_float(texture(random)) for _ in range(4)])
    network, expected = build_compact(), build_compact()
    continue_from(network, narrower, pictures)
    kernel[..., 70:], bias[70:] = 0, 0
    whole = {**weights, "block3_conv1": (kernel, bias)}
    assign_weights(expected, whole, source="the weights, silenced")
    found, wanted = network(pictures), expected(pictures)
    np.testing.assert_allclose(found["block3_conv2"], wanted["block3_conv2"], rtol=1e-3, atol=1e-4)
    fired = np.max(found["block3_conv1"], (0, 1, 2)) > 0
    assert fired[5] and fired[70:].all()


def test_crops_depend_on_seed_epoch_and_number_alone(folders):
    pictures = load_pictures(folders[0])
    one, same, other = (
        Crops(pictures, pictures, crop=32, batch=3, batches=2, seed=seed) for seed in (0, 0, 1)
    )
    same[1]
    np.testing.assert_array_equal(one[0], same[0])
    assert one[0].shape == (3, 32, 32, 3) and one[0].dtype == np.float32
    assert one[0].min() >= 0 and one[0].max() <= 1
    assert not np.array_equal(one[0], other[0])
    same.begin_epoch(1)
    assert not np.array_equal(one[0], same[0])


def test_a_folder_without_pictures_is_refused(tmp_path, folders, teacher):
    with pytest.raises(MediaError, match="no JPEG or PNG pictures"):
        train(tmp_path, folders[1], tmp_path / "out", PerceptualTraining(), teacher=teacher)


def test_a_mixed_teacher_without_its_files_says_which(tmp_path):
    with pytest.raises(WeightsError, match=r"vgg19_normalised_relu3_1\.npz"):
        load_teacher("mixed", tmp_path, LAYERS)


def test_a_network_agrees_with_itself(trained):
    network = load_features("compact", LAYERS, weights=trained[0] / "compact_perceptual.npz")
    random = np.random.default_rng(4)
    pictures = [to_float(texture(random)) for _ in range(26)]
    projections = fit_projections(network, network, pictures[:24])
    for layer, found in agreements(network, network, projections, pictures[24:]).items():
        assert found.gram_cosine > 0.95 and found.explained > 0.8, layer


def test_gram_cosine_of_equal_and_of_unlike_features():
    features = np.random.default_rng(0).random((50, 4))
    assert gram_cosine(features, 3 * features) == pytest.approx(1)
    assert gram_cosine(np.eye(4)[:, :2] @ np.diag([1, 0]), np.eye(4)[:, :2] @ np.diag([0, 1])) == 0


def test_the_evaluation_prints_a_line_for_each_layer(folders, tmp_path, trained, capsys):
    random = np.random.default_rng(6)
    arrays = {}
    for layer in build_vgg("vgg19", deepest="block5_conv1").layers:
        if layer.weights:
            kernel, bias = (variable.shape for variable in layer.weights)
            scale = np.float32((2 / np.prod(kernel[:3])) ** 0.5)
            arrays[f"{layer.name}/kernel"] = scale * random.standard_normal(kernel, np.float32)
            arrays[f"{layer.name}/bias"] = np.zeros(bias, np.float32)
    np.savez(tmp_path / "vgg19.npz", **arrays)
    folder = str(folders[0])
    evaluate_perceptual.main(
        ["--training", folder, "--pictures", folder, "--teacher-weights",
         str(tmp_path / "vgg19.npz"), "--weights", str(trained[0] / "compact_perceptual.npz")]
    )  # fmt: skip
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["layer", *LAYERS]
