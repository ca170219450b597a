"""Nothing finished is lost or done twice, and the bytes are those of an undisturbed run."""

import hashlib
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from stylecore.errors import OutputError, StoreError
from stylecore.pipeline import assemble, finish_job, request_result, stylize_chunk, stylize_video
from stylecore.settings import GatysSettings, OutputSettings, StyleSettings, VideoSettings
from stylecore.store import Workspace
from tests.support import clips
from tests.support.job_process import start_job
from tests.support.jobs import planned

SETTINGS = VideoSettings(
    gatys=GatysSettings(first_iterations=6, iterations=3), chunk_frames=4, parallel_shots=1
)
EVERYTHING = VideoSettings(
    gatys=GatysSettings(
        first_iterations=6, iterations=3, passes=2, long_term=(2, 3), drift_control=0.5, boil=0.3,
        representations={"gram": 1, "gaussian": 1}, averaging=0.5, plateau=1e-3,
    ),
    mixing=StyleSettings(style_keyframes={0: (1, 0), 6: (0, 1)}, colours="luminance",
                         more_styles=(Path("more.png"),)),
    chunk_frames=3, parallel_shots=1, frames="0:7",
)  # fmt: skip
FAST = VideoSettings(engine="fast", chunk_frames=4)
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> "Job":
    job = Job(tmp_path_factory.mktemp("undisturbed"))
    job.run()
    return job


