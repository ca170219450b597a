"""Learning one style: its file, what it paints, and that a stopped learning ends with the same."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from stylecore import FastSettings, GatysSettings, ImageSettings, stylize_image
from stylecore.errors import OutputError, OutputExistsError, SettingsError, WeightsError
from stylecore.media import read_picture, write_picture
from stylecore.networks.fast import LearnedFast, fast_digest
from stylecore.networks.style_file import LearnedStyle, load_style
from stylecore.training.learned import learn_style
from stylecore.training.scenes import ScenesOfOneStyle
from stylecore.training.settings import StyleLearning
from tests.support.clips import texture

SETTINGS = StyleLearning(
    minutes=0.001, style_size=64, crop=64, photographs=1, epoch_steps=2, sample_epochs=1,
    precision="float32",
)  # fmt: skip


def picture(seed: int) -> np.ndarray:
    return texture(np.random.default_rng(seed)).astype(np.float32) / 255


def learn(output: Path, **options) -> None:
    content = [texture(np.random.default_rng(7))]
    learn_style(picture(1), output, SETTINGS, content=content, **options)


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("learned") / "waves.style"
    learn(path)
    return path


def test_the_file_is_small_and_says_what_it_was_made_with(learned):
    style = load_style(learned)
    assert learned.stat().st_size <= 2_000_000
    assert style.made_with["teacher"] == "compact" and int(style.made_with["steps"]) == 2
    assert np.abs(style.picture / 255 - picture(1)[: style.picture.shape[0]]).mean() < 0.1
    assert [path.name for path in learned.parent.iterdir()] == [learned.name]


def test_it_paints_whatever_picture_it_is_given(learned):
    network = LearnedFast(learned)
    frame = picture(3)
    painted = [network.paint([frame], network.encode(picture(seed)))[0] for seed in (4, 5)]
    assert painted[0].shape == frame.shape
    assert np.abs(painted[0] - frame).mean() > 0.02
    np.testing.assert_array_equal(*painted)


def test_it_is_not_mixed_with_others(learned):
    network = LearnedFast(learned)
    code = network.encode(picture(1))
    with pytest.raises(SettingsError, match="by itself"):
        network.mix([code, code], [0.5, 0.5])


def test_its_content_is_its_key(learned, tmp_path):
    copy = tmp_path / "other name.style"
    copy.write_bytes(learned.read_bytes())
    assert fast_digest(str(copy)) == fast_digest(str(learned))
    assert fast_digest(str(copy)).startswith("learned-")


def test_an_existing_file_is_kept(learned):
    with pytest.raises(OutputExistsError):
        learn(learned)


@pytest.mark.parametrize("damage", ["short", "text", "empty", "version", "weights", "huge"])
def test_damaged_files_are_refused_in_a_sentence(learned, tmp_path, damage):
    path = tmp_path / f"{damage}.style"
    content = learned.read_bytes()
    if damage == "short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "text":
        path.write_text("a style")
    elif damage == "empty":
        path.touch()
    elif damage == "huge":
        path.write_bytes(content + bytes(8_000_000))
    else:
        arrays = dict(np.load(learned))
        if damage == "version":
            header = json.loads(arrays["header"].tobytes()) | {"format": 99}
            arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        else:
            arrays["weights"] = arrays["weights"][:-1]
        with path.open("wb") as file:
            np.savez(file, **arrays)
    with pytest.raises(WeightsError, match="learn it again"):
        LearnedFast(path)


def test_nothing_in_a_file_is_run(learned, tmp_path):
    arrays = dict(np.load(learned)) | {"header": np.array([print], dtype=object)}
    path = tmp_path / "code.style"
    with path.open("wb") as file:
        np.savez(file, **arrays)
    assert zipfile.is_zipfile(path)
    with pytest.raises(WeightsError, match="damaged"):
        load_style(path)


@pytest.mark.long
def test_a_stopped_learning_goes_on_to_the_same_bytes(learned, tmp_path, monkeypatch):
    output = tmp_path / "waves.style"

    def stop(scenes: ScenesOfOneStyle, epoch: int, logs: object = None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ScenesOfOneStyle, "begin_epoch", stop)
        learn(output)
    assert not output.exists()
    learn(output)
    assert output.read_bytes() == learned.read_bytes()


def test_stopped_after_the_last_checkpoint_it_still_ends_with_the_same(
    learned, tmp_path, monkeypatch
):
    def stop(style: LearnedStyle) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("stylecore.training.learned.pack_style", stop)
        learn(tmp_path / "waves.style")
    learn(tmp_path / "waves.style")
    assert (tmp_path / "waves.style").read_bytes() == learned.read_bytes()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    kept = tmp_path / "waves.style.learning" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(OutputError, match="in the way"):
        learn(tmp_path / "waves.style")
    assert kept.read_text() == "mine"


class TestPaintingWithIt:
    @pytest.fixture
    def source(self, tmp_path) -> Path:
        write_picture(tmp_path / "source.png", picture(3))
        return tmp_path / "source.png"

    def test_it_is_given_as_a_style(self, learned, source, tmp_path):
        settings = ImageSettings(engine="fast")
        outputs = [tmp_path / name for name in ("one.png", "two.png")]
        stylize_image(source, learned, outputs[0], settings)
        by_model = FastSettings(model=str(learned))
        stylize_image(source, source, outputs[1], settings.model_copy(update={"fast": by_model}))
        one, two = map(read_picture, outputs)
        np.testing.assert_array_equal(one, two)

    def test_what_it_cannot_do_is_refused(self, learned, source, tmp_path):
        settings = ImageSettings(engine="fast", fast=FastSettings(strength=0.5))
        with pytest.raises(SettingsError, match="strength has no effect"):
            stylize_image(source, learned, tmp_path / "no.png", settings)

    def test_gatys_takes_its_picture(self, learned, source, tmp_path):
        gatys = GatysSettings(first_iterations=1)
        stylize_image(source, learned, tmp_path / "g.png", ImageSettings(gatys=gatys, size=48))
        assert read_picture(tmp_path / "g.png").shape[1] == 48
