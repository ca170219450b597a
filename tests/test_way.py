"""The same steps with and without Prefect, and one sentence where Prefect cannot be had."""

import logging
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from flows.cli import main
from flows.way import API_VARIABLE, way_of
from stylecore.errors import MediaError
from stylecore.pipeline import attempts, steps, stylize_video
from stylecore.settings import VideoSettings
from stylecore.store import Workspace
from tests.support.jobs import planned, steps_of_a_start, with_one_hiccup

QUICK = VideoSettings(engine="identity", chunk_frames=4)


@pytest.fixture(autouse=True)
def unconfigured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(API_VARIABLE, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    monkeypatch.chdir(tmp_path)


def run(clip: Path, style: Path, *more: str) -> int:
    output = clip.with_name("out.mp4")
    return main(["video", str(clip), "--style", str(style), "-o", str(output), "--engine",
                 "identity", *more])  # fmt: skip


def test_without_an_api_the_steps_are_run_here_and_the_facts_say_so(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clip, style) == 0
    assert "run     in this process, since no Prefect API is configured" in capsys.readouterr().out
    assert not (tmp_path / "prefect").exists()


@pytest.mark.parametrize("way", ["off", pytest.param("on", marks=pytest.mark.prefect)])
def test_a_still_is_painted_the_way_that_is_asked_for(
    way: str, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["image", str(style), "--style", str(style), "-o", "out.png", "--engine", "identity"]
    assert main([*words, "--prefect", way]) == 0
    shown = capsys.readouterr().out
    described = "a Prefect flow, on a private server" if way == "on" else "in this process"
    assert f"run     {described}" in shown
    assert shown.endswith("out.png\n")
    assert (tmp_path / "out.png").is_file()
    assert (tmp_path / "prefect").exists() == (way == "on")


def test_a_choice_goes_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [way_of(choice).is_flow for choice in ("auto", "on", "off")] == [False, True, False]
    monkeypatch.setenv(API_VARIABLE, "http://me:secret@localhost:4200/api")
    assert [way_of(choice).is_flow for choice in ("auto", "on", "off")] == [True, True, False]
    assert "secret" not in way_of("auto").described


@pytest.mark.parametrize("place", ["server", "home"])
def test_where_prefect_cannot_be_had_one_sentence_says_so(
    place: str, clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if place == "server":
        monkeypatch.setenv(API_VARIABLE, "http://127.0.0.1:9/api")
    else:
        (tmp_path / "prefect").write_text("no folder")
    assert run(clip, style, "--prefect", "on") == 6
    complaint = capsys.readouterr().err
    assert len(complaint.splitlines()) == 1
    assert "--prefect off" in complaint
    assert run(clip, style, "--prefect", "off") == 0


def test_shots_side_by_side_give_the_same_bytes(clip: Path, style: Path, tmp_path: Path) -> None:
    digests = {
        stylize_video(
            clip, style, tmp_path / f"{count}.mp4",
            QUICK.model_copy(update={"parallel_shots": count}), workspace=tmp_path / str(count),
        ).sha256
        for count in (1, 3)
    }  # fmt: skip
    assert len(digests) == 1


def test_a_hiccup_is_tried_again_and_work_goes_on_by_frame(
    clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = with_one_hiccup(monkeypatch)
    monkeypatch.setattr(attempts, "DELAY_SECONDS", (0.0, 0.0))
    published = stylize_video(clip, style, tmp_path / "out.mp4", QUICK, workspace=tmp_path / "jobs")
    assert published.frames == 12
    assert saved == [0, 1, 2, 2, *range(3, 12)]


def test_other_shots_are_finished_when_one_fails(
    clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stylize_chunk = steps.stylize_chunk

    def fail_in_first_shot(workspace: Workspace, chunk, *others, **more) -> int:
        if chunk.shot == 0:
            raise MediaError("The first shot cannot be read.")
        return stylize_chunk(workspace, chunk, *others, **more)

    monkeypatch.setattr(steps, "stylize_chunk", fail_in_first_shot)
    with pytest.raises(MediaError, match="The first shot"):
        stylize_video(clip, style, tmp_path / "out.mp4", QUICK, workspace=tmp_path / "jobs")
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    assert workspace.finished(0, 12) == set(range(6, 12))


def test_a_start_opens_and_hashes_its_source_once(
    clip: Path, style: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = steps_of_a_start(monkeypatch)
    assert run(clip, style, "--prefect", "off") == 0
    assert seen[: seen.index("store 0")] == ["open clip.mp4", "hash clip.mp4", "hash style.png"]


def test_so_does_a_start_by_the_name_of_a_job(
    clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, _ = planned(clip, style, tmp_path / "out.mp4", QUICK)
    seen = steps_of_a_start(monkeypatch)
    assert main(["jobs", "resume", workspace.name, "--prefect", "off"]) == 0
    assert seen[: seen.index("store 0")] == ["open clip.mp4", "hash clip.mp4", "hash style.png"]


def test_work_that_is_told_to_end_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    ending = threading.Event()
    caplog.set_level(logging.WARNING, logger="stylecore")

    def stopped() -> None:
        ending.set()
        raise CancelledError

    with pytest.raises(CancelledError):
        attempts.in_attempts(stopped, "frames 0:12", ending=ending)
    assert not caplog.records
