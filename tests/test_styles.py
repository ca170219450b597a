"""Several styles: how much of each, when and where; and whose colours are kept."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from flows.cli import main
from stylecore.arrays.colour import colour_statistics, transfer_colours
from stylecore.arrays.images import to_float
from stylecore.arrays.light import LUMA, grey_like, merge_chroma
from stylecore.errors import InputError, SettingsError
from stylecore.media import Excerpt, index_source, read_frames
from stylecore.pipeline import stylize_image, stylize_video
from stylecore.sequence.masks import MaskedFrames, open_masks
from stylecore.sequence.style_plan import (
    StylePlan,
    weights_at,
)
from stylecore.settings import ImageSettings, StyleSettings, VideoSettings, checked
from stylecore.store import Workspace
from tests.support import clips
from tests.support.jobs import planned

TWO = (Path("other.png"),)
SIZE = (96, 64)


@pytest.fixture
def other_style(tmp_path: Path) -> Path:
    return clips.write_picture(tmp_path / "other.png", scene=23)


@pytest.fixture
def left_mask(tmp_path: Path) -> Path:
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = 255
    cv2.imwrite(str(tmp_path / "left.png"), mask)
    return tmp_path / "left.png"


def plan_until(stop: int, settings: StyleSettings) -> StylePlan:
    frames = MaskedFrames(size=SIZE, stop=stop)
    return StylePlan(settings, open_masks(settings.style_masks, frames))


def painted(clip: Path, style: Path, folder: Path, **mixing: object) -> list[np.ndarray]:
    """Stored frames of a job with the fast engine, each painted by itself."""
    folder.mkdir(exist_ok=True)
    settings = VideoSettings(
        engine="fast", coherence=0, frames="0:5", mixing=StyleSettings(**mixing)
    )
    stylize_video(clip, style, folder / "out.mkv", settings, workspace=folder / "jobs", keep=True)
    (workspace,) = Workspace.all_in(folder / "jobs")
    return [workspace.load_frame(number) for number in range(5)]


def test_weights_go_in_a_straight_line_from_keyframe_to_keyframe():
    settings = StyleSettings(more_styles=TWO, style_keyframes={10: (1, 0), 20: (1, 3)})
    assert weights_at(settings, 0) == (1, 0)
    assert weights_at(settings, 15) == pytest.approx((0.625, 0.375))
    assert weights_at(settings, 99) == pytest.approx((0.25, 0.75))
    assert weights_at(StyleSettings(more_styles=TWO), 7) == (0.5, 0.5)
    assert weights_at(StyleSettings(more_styles=TWO, style_weights=(3, 1)), 7) == (0.75, 0.25)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"style_weights": (1, 2, 3)}, "3 weights do not fit 2 styles"),
        ({"style_weights": (0, 0)}, "--style-weights at least one"),
        ({"style_weights": (1, -1)}, "cannot be negative"),
        ({"style_weights": (1, float("inf"))}, "finite"),
        ({"style_weights": (1, 1), "style_keyframes": {0: (1, 0)}}, "not both"),
        ({"style_keyframes": {4: (1, "much")}}, "--style-keyframes must be a number, not 'much'"),
        ({"style_keyframes": {4: (1,)}}, "--style-keyframes at 4: 1 weights"),
        ({"style_masks": (Path("a"), Path("b"), Path("c"))}, "3 masks do not fit 2 styles"),
    ],
)
def test_what_does_not_fit_the_number_of_styles_is_one_sentence(wrong, complaint):
    with pytest.raises(SettingsError, match=complaint):
        checked(StyleSettings, {"more_styles": TWO, **wrong})


def test_the_command_line_reads_styles_weights_and_keyframes(
    clip: Path, style: Path, other_style: Path, tmp_path: Path, capsys, monkeypatch
):
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    output = str(tmp_path / "out.mp4")
    command = ["video", str(clip), "--style", str(style), "--more-styles", str(other_style),
               "-o", output, "--engine", "identity", "--no-prefect"]  # fmt: skip
    assert main([*command, "--style-keyframes", "0:1,0 11:0,1", "--long-term", "2,5"]) == 0
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    settings = workspace.job.settings
    assert settings.mixing.style_keyframes == {0: (1, 0), 11: (0, 1)}
    assert settings.mixing.more_styles == (other_style,)
    assert settings.gatys.long_term == (2, 5)
    capsys.readouterr()
    assert main([*command, "--style-keyframes", "0-1,0"]) == 2
    assert "0:1,0 48:0,1" in capsys.readouterr().err
    assert main([*command, "--style-keyframes", "0:1,0 0:0,1"]) == 2
    assert "each frame once" in capsys.readouterr().err
    assert main([*command, "--style-weights", "1,2,3"]) == 2
    assert "3 weights do not fit 2 styles" in capsys.readouterr().err


def test_masks_say_where_each_style_is_painted(left_mask: Path):
    settings = StyleSettings(more_styles=TWO, style_masks=(left_mask,))
    weights, masks = plan_until(1, settings).at(0)
    assert weights == (0.5, 0.5)
    assert masks.shape == (2, 64, 96)
    np.testing.assert_allclose(masks.sum(0), 1, atol=1e-6)
    assert masks[0, :, :48].min() > 0.99 and masks[1, :, 48:].min() > 0.99


def test_a_mask_video_goes_with_the_frames_of_the_source(tmp_path: Path):
    mask = clips.write_clip(tmp_path / "mask.mp4", frames=11)
    settings = StyleSettings(more_styles=TWO, style_masks=(mask,))
    plan = plan_until(11, settings)
    index = index_source(mask)
    for number in (0, 4, 10, 9, 3):
        light = to_float(next(iter(read_frames(Excerpt(mask, index, number, number + 1))))) @ LUMA
        np.testing.assert_allclose(plan.at(number)[1][0], light, atol=1e-5)
    with pytest.raises(SettingsError, match="11 frames and the source needs 12"):
        plan_until(12, settings)


def test_the_key_is_made_of_what_the_files_say(
    clip: Path, style: Path, other_style: Path, left_mask: Path, tmp_path: Path
):
    def key(name: str, *styles: Path, masks: tuple[Path, ...] = ()) -> str:
        mixing = StyleSettings(more_styles=styles, style_masks=masks)
        settings = VideoSettings(engine="identity", mixing=mixing)
        return planned(clip, style, tmp_path / f"{name}.mp4", settings)[0].job.key

    moved = tmp_path / "moved.png"
    moved.write_bytes(other_style.read_bytes())
    alone, both = key("a"), key("b", other_style)
    assert alone != both
    assert key("c", moved) == both
    masked = key("d", other_style, masks=(left_mask,))
    assert masked != both
    moved.write_bytes(left_mask.read_bytes())
    assert key("e", moved) != both


def test_styles_change_over_time(clip: Path, style: Path, other_style: Path, tmp_path: Path):
    first = painted(clip, style, tmp_path / "first")
    last = painted(clip, other_style, tmp_path / "last")
    both = painted(
        clip, style, tmp_path / "both", more_styles=(other_style,),
        style_keyframes={1: (1, 0), 3: (0, 1)},
    )  # fmt: skip
    for number in (0, 1):
        assert np.array_equal(both[number], first[number])
    for number in (3, 4):
        assert np.array_equal(both[number], last[number])
    between = both[2].astype(float)
    assert np.abs(between - first[2]).mean() > 1 and np.abs(between - last[2]).mean() > 1


def test_each_style_stays_in_its_mask(
    clip: Path, style: Path, other_style: Path, left_mask: Path, tmp_path: Path
):
    first = painted(clip, style, tmp_path / "first")[0]
    last = painted(clip, other_style, tmp_path / "last")[0]
    both = painted(
        clip, style, tmp_path / "both", more_styles=(other_style,), style_masks=(left_mask,)
    )[0]
    assert np.array_equal(both[:, :47], first[:, :47])
    assert np.array_equal(both[:, 49:], last[:, 49:])


def test_light_is_painted_and_colours_stay(clip: Path, style: Path, tmp_path: Path):
    frame = painted(clip, style, tmp_path, colours="luminance")[2]
    source = next(iter(read_frames(Excerpt(clip, index_source(clip), 2, 3))))
    chroma = [to_float(image) - (to_float(image) @ LUMA)[..., None] for image in (frame, source)]
    agreement = np.corrcoef(chroma[0].ravel(), chroma[1].ravel())[0, 1]
    assert agreement > 0.95
    assert np.abs(frame.astype(float) - source).mean() > 4, "nothing was painted"


def test_a_colour_that_does_not_fit_becomes_paler_and_keeps_its_light():
    random = np.random.default_rng(3)
    light, source = random.random((2, 20, 20, 3)).astype(np.float32)
    mixed = merge_chroma(light, source)
    assert mixed.min() >= 0 and mixed.max() <= 1
    np.testing.assert_allclose(mixed @ LUMA, light @ LUMA, atol=1e-5)


def test_colours_of_a_shot_are_measured_once_for_all_its_frames(
    clip: Path, style: Path, tmp_path: Path
):
    settings = VideoSettings(engine="identity", mixing=StyleSettings(colours="covariance"))
    job = planned(clip, style, tmp_path / "out.mp4", settings)[0].job
    assert len(job.colours) == len(job.shots) == 2
    for (start, stop), colours in zip(job.shots, job.colours, strict=True):
        frames = [to_float(frame) for frame in read_frames(Excerpt(clip, job.index, start, stop))]
        whole = colour_statistics(np.concatenate(frames))
        np.testing.assert_allclose(colours.statistics.mean, whole.mean, atol=5e-3)
        np.testing.assert_allclose(colours.statistics.covariance, whole.covariance, atol=5e-3)


def test_a_style_takes_on_colours_or_light():
    style, colours = (
        to_float(clips.picture(0)),
        colour_statistics(to_float(clips.picture(0, scene=4))),
    )
    moved = colour_statistics(transfer_colours(style, colours))
    np.testing.assert_allclose(moved.mean, colours.mean, atol=0.03)
    np.testing.assert_allclose(moved.covariance, colours.covariance, atol=0.01)
    light = grey_like(style, colours) @ LUMA
    assert light.mean() == pytest.approx(float(colours.mean @ LUMA), abs=0.02)


def test_a_still_takes_several_styles(style: Path, other_style: Path, tmp_path: Path):
    settings = ImageSettings(engine="fast", mixing=StyleSettings(more_styles=(other_style,)))
    assert stylize_image(style, style, tmp_path / "out.png", settings).is_file()


def test_a_missing_style_is_one_sentence(clip: Path, style: Path, tmp_path: Path):
    settings = VideoSettings(mixing=StyleSettings(more_styles=(tmp_path / "none.png",)))
    with pytest.raises(InputError, match=r"none\.png"):
        planned(clip, style, tmp_path / "out.mp4", settings)
