"""Stopped in a real terminal, every command ends soon, says what is kept, and leaves nothing."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stylecore.store import Workspace
from tests.support import clips
from tests.support.terminal import CTRL_C, Terminal

PATIENCE_SECONDS = 60.0
"""A frame, an epoch and a wait here take longer; the promise is 5 on a machine that is not busy."""
FRAMES = 300
PAINTING = ["--first-iterations", 2, "--iterations", 10000, "--plateau", 0, "--size", 64]
"""The first frame at once, the second one for ever."""


@dataclass
class Desk:
    """What a person has: a film, a style, folders."""

    folder: Path
    film: Path
    style: Path

    @property
    def jobs(self) -> Path:
        return self.folder / "jobs"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "STYLECORE_WORKSPACE": str(self.jobs), "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": "", "TF_CPP_MIN_LOG_LEVEL": "3",
        }  # fmt: skip

    def video(self, *more: object) -> list[object]:
        return ["video", self.film, "--style", self.style, "-o", self.folder / "out.mp4", *more]

    def stored(self) -> int:
        return len(list(self.jobs.glob("*/frames/0*.png")))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return clips.write_clip(path, frames=FRAMES, size=(320, 180))


@pytest.fixture
def desk(tmp_path: Path, film: Path) -> Desk:
    own = shutil.copy2(film, tmp_path / film.name)
    return Desk(tmp_path, own, clips.write_picture(tmp_path / "style.png"))


def planned_job(desk: Desk, *more: object) -> str:
    """Plans the film's job, paints its first frame, and is stopped."""
    with Terminal(desk.video(*PAINTING, *more), desk.environment) as terminal:
        terminal.wait_until(lambda: desk.stored() > 0, "a frame")
        terminal.type(CTRL_C)
        terminal.ended(PATIENCE_SECONDS)
    (workspace,) = Workspace.all_in(desk.jobs)
    return workspace.name


