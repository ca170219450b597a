"""The page *From the tutorial to a film*: its code runs as it stands, at small sizes."""

import re
from pathlib import Path
from typing import Any

import pytest

from stylecore.media import Excerpt, index_source, read_picture
from tests.support import clips

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "tutorial.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SMALLER = ((r"\bsize=\d+", "size=48"), (r"first_iterations=\d+", "first_iterations=2"))
MOST_BYTES = 1_000_000


def test_the_code_of_the_page_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    clips.write_picture(tmp_path / "photo.jpg", size=(80, 60))
    clips.write_picture(tmp_path / "wave.jpg", size=(64, 64), scene=3)
    clip = clips.write_clip(tmp_path / "holiday.mp4", sounds=1)
    names: dict[str, Any] = {}
    for block in BLOCKS:
        for pattern, small in SMALLER:
            block = re.sub(pattern, small, block)
        exec(compile(block, "tutorial.md", "exec"), names)

    shown = capsys.readouterr().out
    assert "block4_conv2 (64, " in shown
    assert "'content': 0.0, 'style': " in shown, "a picture is not far from itself"
    assert "1 sound track copied bit for bit" in shown
    painted = [read_picture(Path(name)) for name in ("painted.png", "painted_again.png")]
    assert (painted[0] == painted[1]).all()
    assert read_picture(Path("fast.png")).shape == painted[0].shape
    assert index_source(Path("way.gif")).frame_count == 36
    assert clips.timestamps(Path("holiday-wave.mp4")) == clips.timestamps(clip)
    assert Excerpt.of_all(clip, index_source(Path("holiday-wave.mp4"))).count == 12


def test_the_pictures_of_the_page_are_there_and_small() -> None:
    pictures = [DOCS / name for name in re.findall(r"\]\((tutorial-[\w-]+\.\w+)\)", PAGE)]
    assert len(pictures) == 3
    assert sum(picture.stat().st_size for picture in pictures) < MOST_BYTES
    assert all(min(read_picture(picture).shape[:2]) > 200 for picture in pictures)
