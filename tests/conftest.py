"""What all tests share."""

import os
from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support import clips

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
NO_SKIPS = "STYLECORE_NO_SKIPS"
"""Where this variable is 1, a test that is skipped has failed: what it needs should be there."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get(NO_SKIPS) == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and {NO_SKIPS}=1: {report.longrepr}"
    return report


@pytest.fixture
def style(tmp_path: Path) -> Path:
    """A small style picture."""
    return clips.write_picture(tmp_path / "style.png")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """12 frames of 96x64 with sound and one cut, at frame 6."""
    return clips.write_clip(tmp_path / "clip.mp4", cuts=(6,), sounds=1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders with "photographs" and "artworks"."""
    random = np.random.default_rng(5)
    content, style = (tmp_path_factory.mktemp(name) for name in ("content", "style"))
    for folder in (content, style):
        for number in range(4):
            cv2.imwrite(str(folder / f"{number}.png"), clips.texture(random))
    return content, style


@pytest.fixture
def shared_clips() -> Path:
    """Folder of the real clips."""
    folder = clips.SHARED_MEDIA / "clips"
    if not folder.is_dir():
        pytest.skip(clips.WHY_SKIPPED)
    return folder


@pytest.fixture
def jax_alone(tmp_path: Path) -> dict[str, str]:
    """Environment of a process that computes with JAX and finds no TensorFlow."""
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "tensorflow.py").write_text("raise ImportError('hidden by a test')\n")
    root = Path(__file__).resolve().parents[1]
    return {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": f"{absent}{os.pathsep}{root}"}
