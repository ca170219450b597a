"""How far a job is: for the whole of it, on a terminal, and for other programs."""

import io
import json
import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rich.console import Console

from flows.bars import losses_line, reporting, speed_line, time_span
from flows.events import Events
from stylecore.pipeline import Progress, finish_job
from stylecore.pipeline.progress import JobProgress, report_beside
from stylecore.pipeline.thumbnail import thumbnail
from stylecore.settings import OutputSettings, VideoSettings
from stylecore.store import Published
from tasks.report import result_text
from tests.support.jobs import planned

ROOT = Path(__file__).resolve().parents[1]


def frame(number: int, *, of: int = 8, shot: int = 0) -> Progress:
    return Progress("stylize", number + 1, of, shot, frame=number, losses={"style": 0.0123456})


# --- the whole job -------------------------------------------------------------------------------


def test_time_left_is_that_of_the_whole_job() -> None:
    clock = count(step=2.0)
    job = JobProgress(total=100, resumed=40, clock=lambda: float(next(clock)))
    assert (job.done, job.frames_a_second, job.seconds_left) == (40, None, None)
    job.note(Progress("stylize", 6, 6))  # a shot that was done before
    assert job.done == 40
    for number in range(10):
        job.note(frame(number))
    assert job.done == 50
    assert job.frames_a_second == pytest.approx(0.5)
    assert job.seconds_left == pytest.approx(100)


def test_speed_is_that_of_the_last_frames() -> None:
    moments = iter([0.0, *(100.0 + step for step in range(60))])  # the engine took its time
    job = JobProgress(total=1000, resumed=0, clock=lambda: next(moments))
    for number in range(50):
        job.note(frame(number))
    assert job.frames_a_second == pytest.approx(1.0)


def test_words_of_a_bar() -> None:
    assert [time_span(seconds) for seconds in (0.4, 72, 3600, 7272.6)] == [
        "0:00", "1:12", "1:00:00", "2:01:13"
    ]  # fmt: skip
    assert (
        losses_line({"total": 1.0, "style": 0.01234, "content": 0.5}) == "style 0.0123  content 0.5"
    )
    assert speed_line(JobProgress(total=1, resumed=0)) == ""


def test_a_terminal_shows_the_film_and_the_shot_in_work() -> None:
    clock = count()
    job = JobProgress(total=16, resumed=2, clock=lambda: float(next(clock)))
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with reporting(console, job, shots=2) as show:
        for number in range(3):
            job.note(frame(number))
            show(frame(number))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue().splitlines()
    film = [line for line in shown if line.lstrip("\x1b[K2A1\r").startswith("film")]
    assert "5/16" in film[-1] and "1.00 frames/s   0:11 left" in film[-1]
    assert any("shot 1/2" in line and "style 0.0123" in line for line in shown)


def test_a_pipe_gets_a_line_a_shot() -> None:
    clock = count()
    job = JobProgress(total=16, resumed=0, clock=lambda: float(next(clock)))
    console = Console(file=io.StringIO(), width=80)
    with reporting(console, job, shots=2) as show:
        for number in range(8):
            job.note(frame(number))
            show(frame(number))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "shot 1/2   8/8   1.00 frames/s   0:08 left\n"


def test_a_report_is_found_beside_its_result(tmp_path: Path) -> None:
    assert report_beside(tmp_path / "a.mp4") is None
    (tmp_path / "a.html").touch()
    assert report_beside(tmp_path / "a.mp4") == tmp_path / "a.html"


def test_the_newest_frame_is_shown_small(clip: Path, style: Path, tmp_path: Path) -> None:
    settings = VideoSettings(engine="identity")
    workspace, request = planned(clip, style, tmp_path / "out.mp4", settings, keep=True)
    finish_job(workspace, request)
    data = np.frombuffer(thumbnail(workspace, 7, pass_number=1), np.uint8)
    shown = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert shown is not None
    stored = workspace.load_frame(7)
    assert shown.shape == stored.shape
    assert np.abs(shown[..., ::-1].astype(int) - stored).mean() < 4


def test_the_summary_links_to_the_report_where_there_is_one(tmp_path: Path) -> None:
    output = tmp_path / "über alles.mp4"
    published = Published(
        output=output, encoding=OutputSettings(), size=1, sha256="", frames=12,
        verified=("timestamps equal",),
    )  # fmt: skip
    assert "Report" not in result_text(published)
    output.with_suffix(".html").touch()
    assert "[über alles.html](file:///" in result_text(published)
    assert "- timestamps equal" in result_text(published)


# --- events --------------------------------------------------------------------------------------


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "flows", *map(str, arguments), "--no-prefect"]


def told(output: str) -> list[dict[str, Any]]:
    """The events in what a command printed, which is nothing else."""
    events = [json.loads(line) for line in output.splitlines()]
    assert all(event["schema"] == 1 and event["time"].endswith("+00:00") for event in events)
    return events


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "STYLECORE_WORKSPACE": str(tmp_path / "jobs"), "PYTHONPATH": str(ROOT)}


def test_another_program_hears_of_a_job_from_start_to_end(
    clip: Path, style: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    output = tmp_path / "out.mp4"
    run = subprocess.run(
        command("video", clip, "--style", style, "-o", output, "--engine", "identity",
                "--progress", "json"),
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    events = told(run.stdout)
    names = [event["event"] for event in events]
    assert names == ["start", "planned", *[*["frame"] * 6, "shot"] * 2, *["encoding"] * 12,
                     "published"]  # fmt: skip
    start, planned, *_, published = events
    assert start["source"] == str(clip) and start["output"] == str(output)
    assert planned["shots"] == [[0, 6], [6, 12]]
    assert (planned["frames"], planned["done"], planned["total"]) == (12, 0, 12)
    frames = [event for event in events if event["event"] == "frame"]
    assert [(event["frame"], event["shot"], event["done"]) for event in frames] == [
        (number, number // 6, number + 1) for number in range(12)
    ]
    assert frames[-1]["seconds_left"] == 0 and frames[0]["frames_a_second"] > 0
    assert published["output"] == str(output) and published["frames"] == 12
    assert run.stderr == ""


def test_a_failure_and_a_stop_are_events_too(
    clip: Path, style: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    failed = subprocess.run(
        command("video", tmp_path / "none.mp4", "--style", style, "--progress", "json"),
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    events = told(failed.stdout)
    assert [event["event"] for event in events] == ["start", "failed"]
    assert events[-1]["status"] == failed.returncode == 2
    assert events[-1]["sentence"] in failed.stderr

    painting = subprocess.Popen(
        command("video", clip, "--style", style, "-o", tmp_path / "out.mp4", "--progress", "json",
                "--first-iterations", "3000"),
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert painting.stdout is not None
    heard = ""
    while '"planned"' not in heard:
        heard += painting.stdout.readline()
    painting.send_signal(signal.SIGTERM)
    rest, sentence = painting.communicate()
    *_, stopped = told(heard + rest)
    assert (stopped["event"], stopped["status"], painting.returncode) == ("stopped", 143, 143)
    assert stopped["sentence"] in sentence and "jobs resume clip" in stopped["sentence"]
    assert (stopped["done"], stopped["total"]) == (0, 12)


def test_a_job_goes_on_when_nobody_listens_any_more() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as stream:
        events = Events(stream)
        events.failed("nobody hears this", 70)
        events.failed("nor this", 70)
        stream.write("and closing is no failure either")
