"""What may differ from one Python to the next, tried on each by `make test-pythons`."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf

from stylecore.pipeline import stylize_video
from stylecore.settings import FastSettings, GatysSettings, VideoSettings
from stylecore.settings.own_engines import OURS
from tests.support import clips
from tests.support.hub_modules import Moments

pytestmark = pytest.mark.representative
ROOT = Path(__file__).resolve().parents[1]
SHORT = GatysSettings(first_iterations=4, iterations=2)


def painted(source: Path, style: Path, output: Path, settings: VideoSettings) -> int:
    """Number of frames of the verified result."""
    jobs = output.parent / "jobs"
    return stylize_video(source, style, output, settings, workspace=jobs).frames


@pytest.mark.parametrize("engine", OURS)
def test_a_video_through_every_engine(engine: str, clip: Path, style: Path, tmp_path: Path) -> None:
    settings = VideoSettings(engine=engine, gatys=SHORT if engine == "gatys" else GatysSettings())
    assert painted(clip, style, tmp_path / "out.mp4", settings) == 12
    assert clips.timestamps(tmp_path / "out.mp4") == clips.timestamps(clip)


def test_a_video_through_a_hub_module(clip: Path, style: Path, tmp_path: Path) -> None:
    tf.saved_model.save(Moments(), str(tmp_path / "module"))
    settings = VideoSettings(engine="fast", fast=FastSettings(model=str(tmp_path / "module")))
    assert painted(clip, style, tmp_path / "out.mp4", settings) == 12


@pytest.mark.parametrize(
    "name", [*(f"out{suffix}" for suffix in (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".gif",
                                             ".apng", ".webp")), "frames"]
)  # fmt: skip
def test_a_video_into_every_container(name: str, clip: Path, style: Path, tmp_path: Path) -> None:
    settings = VideoSettings(engine="identity")
    assert painted(clip, style, tmp_path / name, settings) == 12


def test_all_pythons_have_the_same_version_of_each_library() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    names = Counter(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    assert len(names) > 100
    assert names.most_common(1)[0][1] == 1


def test_all_that_name_the_pythons_name_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    for name in ("Makefile", ".ci/run"):
        versions = re.findall(r"3\.\d+(?: 3\.\d+)+", (ROOT / name).read_text())
        assert versions == ["3.11 3.12 3.13"], name
