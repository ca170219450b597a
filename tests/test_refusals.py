"""Where the system refuses something, the sentence blames that, and nothing else is believed."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stylecore.errors import OutputError, StoreError, UnreadableError, WeightsError
from stylecore.media import index_source, read_picture
from stylecore.networks.files import read_weights
from stylecore.pipeline import Progress, open_job, stylize_video
from stylecore.pipeline.folder import repainted, run_here, scan_inbox
from stylecore.pipeline.inbox import LOCK_FOLDER, Arrival, Outcome, arrivals
from stylecore.settings import FolderSettings, OutputSettings, VideoSettings
from stylecore.store import Request, Workspace
from tests.support import clips

ROOT = Path(__file__).resolve().parents[1]
IDENTITY = VideoSettings(engine="identity")
NOBODY = 65534
RESULTS = ["result.mp4", "result.mkv", "result.gif", "result.webp", "frames"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user to whom permissions apply, where the tests run as one to whom they do not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def during_the_assembly(action: Callable[[], object]) -> Callable[[Progress], None]:
    def act(progress: Progress) -> None:
        if progress.stage == "assemble" and progress.done == 1:
            action()

    return act


def frames_kept(root: Path) -> int:
    (workspace,) = Workspace.all_in(root)
    return workspace.count_finished()


@pytest.mark.parametrize("name", RESULTS)
def test_a_folder_that_is_removed_meanwhile_is_what_is_missed(
    name: str, clip: Path, style: Path, tmp_path: Path
) -> None:
    folder, jobs = tmp_path / "results", tmp_path / "jobs"
    folder.mkdir()
    with pytest.raises(OutputError, match="results is not there any more; all finished frames"):
        stylize_video(
            clip, style, folder / name, IDENTITY, workspace=jobs,
            on_progress=during_the_assembly(lambda: shutil.rmtree(folder)),
        )  # fmt: skip
    assert frames_kept(jobs) == 12
    folder.mkdir()
    assert stylize_video(clip, style, folder / name, IDENTITY, workspace=jobs).frames == 12


@pytest.mark.parametrize("name", RESULTS)
def test_a_file_that_is_too_large_for_its_disk_is_no_fault_of_the_codec(
    name: str, clip: Path, style: Path, tmp_path: Path
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))

    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
    try:
        with pytest.raises(OutputError, match=r"larger than a file in .* may be"):
            stylize_video(
                clip, style, tmp_path / name, IDENTITY, workspace=tmp_path / "jobs",
                on_progress=during_the_assembly(limit),
            )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert frames_kept(tmp_path / "jobs") == 12
    assert not (tmp_path / name).exists()
    assert not list(tmp_path.glob(".*"))


def test_a_lock_that_cannot_be_had_is_said(clip: Path, style: Path, tmp_path: Path) -> None:
    request = Request(
        source=clip, style=style, output=tmp_path / "out.mp4", settings=IDENTITY, root=tmp_path
    )
    workspace, _ = open_job(request)
    lock = workspace.folder / "locks" / "shot-0.lock"
    lock.mkdir()
    with pytest.raises(StoreError, match=r"shot-0\.lock cannot be locked"):
        stylize_video(clip, style, request.output, IDENTITY, workspace=tmp_path)


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ".webp", ".png"])
def test_what_may_not_be_read_is_not_called_damaged(suffix: str, open_folder: Path) -> None:
    path = open_folder / f"file{suffix}"
    if suffix == ".png":
        clips.write_picture(path)
    else:
        path.write_bytes(b"GIF89a, or so")
    path.chmod(0)
    read = read_picture if suffix == ".png" else index_source
    with as_nobody(), pytest.raises(UnreadableError, match="cannot be read: Permission denied"):
        read(path)


def test_weights_that_may_not_be_read_are_not_called_damaged(open_folder: Path) -> None:
    path = open_folder / "weights.npz"
    path.write_bytes(b"weights")
    path.chmod(0)
    with as_nobody(), pytest.raises(WeightsError, match=r"cannot be read .Permission denied"):
        read_weights(path)


def night(inbox: Path, outbox: Path, style: Path, jobs: Path) -> list[Outcome]:
    settings = FolderSettings(settle_seconds=0, video=IDENTITY)

    def run(arrival: Arrival) -> int:
        return run_here(arrival, style, settings, jobs)

    return list(repainted(scan_inbox(inbox, outbox, style, IDENTITY), run, settle_seconds=0))


def test_a_picture_that_may_not_be_read_is_tried_again_the_next_night(
    open_folder: Path, style: Path
) -> None:
    inbox, outbox, own = (open_folder / name for name in ("inbox", "outbox", "style.png"))
    for folder in (inbox, outbox, open_folder / "jobs"):
        folder.mkdir()
        folder.chmod(0o777)
    shutil.copy(style, own)
    picture = clips.write_picture(inbox / "one.png", scene=1)
    picture.chmod(0)
    with as_nobody():
        (outcome,) = night(inbox, outbox, own, open_folder / "jobs")
    assert outcome.status == "failed" and "Permission denied" in outcome.sentence
    picture.chmod(0o644)
    with as_nobody():
        assert [one.status for one in night(inbox, outbox, own, open_folder / "jobs")] == ["done"]


def test_nothing_is_written_through_a_link(tmp_path: Path, style: Path) -> None:
    inbox, outbox, precious = tmp_path / "inbox", tmp_path / "outbox", tmp_path / "precious"
    (outbox / LOCK_FOLDER).mkdir(parents=True)
    inbox.mkdir()
    precious.write_text("precious")
    (inbox / "broken.mp4").write_text("no video at all")
    for name in ("good.mp4", "locked.mp4"):
        clips.write_clip(inbox / name, frames=2)
    clips.write_picture(inbox / "still.png")
    (outbox / "broken.mp4.error.txt").symlink_to(precious)
    for arrival in arrivals(inbox, outbox, style, OutputSettings()):
        arrival.output.symlink_to(precious)
        if arrival.source.name == "locked.mp4":
            (outbox / LOCK_FOLDER / f"{arrival.output.name}.lock").symlink_to(precious)
        for hidden in (f".{arrival.output.stem}.part", f".{arrival.source.name}.error.txt"):
            (outbox / hidden).symlink_to(precious)
    outcomes = night(inbox, outbox, style, tmp_path / "jobs")
    assert [outcome.status for outcome in outcomes] == ["failed", "done", "failed", "done"]
    assert precious.read_text() == "precious"
    assert not (outbox / "broken.mp4.error.txt").is_symlink()


@pytest.mark.long
@pytest.mark.parametrize("engine", ["identity", "fast", "gatys", "module"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_quiet_means_that_nothing_is_printed(
    engine: str, codec: str, clip: Path, style: Path, tmp_path: Path
) -> None:
    chosen: list[object] = ["--engine", engine]
    if engine == "module":
        from tests.support import hub_modules  # brings TensorFlow

        chosen = ["--engine", "fast", "--model", hub_modules.moments_folder()]
    if engine == "gatys":
        chosen += ["--first-iterations", 2, "--iterations", 2]
    command = ["video", clip, "--style", style, "-o", tmp_path / "out.mkv", "--codec", codec,
               "--workspace", tmp_path / "jobs", "--quiet", *chosen]  # fmt: skip
    words = [sys.executable, "-m", "flows", *map(str, command)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
