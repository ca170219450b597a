"""The examples run as they stand, and the page Library shows all of them."""

import runpy
from pathlib import Path

import cv2
import pytest

from tests.support import clips

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LONGEST = 60


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs an example with arguments, as from a command line; gives what it printed."""

    def run_example(name: str, *arguments: Path) -> str:
        path = ROOT / "examples" / name
        monkeypatch.setattr("sys.argv", [str(path), *map(str, arguments)])
        runpy.run_path(str(path), run_name="__main__")
        return capsys.readouterr().out

    return run_example


def test_a_video_tells_how_far_it_is(run, clip: Path, style: Path, tmp_path: Path) -> None:
    shown = run("video_with_progress.py", clip, style, tmp_path / "out.mp4")
    assert shown.count("stylize 6/6") == 2  # of each shot
    assert "assemble 12/12" in shown
    assert "1 sound track copied bit for bit" in shown
    assert clips.timestamps(tmp_path / "out.mp4") == clips.timestamps(clip)


def test_a_still_keeps_its_size(run, style: Path, tmp_path: Path) -> None:
    photo = clips.write_picture(tmp_path / "photo.png")
    assert run("still.py", photo, style, tmp_path / "out.png").strip() == str(tmp_path / "out.png")
    before, after = cv2.imread(str(photo)), cv2.imread(str(tmp_path / "out.png"))
    assert before.shape == after.shape
    assert (before != after).any()


def test_arrays_are_painted_one_after_the_other(run, style: Path, tmp_path: Path) -> None:
    run("frames_as_arrays.py", style, tmp_path / "painted")
    frames = [cv2.imread(str(path)) for path in sorted((tmp_path / "painted").iterdir())]
    assert [frame.shape for frame in frames] == [(144, 256, 3)] * 8


def test_an_engine_of_ones_own_paints_a_video(
    run, clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylecore.settings.own_engines._registered", {})
    run("own_engine.py", clip, style, tmp_path / "out.mp4")
    assert clips.timestamps(tmp_path / "out.mp4") == clips.timestamps(clip)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short_and_on_the_page(example: Path) -> None:
    assert len(example.read_text().splitlines()) < LONGEST
    assert f"../examples/{example.name}" in (ROOT / "docs" / "library.md").read_text()