def planning(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    return desk.video(*PAINTING), lambda it: it.opened(desk.film), "no result was written"


def painting(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    return desk.video(*PAINTING), lambda it: desk.stored() > 0, "1 of 300 frames are done"


def assembly(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    command = desk.video("--engine", "identity", "--codec", "hevc", "--quality", 5)
    return command, lambda it: any(desk.folder.glob(".out*")), "300 of 300 frames are done"


def image(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    command = ["image", desk.style, "--style", desk.style, "-o", desk.folder / "out.png",
               "--first-iterations", 10000, "--plateau", 0]  # fmt: skip
    return command, lambda it: it.computes(), "no result was written"


def inbox(desk: Desk) -> Path:
    folder = desk.folder / "inbox"
    folder.mkdir()
    desk.film.rename(folder / desk.film.name)
    return folder


def folder_waiting(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    command = ["folder", inbox(desk), desk.folder / "outbox", "--style", desk.style,
               "--settle-seconds", 600]  # fmt: skip
    return command, lambda it: (desk.folder / "outbox").exists(), "0 files are done"


def folder_painting(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    command = ["folder", inbox(desk), desk.folder / "outbox", "--style", desk.style,
               "--settle-seconds", 0, *PAINTING]  # fmt: skip
    return command, lambda it: desk.stored() > 0, "0 files are done"


def jobs_resume(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    name = planned_job(desk)
    return ["jobs", "resume", name], lambda it: "resumed" in it.shown, "1 of 300 frames are done"


def jobs_assemble(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    with Terminal(desk.video("--engine", "identity", "--keep"), desk.environment) as terminal:
        assert terminal.ended() == 0
    command = ["jobs", "assemble", "film", "-o", desk.folder / "again.mp4", "--codec", "hevc"]
    return command, lambda it: any(desk.folder.glob(".again*")), "all frames are kept"


def training(desk: Desk) -> tuple[list[object], Callable[[Terminal], bool], str]:
    for number, name in enumerate(("content", "artworks")):
        (desk.folder / name).mkdir()
        clips.write_picture(desk.folder / name / "one.png", scene=number)
    command = ["train", "fast", "--content", desk.folder / "content", "--style",
               desk.folder / "artworks", "--out", desk.folder / "out", "--teacher", "compact",
               "--steps", 100000, "--epoch-steps", 100000, "--batch", 2, "--crop", 32,
               "--style-crop", 32]  # fmt: skip
    return command, lambda it: (desk.folder / "out").exists(), "last checkpoint is kept"


STAGES = (planning, painting, assembly, image, folder_waiting, folder_painting, jobs_resume,
          jobs_assemble, training)  # fmt: skip


def twice(terminal: Terminal) -> None:
    terminal.type(CTRL_C + CTRL_C)


WAYS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "ctrl-c": (lambda terminal: terminal.type(CTRL_C), 130),
    "ctrl-c twice": (twice, 130),
    "kill": (lambda terminal: terminal.send(signal.SIGTERM), 143),
    "window closed": (Terminal.close_window, 129),
}


def assert_stops(desk: Desk, stage: Callable, way: str, *more: object) -> str:
    """Stops a command in a stage; returns how it says that one goes on."""
    command, has_come, kept = stage(desk)
    stop, status = WAYS[way]
    with Terminal([*command, *more], desk.environment) as terminal:
        terminal.wait_until(lambda: has_come(terminal), stage.__name__)
        stop(terminal)
        assert terminal.ended(PATIENCE_SECONDS) == status
        assert terminal.left_running() == []
        assert not [*desk.folder.glob(".*"), *desk.jobs.glob("*/*/.*")]
        if way == "window closed":
            return ""
        *_, last = terminal.shown.strip().splitlines()
        assert last.startswith("stopped; ") and kept in last
        assert "Traceback" not in terminal.shown
        return re.split(" {3}", last)[1]


@pytest.mark.parametrize(
    ("stage", "way"),
    [(painting, "ctrl-c"), (assembly, "kill"), (folder_waiting, "window closed")],
)
def test_a_command_that_is_stopped_ends_soon(desk: Desk, stage: Callable, way: str) -> None:
    again = assert_stops(desk, stage, way)
    if stage is painting:
        (workspace,) = Workspace.all_in(desk.jobs)
        assert shlex.split(again)[:4] == ["stylecore", "jobs", "resume", workspace.name]


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_command_is_stopped_in_every_way(desk: Desk, stage: Callable, way: str) -> None:
    assert_stops(desk, stage, way)


@pytest.mark.long
@pytest.mark.prefect
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", [painting, assembly, folder_painting])
def test_a_private_server_ends_with_its_command(desk: Desk, stage: Callable, way: str) -> None:
    assert_stops(desk, stage, way, "--prefect", "on")


@pytest.mark.long
@pytest.mark.prefect
def test_a_private_server_ends_when_its_command_is_killed(desk: Desk) -> None:
    with Terminal([*desk.video(*PAINTING), "--prefect", "on"], desk.environment) as terminal:
        terminal.wait_until(lambda: desk.stored() > 0, "a frame")
        terminal.send(signal.SIGKILL)
        terminal.ended()
        until = time.monotonic() + PATIENCE_SECONDS
        while left := terminal.left_running():
            assert time.monotonic() < until, left
            time.sleep(0.01)


INTERRUPTED_WHILE_LOADING = """
import builtins, os, signal
from flows import __main__ as program

signal.signal(signal.SIGINT, signal.default_int_handler)
load = builtins.__import__

def interrupted(name, *others):
    if name == "flows.cli":
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *others)

builtins.__import__ = interrupted
program.main()
"""


def test_a_stop_while_the_program_is_loaded_is_a_sentence_too() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING], capture_output=True, text=True
    )
    assert ended.returncode == 130
    assert ended.stderr == "stopped; nothing had begun. The same command begins again.\n"
