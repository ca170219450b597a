"""Styles and frames of few rows or columns: they are painted like any others."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylecore.arrays.motion import trusted_motion
from stylecore.engines import FrameInput, Reference, create_engine
from stylecore.engines.gatys.engine import coarse_to_fine
from stylecore.engines.small import LEAST_STYLE, mirrored
from stylecore.pipeline import stylize_video
from stylecore.settings import (
    FastSettings,
    GatysSettings,
    ImageSettings,
    StyleSettings,
    VideoSettings,
)
from tests.support import clips

QUICK = GatysSettings(first_iterations=2, iterations=2)
STYLE = np.random.default_rng(0).random((40, 56, 3), np.float32)
SHAPES = [(1, 1), (9, 16), (300, 3), (6, 320)]


def settings_of(engine: str) -> VideoSettings:
    gatys = QUICK if engine == "gatys" else GatysSettings()
    return VideoSettings(engine=engine, gatys=gatys)


def random(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(sum(shape)).random(shape, np.float32)


@pytest.mark.parametrize("engine", ["fast", "gatys"])
def test_a_frame_of_few_rows_or_columns_is_painted_and_held(engine: str):
    for shape in SHAPES:
        painter = create_engine(settings_of(engine))
        painter.prepare([STYLE], shape=shape)
        content, sure = random((*shape, 3)), np.ones(shape, np.float32)
        frame = FrameInput(
            number=1, content=content, previous=content, warped=content, mask=sure, age=sure,
            references=(Reference(content, sure),), style_masks=np.stack([sure / 2, sure / 2]),
        )  # fmt: skip
        painter.prepare([STYLE, STYLE[::-1]], shape=shape)
        alone = FrameInput(number=0, content=content, style_weights=(0.5, 0.5))
        for one in (alone, frame):
            image, _ = painter.render(one)
            assert image.shape == (*shape, 3) and np.isfinite(image).all(), (shape, one.number)


@pytest.mark.parametrize("effort", ["thorough", "quick"])
def test_motion_is_found_in_pictures_of_any_size(effort):
    for height, width in [*SHAPES, (11, 64), (12, 900), (900, 20), (8, 1920)]:
        picture = random((height, width, 3))
        motion, mask = trusted_motion(picture, picture, effort=effort)
        assert motion.shape == (height, width, 2) and mask.shape == (height, width)
        assert np.abs(motion).max() < 0.5 and mask.mean() > 0.5


def test_a_ticker_moves_along(tmp_path: Path):
    wide = random((6, 340, 3))
    motion, mask = trusted_motion(wide[:, 2:322], wide[:, :320])
    assert np.median(motion[2:-2, 20:-20, 0]) == pytest.approx(2, abs=0.1)
    assert mask[2:-2, 20:-20].mean() > 0.9


@pytest.mark.parametrize(
    ("engine", "crop"), [("fast", "whole"), ("fast", "centre"), ("gatys", "whole")]
)
def test_a_style_of_any_shape_can_be_painted_in(engine: str, crop: str):
    fast = FastSettings(style_crop=crop) if engine == "fast" else FastSettings()
    for shape in [(24, 900), (1, 1), (3, 2), (2000, 2)]:
        gatys = QUICK if engine == "gatys" else GatysSettings()
        painter = create_engine(ImageSettings(engine=engine, gatys=gatys, fast=fast))
        painter.prepare([random((*shape, 3))], shape=(32, 48))
        image, _ = painter.render(FrameInput(number=0, content=STYLE[:32, :48]))
        assert image.shape == (32, 48, 3) and np.isfinite(image).all()


def test_a_strip_of_colours_keeps_its_colours_when_it_is_continued():
    strip = random((6, 256, 3))
    found = mirrored(strip)
    assert found.shape == (LEAST_STYLE, 256, 3)
    np.testing.assert_allclose(found[:6], strip)
    np.testing.assert_allclose(found.mean((0, 1)), strip.mean((0, 1)), atol=0.02)
    assert mirrored(STYLE) is STYLE


def test_no_size_on_the_way_to_a_long_strip_is_too_small():
    assert coarse_to_fine((16, 900), 100) == [((16, 900), 100)]
    assert all(min(size) >= 16 for size, _ in coarse_to_fine((40, 900), 100))


@pytest.mark.parametrize("kind", ["grey", "alpha", "white", "strip"])
def test_a_whole_job_takes_odd_styles_and_small_frames(kind: str, tmp_path: Path):
    pixels = np.random.default_rng(1).integers(0, 256, (24, 900, 4), np.uint8)
    chosen = {
        "grey": pixels[..., 0],
        "alpha": pixels,
        "white": np.full((24, 900, 3), 255, np.uint8),
        "strip": pixels[..., :3],
    }[kind]
    Image.fromarray(chosen).save(tmp_path / "style.png")
    for number in range(3):
        clips.write_frame(tmp_path / "in" / f"{number}.png", clips.picture(number, size=(160, 6)))
    settings = VideoSettings(engine="fast", mixing=StyleSettings(colours="covariance"))
    published = stylize_video(tmp_path / "in", tmp_path / "style.png", tmp_path / "out", settings,
                              workspace=tmp_path / "jobs")  # fmt: skip
    assert published.frames == 3