class Job:
    """A job on a drawn clip, run in processes of its own."""

    def __init__(self, folder: Path, settings: VideoSettings = SETTINGS) -> None:
        self.folder = folder
        more = clips.write_picture(folder / "more.png", scene=9)
        if settings.mixing.more_styles:
            mixing = settings.mixing.model_copy(update={"more_styles": (more,)})
            settings = settings.model_copy(update={"mixing": mixing})
        self.settings = settings
        self.source = clips.write_clip(folder / "clip.mp4", frames=14, cuts=(8,), sounds=1)
        self.style = clips.write_picture(folder / "style.png")
        self.output = folder / "out.mp4"
        self.root = folder / "jobs"

    def start(self) -> BaseProcess:
        return start_job(self.source, self.style, self.output, self.root, self.settings)

    def run(self) -> None:
        end_well(self.start())

    def kill_when(self, moment: Callable[["Job"], bool]) -> None:
        """Starts the job and kills it with SIGKILL once ``moment`` has come."""
        process = self.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not moment(self):
            assert process.exitcode is None, "the job ended before the moment came"
            assert time.monotonic() < until, "the moment never came"
            time.sleep(0.001)
        process.kill()
        process.join()

    @property
    def workspace(self) -> Workspace | None:
        return next(iter(Workspace.all_in(self.root)), None)

    def frames(self) -> dict[str, tuple[int, int]]:
        """Stored frames by name, with what would change if one were made again."""
        found = [*self.root.glob("*/frames/0*.png"), *self.root.glob("*/passes/*/0*.png")]
        return {
            f"{path.parent.name}/{path.name}": (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in found
        }

    def digest(self) -> str:
        return hashlib.sha256(self.output.read_bytes()).hexdigest()


def end_well(process: BaseProcess) -> None:
    process.join(PATIENCE_SECONDS)
    assert process.exitcode == 0


def frames_stored(count: int) -> Callable[[Job], bool]:
    return lambda job: len(job.frames()) >= count


def in_the_middle_of(pattern: str, *, after: int = 0) -> Callable[[Job], bool]:
    return lambda job: any(job.root.parent.glob(pattern)) and len(job.frames()) >= after


MOMENTS = {
    "planning": lambda job: job.root.exists(),
    "rehearsing": in_the_middle_of("jobs/*/rehearsal/.out.*.part.mp4"),
    "planned, nothing made": lambda job: job.workspace is not None,
    "optimising the first frame": lambda job: any(job.root.glob("*/locks/shot-0.lock")),
    "after the first frame": frames_stored(1),
    "writing a record": in_the_middle_of("jobs/*/records/.0*", after=2),
    "writing a frame": in_the_middle_of("jobs/*/frames/.0*", after=4),
    "between chunks": frames_stored(5),
    "second shot": lambda job: any(job.root.glob("*/locks/shot-1.lock")),
    "last frame": frames_stored(14),
    "encoding": in_the_middle_of(".out.*.part.mp4"),
}


@pytest.mark.representative
def test_killed_at_ten_moments_it_goes_on_and_gives_the_same_bytes(
    tmp_path: Path, undisturbed: Job
) -> None:
    job = Job(tmp_path)
    before: dict[str, tuple[int, int]] = {}
    for name, moment in MOMENTS.items():
        # A busy machine may see the last frame late: until then the encoding is held back.
        workspace = job.workspace if name != "encoding" else None
        with workspace.lock("assembly") if workspace else nullcontext():
            job.kill_when(moment)
        assert not job.output.exists(), name
        after = job.frames()
        kept = {frame: after.get(frame) for frame in before}
        assert kept == before, f"frames were lost or made again before {name}"
        before = after
    job.run()
    assert {frame: job.frames()[frame] for frame in before} == before
    assert job.digest() == undisturbed.digest()
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("kills", [(9,), pytest.param((2, 5, 9), marks=pytest.mark.long)])
def test_every_choice_resumes_to_the_same_bytes(kills: tuple[int, ...], tmp_path: Path) -> None:
    """Two passes, far references, drifting styles, kept colours: all of it comes from the store."""
    folders = [tmp_path / name for name in ("undisturbed", "killed")]
    for folder in folders:
        folder.mkdir()
    undisturbed, job = (Job(folder, EVERYTHING) for folder in folders)
    undisturbed.run()
    before: dict[str, tuple[int, int]] = {}
    for count in kills:
        job.kill_when(frames_stored(count))
        after = job.frames()
        assert {frame: after.get(frame) for frame in before} == before
        before = after
    job.run()
    assert len(job.frames()) == 14, "seven frames, two passes"
    assert {frame: job.frames()[frame] for frame in before} == before
    assert job.digest() == undisturbed.digest()


def test_two_processes_on_one_job_share_its_work(tmp_path: Path, undisturbed: Job) -> None:
    job = Job(tmp_path)
    first, second = job.start(), job.start()
    end_well(first)
    end_well(second)
    assert len(job.frames()) == 14
    assert job.digest() == undisturbed.digest()


def test_a_damaged_frame_is_noticed_and_made_again(tmp_path: Path) -> None:
    """With the fast engine, whose frames need what was measured of others, and their ages."""
    folders = [tmp_path / name for name in ("undisturbed", "killed")]
    for folder in folders:
        folder.mkdir()
    undisturbed, job = (Job(folder, FAST) for folder in folders)
    undisturbed.run()
    job.kill_when(frames_stored(6))
    frames = sorted(job.root.glob("*/frames/0*.png"))
    whole = [path.read_bytes() for path in frames[1:4]]
    frames[1].write_bytes(whole[0][: len(whole[0]) // 2])
    frames[2].write_bytes(b"")
    frames[3].write_bytes(whole[2][:200] + bytes([whole[2][200] ^ 255]) + whole[2][201:])
    job.run()
    assert [path.read_bytes() for path in frames[1:4]] == whole
    assert job.digest() == undisturbed.digest()


IDENTITY = VideoSettings(engine="identity", chunk_frames=5)


def test_what_changes_a_pixel_has_another_workspace(
    clip: Path, style: Path, tmp_path: Path
) -> None:
    other_style = clips.write_picture(tmp_path / "other.png", scene=9)

    def name(chosen_style: Path, **changes: object) -> str:
        settings = IDENTITY.model_copy(update=changes)
        output = tmp_path / "out.mp4"
        return planned(clip, chosen_style, output, settings)[0].name

    first = name(style)
    assert name(style, chunk_frames=3, parallel_shots=2) == first
    assert name(style, output=IDENTITY.output.model_copy(update={"quality": 30})) == first
    others = [
        name(other_style),
        name(style, size=64),
        name(style, seed=1),
        name(style, frames="2:"),
    ]
    assert len({first, *others}) == 5


@pytest.mark.parametrize("chunk_frames", [1, 5, 100])
def test_chunks_do_not_show_in_the_result(
    chunk_frames: int, clip: Path, style: Path, tmp_path: Path
) -> None:
    settings = IDENTITY.model_copy(update={"chunk_frames": chunk_frames})
    whole = stylize_video(clip, style, tmp_path / "a.mp4", IDENTITY, workspace=tmp_path / "a")
    parts = stylize_video(clip, style, tmp_path / "b.mp4", settings, workspace=tmp_path / "b")
    assert whole.sha256 == parts.sha256


def test_frames_split_to_disk_first_give_a_whole_result(
    clip: Path, style: Path, tmp_path: Path
) -> None:
    settings = IDENTITY.model_copy(update={"split": "disk", "size": 48})
    published = stylize_video(clip, style, tmp_path / "out.mp4", settings, workspace=tmp_path)
    assert published.frames == 12


def test_assembly_works_from_the_store_alone(clip: Path, style: Path, tmp_path: Path) -> None:
    workspace, request = planned(clip, style, tmp_path / "out.mp4", IDENTITY, keep=True)
    first = finish_job(workspace, request)
    style.unlink()
    again = request.model_copy(update={"output": tmp_path / "again.mp4"})
    assert assemble(workspace, request_result(workspace, again)).sha256 == first.sha256


def test_assembly_says_which_frame_is_missing(clip: Path, style: Path, tmp_path: Path) -> None:
    workspace, request = planned(clip, style, tmp_path / "out.mp4", IDENTITY)
    with pytest.raises(StoreError, match="Frame 0"):
        assemble(workspace, request)
    assert not (tmp_path / "out.mp4").exists()
    assert not list(tmp_path.glob(".out*"))


def test_a_finished_job_frees_its_frames_and_is_remembered(
    clip: Path, style: Path, tmp_path: Path
) -> None:
    stylize_video(clip, style, tmp_path / "out.mp4", IDENTITY, workspace=tmp_path / "jobs")
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    assert workspace.count_finished() == 0
    (published,) = workspace.publications()
    assert published.is_in_place()
    assert len(workspace.records()) == 12


def test_a_full_disk_is_said_before_the_work_begins(
    clip: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylecore.store.frames.BYTES_PER_PIXEL", defaultdict(lambda: 1e15))
    with pytest.raises(OutputError, match="Not enough space"):
        planned(clip, style, tmp_path / "out.mp4", IDENTITY)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs more rights than there are here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_fills_up_keeps_what_is_done(
    clip: Path, style: Path, tmp_path: Path, small_disk: Path
) -> None:
    workspace, request = planned(clip, style, tmp_path / "out.mp4", IDENTITY, root=small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - 100_000))
    with pytest.raises(OutputError, match="No space is left"):
        for chunk in workspace.job.chunks:
            stylize_chunk(workspace, chunk, request)
    done = workspace.finished(0, 12)
    assert 0 < len(done) < 12
    filler.unlink()
    published = stylize_video(clip, style, tmp_path / "out.mp4", IDENTITY, workspace=small_disk)
    assert published.frames == 12


def test_a_disk_that_fills_up_while_encoding_leaves_no_output(
    clip: Path, style: Path, tmp_path: Path, small_disk: Path
) -> None:
    output = small_disk / "out.mkv"
    settings = IDENTITY.model_copy(update={"output": OutputSettings(codec="ffv1")})
    workspace, request = planned(clip, style, output, settings, root=tmp_path / "jobs")
    for chunk in workspace.job.chunks:
        stylize_chunk(workspace, chunk, request)
    (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 20_000))
    with pytest.raises(OutputError, match="No space is left"):
        assemble(workspace, request)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    assert workspace.count_finished() == 12
