"""The fast network's training on pictures made here: scenes are right, it learns and resumes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stylecore.arrays.colour import colour_statistics
from stylecore.arrays.motion import warp
from stylecore.media import read_picture
from stylecore.networks.fast import CompactFast
from stylecore.training.fast import LAYERS, train
from stylecore.training.scenes import Scenes, Sizes, bilinear_places, random_motion
from stylecore.training.settings import FastTraining
from stylecore.training.teachers import load_teacher
from tests.support.clips import texture


@pytest.fixture
def scenes() -> Scenes:
    random = np.random.default_rng(6)
    pictures = [texture(random) for _ in range(4)]
    return Scenes(pictures[:2], pictures[2:], Sizes(48, 56, 2, 2, 2), seed=0)


def run(folders: tuple[Path, Path], out: Path) -> list[dict]:
    """Trains for three epochs of twelve steps; returns the log."""
    settings = FastTraining(
        teacher="compact", steps=36, epoch_steps=12, styles=2, photographs=2, crop=32,
        style_crop=32, precision="float32", sample_epochs=3,
    )  # fmt: skip
    train(*folders, out, settings, teacher=load_teacher("compact", None, LAYERS))
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(folders, tmp_path_factory) -> tuple[Path, list[dict]]:
    """Folder and log of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed")
    return out, run(folders, out)


def test_frames_have_the_colours_of_their_style(scenes):
    batch = scenes[0]
    frames = batch["frames"].reshape(4, 48, 48, 3)
    for frame, style in zip(frames, batch["style"].repeat(2, 0), strict=True):
        np.testing.assert_allclose(frame.mean((0, 1)), style.mean((0, 1)), atol=1e-3)
        spreads = [np.trace(colour_statistics(picture).covariance) for picture in (frame, style)]
        assert spreads[0] == pytest.approx(spreads[1], rel=0.2)


def test_the_next_frame_is_the_first_one_moved_along_the_places(scenes):
    scenes.begin_epoch(3)
    batch = scenes[1]
    for number, following in enumerate(batch["next_frames"]):
        pixels = batch["frames"][0, number].reshape(-1, 3)
        shares = batch["shares"][number][..., None]
        moved = (pixels[batch["places"][number]] * shares).sum(1).reshape(following.shape)
        inside = shares.sum(1).reshape(48, 48) > 0.5
        assert inside.mean() > 0.3
        assert np.abs(following - moved)[inside].mean() < 0.15


def test_places_are_those_of_a_bilinear_warp():
    random = np.random.default_rng(7)
    image = random.random((24, 24, 3), np.float32)
    for _ in range(6):
        motion = random_motion(24, random)
        places, shares = bilinear_places(motion)
        moved = (image.reshape(-1, 3)[places] * shares[..., None]).sum(1).reshape(image.shape)
        inside = shares.sum(1).reshape(24, 24) > 0.5
        np.testing.assert_allclose(moved[inside], warp(image, motion)[inside], atol=0.03)


def test_scenes_depend_on_seed_epoch_and_number_alone(scenes):
    before = scenes[0]
    scenes.begin_epoch(1)
    assert not np.array_equal(scenes[0]["frames"], before["frames"])
    scenes.begin_epoch(0)
    for name, values in scenes[0].items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


def test_pictures_come_nearer_to_their_styles(trained):
    losses = [line["style"] for line in trained[1]]
    assert len(losses) == 3
    assert losses[-1] < losses[0]


def test_the_exported_weights_paint(trained):
    weights = trained[0] / "compact_fast.npz"
    assert weights.stat().st_size < 6_000_000
    network = CompactFast(weights)
    picture = texture(np.random.default_rng(9)).astype(np.float32) / 255
    assert np.isfinite(network.paint([picture], network.encode(picture[::-1]))).all()


def test_a_run_leaves_a_plot_of_its_losses_and_sample_pictures(trained):
    for name in ("losses.png", "samples/epoch_0003.png"):
        assert read_picture(trained[0] / name).std() > 0.01, name


@pytest.mark.long
def test_an_interrupted_run_goes_on_to_the_same_weights(folders, trained, tmp_path, monkeypatch):
    def stop(scenes: Scenes, epoch: int, logs: object = None) -> None:
        scenes.epoch = epoch
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Scenes, "begin_epoch", stop)
        run(folders, tmp_path)
    run(folders, tmp_path)
    resumed, undisturbed = (
        dict(np.load(out / "compact_fast.npz")) for out in (tmp_path, trained[0])
    )
    for key, values in undisturbed.items():
        np.testing.assert_array_equal(resumed[key], values, err_msg=key)


TRAIN = """
import sys
from pathlib import Path
from stylecore.training import fast, perceptual
from stylecore.training.settings import FastTraining, PerceptualTraining
from stylecore.training.teachers import load_teacher
content, style, out = map(Path, sys.argv[1:])
shared = dict(steps=4, epoch_steps=2, precision="float32", sample_epochs=2)
teacher = load_teacher("compact", None, fast.LAYERS)
small = FastTraining(crop=32, style_crop=32, styles=2, photographs=2, **shared)
fast.train(content, style, out, small, teacher=teacher)
larger = PerceptualTraining(crop=64, batch=4, **shared)
perceptual.train(content, style, out / "p", larger, teacher=teacher)
"""


@pytest.mark.long
def test_both_networks_train_where_there_is_only_jax(folders, tmp_path, jax_alone):
    subprocess.run(
        [sys.executable, "-c", TRAIN, *map(str, folders), str(tmp_path)],
        env=jax_alone,
        check=True,
    )
    fast, perceptual = (
        dict(np.load(tmp_path / name)) for name in ("compact_fast.npz", "p/compact_perceptual.npz")
    )
    assert all(np.isfinite(values).all() for values in (*fast.values(), *perceptual.values()))
