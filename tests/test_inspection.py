"""Looking into a network: the sheets show what the network says, and say what they show."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from flows.cli import main
from stylecore.arrays.images import resize, to_float
from stylecore.engines import Engine, FrameInput, FrameRecord
from stylecore.engines.base import WrappingEngine
from stylecore.engines.luminance import LuminanceEngine
from stylecore.engines.masked import MaskedEngine
from stylecore.errors import MediaError, WeightsError
from stylecore.inspection.feature_maps import feature_maps, feature_sheet
from stylecore.inspection.reconstruction import reconstruction_sheet, reconstructions
from stylecore.inspection.transition import MOST_STEPS, TransitionFilm, evenly
from stylecore.media import Excerpt, index_source, read_frames, read_picture, read_single
from stylecore.networks.features import load_features
from stylecore.settings import LAYERS, ImageSettings
from stylecore.settings.inspection import FeatureSettings, ReconstructionSettings
from tests.support import clips

ROOM = 42.0
VGG_FOLDER = clips.SHARED_MEDIA.parent / "weights" / "vgg19_normalised_relu3_1"


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """A disc on a gradient, 96x64."""
    ramp = np.linspace(0.1, 0.9, 96, dtype=np.float32)
    image = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    cv2.circle(image, (48, 32), 18, (0.9, 0.2, 0.1), -1)
    return image


def shown(path: Path) -> np.ndarray:
    """Picture of a sheet as integers."""
    image = cv2.imread(str(path))
    assert image is not None
    return image


# --- a frame as a picture ------------------------------------------------------------------------


def test_a_frame_is_that_frame(clip: Path) -> None:
    index = index_source(clip)
    (expected,) = read_frames(Excerpt(clip, index, 7, 8))
    found = read_single(Path(f"{clip}@7"), max_megapixels=ROOM)
    assert np.array_equal(found, expected)


def test_a_still_is_itself_whatever_its_name(style: Path) -> None:
    named = style.rename(style.with_name("me@7"))
    assert np.array_equal(read_single(named, max_megapixels=ROOM), clips_pixels(named))


def clips_pixels(path: Path) -> np.ndarray:
    return shown(path)[..., ::-1]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("{clip}", r"holds many frames; say which one .* like .*clip.mp4@0"),
        ("{clip}@12", "has no frame 12: it has 12, numbered from 0"),
        ("{style}@0", "is one picture and has no frame 0; leave out @0"),
        ("{clip}.mkv@3", "There is no file"),
        ("{folder}", "holds many frames"),
    ],
)
def test_what_names_no_picture_is_refused(
    name: str, sentence: str, clip: Path, style: Path, tmp_path: Path
) -> None:
    path = Path(name.format(clip=clip, style=style, folder=tmp_path))
    with pytest.raises(MediaError, match=sentence):
        read_single(path, max_megapixels=ROOM)


# --- feature maps --------------------------------------------------------------------------------


def test_maps_are_the_activations_of_the_network(picture: np.ndarray) -> None:
    layers = ("block1_conv2", "block3_conv4")
    found = feature_maps(picture, FeatureSettings(layers=layers, channels=5))
    network = load_features("compact", layers)(picture[None])
    for one in found:
        activations = np.asarray(network[one.layer])[0]
        assert one.channels == (0, 1, 2, 3, 4)
        assert one.channel_count == activations.shape[-1]
        assert np.allclose(one.maps, activations[..., :5].transpose(2, 0, 1), atol=1e-5)


def test_the_strongest_channels_come_first(picture: np.ndarray) -> None:
    settings = FeatureSettings(layers=("block2_conv2",), strongest=True, channels=32)
    (found,) = feature_maps(picture, settings)
    means = found.maps.mean((1, 2))
    assert (np.diff(means) <= 0).all()
    assert sorted(found.channels) == list(range(32))


def test_white_is_of_the_map_or_of_the_layer(picture: np.ndarray) -> None:
    layers = ("block2_conv1",)
    (own,) = feature_maps(picture, FeatureSettings(layers=layers))
    (layer,) = feature_maps(picture, FeatureSettings(layers=layers, scale="layer"))
    assert len(set(layer.white)) == 1
    assert np.allclose(
        own.white,
        np.maximum(np.percentile(own.maps, 99.5, axis=(1, 2)), 0.01 * layer.white[0]),
    )


@pytest.mark.parametrize("network", LAYERS)
def test_five_layers_are_shown_as_in_the_tutorial(network: str) -> None:
    assert [layer[:6] for layer in FeatureSettings(network=network).shown_layers] == [
        f"block{block}" for block in range(1, 6)
    ]  # fmt: skip
    assert "block3_conv4" in FeatureSettings(network="vgg19").shown_layers


def test_a_silent_map_is_dark_and_a_loud_one_light(picture: np.ndarray) -> None:
    settings = FeatureSettings(layers=("block1_conv1",), channels=16, map_size=96)
    sheet = feature_sheet(picture, settings)
    assert sheet.min() >= 0 and sheet.max() <= 1
    assert (sheet == 0).all(axis=-1).any() and (sheet == 1).all(axis=-1).any()
    dark = feature_sheet(np.zeros_like(picture), settings)
    assert np.isfinite(dark).all()


def test_layers_of_another_network_are_refused() -> None:
    with pytest.raises(ValueError, match="the network compact has no block5_conv4"):
        FeatureSettings(layers=("block5_conv4",))


@pytest.mark.skipif(not VGG_FOLDER.is_dir(), reason=clips.WHY_SKIPPED)
def test_weights_of_vgg_serve_as_far_as_they_go(picture: np.ndarray) -> None:
    (file,) = VGG_FOLDER.glob("*.npz")
    layers = ("block1_conv2", "block2_conv2", "block3_conv1")
    found = feature_maps(picture, FeatureSettings(network="vgg19", weights=file, layers=layers))
    assert [one.channel_count for one in found] == [64, 128, 256]
    with pytest.raises(WeightsError, match=r"no weights for block3_conv2, .*choose layers before"):
        feature_maps(picture, FeatureSettings(network="vgg19", weights=file))


# --- the command ---------------------------------------------------------------------------------


def test_a_sheet_of_a_frame_lies_beside_its_video(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["features", f"{clip}@7", "--layers", "block1_conv2", "--map-size", "32"]
    assert main(command) == 0
    sheet = clip.with_name("clip@7-features-compact.png")
    assert capsys.readouterr().out == f"{sheet}\n"
    assert read_picture(sheet).shape[0] > 64
    assert main(command) != 0
    assert "exists" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_a_sheet_with_a_name_that_is_no_picture_is_refused(
    style: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["features", str(style), "-o", "sheet.pdf"]) == 2
    assert "sheet.pdf does not end like a picture" in capsys.readouterr().err


# --- reconstructions -----------------------------------------------------------------------------


def test_early_layers_know_the_picture_and_later_ones_less(picture: np.ndarray) -> None:
    layers = ("block1_conv1", "block3_conv4")
    settings = ReconstructionSettings(layers=layers, size=48, steps=40, seed=3)
    found = list(reconstructions(picture, settings))
    assert [(one.kind, one.layer) for one in found] == [
        (kind, layer) for kind in ("content", "style") for layer in layers
    ]
    original = resize(picture, (48, 32))
    errors = [float(np.abs(one.image - original).mean()) for one in found]
    assert errors[0] < 0.05 < min(errors[2:]), "style forgets places, content of layer 1 does not"
    assert errors[0] < errors[1]
    assert all(one.image.min() >= 0 and one.image.max() <= 1 for one in found)

    first = settings.model_copy(update={"layers": layers[:1]})
    again = next(reconstructions(picture, first))
    assert np.array_equal(again.image, found[0].image)
    sheet = reconstruction_sheet(picture, found, settings, style=picture)
    assert sheet.shape[0] > 2 * 32 and sheet.shape[1] > 3 * 48


def test_a_style_of_another_shape_has_its_own_reconstruction(
    style: Path, clip: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    assert main(
        ["reconstruct", f"{clip}@3", "--style", str(style), "-o", str(sheet), "--quiet",
         "--layers", "block1_conv1", "--steps", "1", "--size", "32"]
    ) == 0  # fmt: skip
    assert read_picture(sheet).shape[1] > 2 * 32


# --- the way from the source to the result -------------------------------------------------------


def distances(frames: Sequence[np.ndarray]) -> list[float]:
    return [float(np.sqrt(np.mean((to_float(b) - to_float(a)) ** 2))) for a, b in pairwise(frames)]


def test_frames_are_even_in_change_and_not_in_steps() -> None:
    shades = [0, 100, 150, 160, 162, 163]  # much at first, then less and less
    steps = [np.full((20, 30, 3), shade, np.uint8) for shade in shades]
    frames = evenly(steps, 12)
    assert len(frames) == 12
    assert np.array_equal(frames[0], steps[0]) and np.array_equal(frames[-1], steps[-1])
    assert max(distances(frames)) - min(distances(frames)) < 2 / 255


def test_a_way_without_change_is_a_film_of_one_picture() -> None:
    still = np.full((7, 9, 3), 90, np.uint8)
    frames = evenly([still] * 3, 4)
    assert [frame.shape for frame in frames] == [(6, 8, 3)] * 4
    assert all((frame == 90).all() for frame in frames)


@pytest.mark.parametrize("name", ["way.gif", "way.mp4"])
def test_a_long_way_is_thinned_and_its_film_repeatable(name: str, tmp_path: Path) -> None:
    written = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        film = TransitionFilm(tmp_path / folder / name, ImageSettings())
        for step in range(2 * MOST_STEPS + 30):
            film.show(np.full((24, 32, 3), 1 - step / 600, np.float32))
        assert "frames" in film.write()[0]
        written.append((tmp_path / folder / name).read_bytes())
    assert written[0] == written[1]
    index = index_source(tmp_path / "one" / name)
    frames = list(read_frames(Excerpt.of_all(tmp_path / "one" / name, index)))
    assert frames[0].min() > 250
    assert abs(float(frames[-1].mean()) - 255 * (1 - (2 * MOST_STEPS + 29) / 600)) < 3
    seconds = [float(time) for time in Excerpt.of_all(Path(name), index).boundaries()]
    assert seconds[1] == pytest.approx(0.75) and seconds[-1] - seconds[-2] == pytest.approx(1.5)


def test_the_result_is_the_same_with_and_without_its_film(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["image", f"{clip}@3", "--style", str(style), "--first-iterations", "4",
               "--prefect", "off"]  # fmt: skip
    assert main([*command, "--transition", str(tmp_path / "way.gif")]) == 0
    result = clip.with_name("clip@3-style.png")
    assert capsys.readouterr().out.splitlines()[1:] == [str(result), str(tmp_path / "way.gif")]
    assert main([*command, "-o", str(tmp_path / "plain.png")]) == 0
    assert result.read_bytes() == (tmp_path / "plain.png").read_bytes()
    index = index_source(tmp_path / "way.gif")
    frames = list(read_frames(Excerpt.of_all(tmp_path / "way.gif", index)))
    source = read_single(Path(f"{clip}@3"), max_megapixels=ROOM)
    for shown, meant in ((frames[0], to_float(source)), (frames[-1], read_picture(result))):
        assert np.abs(to_float(shown) - meant).mean() < 0.03


class SteppingEngine(Engine):
    """Shows a grey picture, and half of one, on its way to black."""

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Needs nothing."""

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        result = np.zeros_like(frame.content)
        if frame.on_step is not None:
            frame.on_step(np.full_like(frame.content[::2, ::2], 0.5))
            frame.on_step(result)
        return result, FrameRecord(iterations=1)


