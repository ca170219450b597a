"""The command line: what a person types, and the one sentence when it cannot be."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import main
from flows.options import leaf_fields
from stylecore.settings import (
    FolderSettings,
    ImageSettings,
    OutputSettings,
    Settings,
    VideoSettings,
)
from tests.support import clips

pytestmark = pytest.mark.representative
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


def run(*arguments: object) -> int:
    """The exit status of the command in this process."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


def run_video(source: Path, style: Path, output: Path, *more: object) -> int:
    return run("video", source, "--style", style, "-o", output, "--engine", "identity",
               "--no-prefect", *more)  # fmt: skip


def test_a_video_comes_back_verified(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    assert run_video(clip, style, output) == 0
    shown = capsys.readouterr().out
    assert "12 frames, 2 shots" in shown
    assert "verified: 12 frames, timestamps equal, 1 sound track copied bit for bit" in shown
    assert clips.timestamps(output) == clips.timestamps(clip)


def test_a_still_comes_back(style: Path, tmp_path: Path) -> None:
    assert run("image", style, "--style", style, "-o", tmp_path / "out.png", "--engine",
               "identity") == 0  # fmt: skip
    assert (tmp_path / "out.png").is_file()


def test_jobs_are_listed_shown_assembled_and_cleaned(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_video(clip, style, tmp_path / "out.mp4", "--keep")
    assert run("jobs", "list") == 0
    assert run("jobs", "show", "clip") == 0
    assert run("jobs", "assemble", "clip", "-o", tmp_path / "again.mkv") == 0
    assert (tmp_path / "again.mkv").is_file()
    assert run("jobs", "clean", "--all") == 0
    capsys.readouterr()
    assert run("jobs", "resume", "clip", "--no-prefect") == 0
    assert "done before, and in place" in capsys.readouterr().out
    assert run("jobs", "clean", "clip", "--remove") == 0
    assert run("jobs", "show", "clip") == 4


def test_a_resumed_job_says_how_much_was_done(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_video(clip, style, tmp_path / "out.mp4", "--keep")
    (tmp_path / "out.mp4").unlink()
    capsys.readouterr()
    assert run("jobs", "resume", "clip", "--no-prefect") == 0
    assert "resumed: 12 of 12 frames were already done" in capsys.readouterr().out


def write_text(path: Path) -> None:
    path.write_text("this is no video")


UNUSABLE_SOURCES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "text": write_text,
    "folder": Path.mkdir,
    "zero bytes": Path.touch,
    "sound only": clips.write_sound_only,
}
MISTAKES: dict[str, list[str]] = {
    "unknown engine": ["--engine", "magic"],
    "unknown option": ["--sparkle"],
    "unknown codec": ["--codec", "divx"],
    "unknown layer": ["--style-layers", "block9_conv1"],
    "number out of range": ["--coherence", "2"],
    "no number": ["--size", "big"],
    "empty range": ["--frames", "8:3"],
    "range behind the end": ["--frames", "100:"],
    "weights without a network": ["--weights", "vgg.h5"],
    "codec that the container cannot hold": ["--codec", "ffv1"],
}


def assert_refused(
    status: int, output: Path, capsys: pytest.CaptureFixture[str], *, sentences: int = 1
) -> None:
    complaint = capsys.readouterr().err
    assert status >= 2
    assert "Traceback" not in complaint
    assert complaint.strip().splitlines()[-1].startswith("stylecore")
    assert not output.exists()
    assert not list(output.parent.glob(".out*"))


@pytest.mark.parametrize("kind", UNUSABLE_SOURCES)
def test_an_unusable_source_ends_in_a_sentence(
    kind: str, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "source.mp4", tmp_path / "out.mp4"
    UNUSABLE_SOURCES[kind](source)
    status = run_video(source, style, output)
    assert_refused(status, output, capsys)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistaken_option_ends_in_a_sentence(
    mistake: str, clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    status = run_video(clip, style, output, *MISTAKES[mistake])
    assert_refused(status, output, capsys)


def test_a_style_that_is_no_picture_is_said(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_text(tmp_path / "style.png")
    status = run_video(clip, tmp_path / "style.png", tmp_path / "out.mp4")
    assert_refused(status, tmp_path / "out.mp4", capsys)


@pytest.mark.parametrize("output", ["no-such-folder/out.mp4", "no-such-folder/out", "out.txt"])
def test_an_output_that_cannot_be_is_said(
    output: str, clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_video(clip, style, tmp_path / output)
    assert_refused(status, tmp_path / output, capsys)


def test_an_existing_output_is_not_touched_unless_asked(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    output.write_text("precious")
    assert run_video(clip, style, output) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert output.read_text() == "precious"
    assert run_video(clip, style, output, "--overwrite") == 0
    assert run_video(clip, style, clip, "--overwrite") == 2


@pytest.mark.parametrize("model", [VideoSettings, ImageSettings, FolderSettings, OutputSettings])
def test_every_setting_has_a_sentence_and_a_name_of_its_own(model: type[Settings]) -> None:
    def names(inner: type[Settings]) -> list[str]:
        found = []
        for name, field in inner.model_fields.items():
            nested = field.annotation
            if isinstance(nested, type) and issubclass(nested, Settings):
                found += names(nested)
            else:
                found.append(name)
        return found

    assert len(names(model)) == len(set(names(model)))
    assert all(field.description for field in leaf_fields(model).values())


def test_the_installed_command_answers() -> None:
    shown = subprocess.run(
        [Path(sys.executable).with_name("stylecore"), "--help"], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "video" in shown.stdout
