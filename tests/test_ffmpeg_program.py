"""Which ffmpeg programs are taken: the oldest and newest that were tried, and builds between."""

from pathlib import Path

import pytest

from flows.cli import main
from stylecore.errors import MediaError
from stylecore.media import ffmpeg_version, find_ffmpeg
from stylecore.pipeline import stylize_video
from stylecore.settings import VideoSettings


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the variable says that the ffmpeg program is."""
    path = tmp_path / "ffmpeg"
    monkeypatch.setenv("STYLECORE_FFMPEG", str(path))
    return path


def write_program(path: Path, answer: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    "version",
    ["5.1", "5.1.9-0+deb12u1", "6.0-static", "n7.1-17-g1c2d3e", "9.0.2", "10.0",
     "N-12345-g1a2b3c4d", "2023-12-11-git-1439784ff0-full_build-www.gyan.dev", "git-2020-01-01"],
)  # fmt: skip
def test_a_release_that_is_new_enough_is_taken_and_so_is_any_build_between(
    version: str, program: Path
) -> None:
    write_program(program, f"ffmpeg version {version} Copyright (c) the FFmpeg developers")
    assert find_ffmpeg() == program
    assert ffmpeg_version(program) == version


@pytest.mark.parametrize("version", ["5.0.1", "4.2.2-static", "n4.4.6", "0.8.17-6:0.8.17-2"])
def test_an_older_release_is_refused_by_name(version: str, program: Path) -> None:
    write_program(program, f"ffmpeg version {version} Copyright (c) the FFmpeg developers")
    with pytest.raises(MediaError) as refused:
        find_ffmpeg()
    sentence = str(refused.value)
    assert all(part in sentence for part in (str(program), version, "5.1", "STYLECORE_FFMPEG"))


@pytest.mark.parametrize("kind", ["missing", "another program", "a program that fails", "a folder"])
def test_what_is_no_ffmpeg_is_refused_by_name(kind: str, program: Path) -> None:
    if kind == "another program":
        write_program(program, "GNU bash, version 5.2")
    if kind == "a program that fails":
        program.symlink_to("/bin/false")
    if kind == "a folder":
        program.mkdir()
    with pytest.raises(MediaError, match="STYLECORE_FFMPEG") as refused:
        find_ffmpeg()
    assert str(program) in str(refused.value)


def test_the_program_is_asked_for_its_version_once(program: Path) -> None:
    write_program(program, f"ffmpeg version 9.0.2$(echo x >> {program}.asked)")
    program.write_text(program.read_text().replace("'", '"'))
    for _ in range(3):
        find_ffmpeg()
    assert Path(f"{program}.asked").read_text() == "x\n"


def test_an_old_program_is_refused_before_the_work(
    program: Path, clip: Path, style: Path, tmp_path: Path
) -> None:
    write_program(program, "ffmpeg version 4.2.2-static Copyright")
    settings = VideoSettings(engine="identity", split="disk")
    with pytest.raises(MediaError, match="too old"):
        stylize_video(clip, style, tmp_path / "out.mp4", settings, workspace=tmp_path / "jobs")
    assert not (tmp_path / "jobs").exists()


def test_the_doctor_says_that_a_program_is_too_old(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_program(program, "ffmpeg version 4.2.2-static Copyright")
    main(["doctor", "--workspace", str(tmp_path)])
    (line,) = (line for line in capsys.readouterr().out.splitlines() if " ffmpeg  " in line)
    assert line.startswith("-")
    assert "too old" in line and "--split disk" in line