@pytest.mark.parametrize("wrapping", [LuminanceEngine, MaskedEngine])
def test_engines_around_engines_show_what_they_make_of_a_step(
    wrapping: type[WrappingEngine], picture: np.ndarray
) -> None:
    shown: list[np.ndarray] = []
    masks = np.zeros((1, *picture.shape[:2]), np.float32)
    masks[:, :, :40] = 1
    frame = FrameInput(number=0, content=picture, style_masks=masks, on_step=shown.append)
    result, _ = wrapping(SteppingEngine()).render(frame)
    assert [image.shape for image in shown] == [picture.shape] * 2
    assert np.array_equal(shown[-1], result)
    if wrapping is MaskedEngine:
        assert np.array_equal(shown[0][:, 40:], picture[:, 40:])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "fast", "--transition", "way.gif"], "paints in one pass. Choose the engine"),
        (["--transition", "way"], "does not end like an animation or a video"),
        (["--transition", "way.pdf"], "does not end like a video"),
        (["--transition", "no/way.gif"], "There is no folder no"),
        (["--transition", "out.webp", "-o", "out.webp"], "choose another name for --transition"),
    ],
)
def test_a_film_that_cannot_be_is_refused_before_the_work(
    arguments: list[str],
    sentence: str,
    style: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["image", str(style), "--style", str(style), *arguments]) in (2, 5)
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [style.name]
