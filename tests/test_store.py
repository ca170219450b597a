"""Nothing good is deleted and nothing false is verified, whatever happens to a job's files."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from flows.cli import main
from stylecore.errors import MediaError, OutputError, SettingsError, StoreError, StyleError
from stylecore.media import hidden_beside, publish, restore
from stylecore.pipeline import (
    assemble,
    finish_job,
    open_job,
    stylize_chunk,
    stylize_image,
    stylize_video,
)
from stylecore.runtime.versions import made_with
from stylecore.settings import FastSettings, ImageSettings, StyleSettings, VideoSettings
from stylecore.store import FORMAT, Published, Request, Workspace, file_fact, stamp_of
from tests.support import clips
from tests.support.jobs import planned

OPEN_FILES = Path("/proc/self/fd")
IDENTITY = VideoSettings(engine="identity", chunk_frames=4)


@pytest.fixture
def begun(clip: Path, style: Path, tmp_path: Path) -> tuple[Workspace, Request]:
    """A job of which 6 of 12 frames are stored."""
    workspace, request = planned(clip, style, tmp_path / "out.mp4", IDENTITY, keep=True)
    for chunk in workspace.job.chunks[:2]:
        stylize_chunk(workspace, chunk, request)
    assert workspace.finished(0, 12) == set(range(6))
    return workspace, request


@pytest.fixture
def undisturbed(clip: Path, style: Path, tmp_path: Path) -> Published:
    """The result of the same job, where nothing happens."""
    output = tmp_path / "undisturbed.mp4"
    return stylize_video(clip, style, output, IDENTITY, workspace=tmp_path / "undisturbed")


def stored(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in workspace.folder.glob("frames/*")}


@pytest.fixture
def no_more_files() -> Iterator[Callable[[], ExitStack]]:
    """Takes every file descriptor that this process may still have."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)

    def taken() -> ExitStack:
        stack = ExitStack()
        highest = max(int(path.name) for path in OPEN_FILES.iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 8, limits[1]))
        while True:
            try:
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
            except OSError:
                return stack

    yield taken
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="needs /proc of Linux")
def test_out_of_file_descriptors_no_frame_is_lost(
    begun: tuple[Workspace, Request], no_more_files: Callable[[], ExitStack]
) -> None:
    workspace, request = begun
    before = stored(workspace)
    with no_more_files():
        for use in (
            lambda: workspace.finished(0, 12),
            lambda: workspace.load_frame(0),
            lambda: stylize_chunk(workspace, workspace.job.chunks[0], request),
        ):
            with pytest.raises(StoreError, match="Too many open files"):
                use()
    assert stored(workspace) == before
    assert finish_job(workspace, request).frames == 12


def test_only_what_fails_its_checksum_goes_and_only_aside(
    begun: tuple[Workspace, Request], undisturbed: Published
) -> None:
    workspace, request = begun
    frames = sorted(workspace.folder.glob("frames/*.png"))
    whole = {path.name: path.read_bytes() for path in frames}
    flipped = bytearray(whole["00000002.png"])
    flipped[500] ^= 1
    frames[2].write_bytes(flipped)
    assert workspace.finished(0, 6) == {0, 1, 3, 4, 5}
    assert (workspace.folder / "frames/00000002.png.damaged").read_bytes() == flipped
    assert finish_job(workspace, request).sha256 == undisturbed.sha256
    assert {name: stored(workspace)[name] for name in whole} == whole


def test_frames_in_each_others_place_are_noticed(
    begun: tuple[Workspace, Request], undisturbed: Published
) -> None:
    workspace, request = begun
    first, second = sorted(workspace.folder.glob("frames/*.png"))[2:4]
    pixels = first.read_bytes(), second.read_bytes()
    second.write_bytes(pixels[0])
    first.write_bytes(pixels[1])
    assert workspace.finished(0, 6) == {0, 1, 4, 5}
    assert finish_job(workspace, request).sha256 == undisturbed.sha256


def test_a_picture_of_the_same_size_is_not_taken_for_a_frame(
    begun: tuple[Workspace, Request], undisturbed: Published
) -> None:
    workspace, request = begun
    frame = sorted(workspace.folder.glob("frames/*.png"))[3]
    assert cv2.imwrite(str(frame), np.zeros((64, 96, 3), np.uint8))
    assert finish_job(workspace, request).sha256 == undisturbed.sha256


def other_film(path: Path) -> None:
    """Another film with the same timestamps."""
    clips.write_clip(path, cuts=(3, 6), sounds=1)


def test_a_source_that_is_replaced_while_its_job_runs(
    begun: tuple[Workspace, Request], clip: Path, tmp_path: Path, undisturbed: Published
) -> None:
    workspace, request = begun
    true = shutil.copy2(clip, tmp_path / "true.mp4")
    other_film(clip)
    unseen = request.model_copy(update={"stamp": stamp_of(clip)})
    for asked in (request, unseen):  # by size and time; by the checksum of the frame
        with pytest.raises(MediaError, match="changed"):
            finish_job(workspace, asked)
    assert workspace.finished(0, 12) == set(range(6))
    assert not request.output.exists()
    Path(true).replace(clip)
    assert finish_job(workspace, request).sha256 == undisturbed.sha256


def test_a_source_that_is_replaced_before_the_assembly(
    begun: tuple[Workspace, Request], clip: Path, tmp_path: Path
) -> None:
    workspace, request = begun
    for chunk in workspace.job.chunks:
        stylize_chunk(workspace, chunk, request)
    clips.write_clip(clip, cuts=(6,), sounds=1, options=clips.X264_OPTIONS | {"crf": "30"})
    with pytest.raises(MediaError, match="changed"):
        assemble(workspace, request)
    assert [path.name for path in tmp_path.glob("*out*")] == []


def test_a_source_whose_time_alone_changed_is_the_same(
    begun: tuple[Workspace, Request], clip: Path
) -> None:
    os.utime(clip, (1, 1))
    assert finish_job(*begun).frames == 12


@pytest.mark.parametrize("name", ["moved/clip.mp4", "renamed.mp4"])
def test_moved_and_renamed_files_are_the_same_job(
    name: str, begun: tuple[Workspace, Request], clip: Path, style: Path, tmp_path: Path,
    undisturbed: Published,
) -> None:  # fmt: skip
    workspace, request = begun
    source, picture = tmp_path / name, tmp_path / "moved" / "style.png"
    picture.parent.mkdir()
    shutil.move(clip, source)
    shutil.move(style, picture)
    other_film(clip)
    again, asked = planned(source, picture, request.output, IDENTITY, root=workspace.folder.parent)
    assert again.folder == workspace.folder
    assert again.finished(0, 12) == set(range(6))
    assert finish_job(again, asked).sha256 == undisturbed.sha256


def test_two_callers_with_two_outputs_both_get_theirs(
    clip: Path, style: Path, tmp_path: Path
) -> None:
    workspace, first = planned(clip, style, tmp_path / "first.mp4", IDENTITY)
    workspace, second = planned(clip, style, tmp_path / "second.mkv", IDENTITY)
    finish_job(workspace, first)
    assert workspace.finished(0, 12) == set(range(12)), "the other one still needs them"
    assert [request.output.name for request in workspace.open_requests()] == ["second.mkv"]
    finish_job(workspace, second)
    assert workspace.count_finished() == 0
    assert {path.name for path in tmp_path.glob("*d.m*")} == {"second.mkv"}
    assert (tmp_path / "first.mp4").exists()


def test_a_relative_model_folder_and_weights_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module").mkdir()
    monkeypatch.chdir(tmp_path)
    settings = VideoSettings(engine="fast", fast=FastSettings(model="module"))
    monkeypatch.chdir("/")
    assert settings.with_absolute_paths().fast.model == "module", "no folder here"
    monkeypatch.chdir(tmp_path)
    assert settings.with_absolute_paths().fast.model == str(tmp_path / "module")
    (tmp_path / "compact").mkdir()
    assert VideoSettings(engine="fast").with_absolute_paths().fast.model == "compact"


def test_the_same_command_after_a_kill_between_record_and_rename(
    begun: tuple[Workspace, Request], clip: Path, style: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Both moments: the result is written down and has no name yet; it has its name."""
    workspace, request = begun
    published = finish_job(workspace, request)
    record = next(workspace.folder.glob("results/*.json"))
    workspace.set_published(request, published.model_copy(update={"placed": False}))
    arguments = ["video", clip, "--style", style, "-o", request.output, "--engine", "identity",
                 "--prefect", "off", "--workspace", workspace.folder.parent]  # fmt: skip
    command = [str(argument) for argument in arguments]
    inode = request.output.stat().st_ino
    assert main(command) == 0
    assert "done before, and in place" in capsys.readouterr().out
    assert request.output.stat().st_ino == inode, "nothing is encoded again"
    assert record.exists()
    workspace.set_published(request, published.model_copy(update={"placed": False}))
    request.output.rename(hidden_beside(request.output, workspace.job.key[:8]))
    assert main(command) == 0
    assert file_fact(request.output).sha256 == published.sha256
    assert not list(request.output.parent.glob(".out*"))


def test_another_file_of_the_results_name_and_size_is_not_the_result(
    begun: tuple[Workspace, Request], tmp_path: Path
) -> None:
    workspace, request = begun
    published = finish_job(workspace, request)
    request.output.write_bytes(bytes(published.size))
    with pytest.raises(OutputError, match="exists already"):
        open_job(request)


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_that_is_replaced_is_never_without_its_name(
    can_exchange: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "painted"
    made = hidden_beside(output, "tag")
    for folder, scene in ((output, 1), (made, 2)):
        folder.mkdir()
        clips.write_picture(folder / "0.png", scene=scene)
    if not can_exchange:
        monkeypatch.setattr("stylecore.media.files.exchange", lambda one, other: False)
        monkeypatch.setattr("stylecore.media.files.shutil.rmtree", lambda path: None)
    publish(made, output, overwrite=True)
    assert (clips.read_frame(output / "0.png") == clips.picture(0, size=(80, 60), scene=2)).all()
    monkeypatch.undo()
    restore(output)
    assert [path.name for path in tmp_path.iterdir()] == ["painted"]


def test_a_folder_that_lost_its_name_gets_it_back(tmp_path: Path) -> None:
    """Killed between the two renames, on a system that cannot exchange names."""
    output = tmp_path / "painted"
    (tmp_path / ".painted-replaced").mkdir()
    restore(output)
    assert output.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["painted"]


@pytest.mark.parametrize("role", ["source", "style", "another style", "a link to the source"])
def test_a_still_does_not_replace_what_it_is_made_from(
    role: str, style: Path, tmp_path: Path
) -> None:
    source, more = clips.write_picture(tmp_path / "a.png"), clips.write_picture(tmp_path / "b.png")
    link = tmp_path / "link.png"
    link.symlink_to(source)
    output = {"source": source, "style": style, "another style": more}.get(role, link)
    before = output.read_bytes()
    settings = ImageSettings(engine="identity", mixing=StyleSettings(more_styles=(more,)))
    with pytest.raises(SettingsError, match="made from"):
        stylize_image(source, style, output, settings, overwrite=True)
    assert output.read_bytes() == before


def test_a_job_that_is_worked_on_is_not_cleaned(
    begun: tuple[Workspace, Request], capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = begun
    clean = ["jobs", "clean", "--all", "--remove", "--workspace", str(workspace.folder.parent)]
    with workspace.lock("shot-1"):
        assert main(clean) == 0
    assert "in use, left alone" in capsys.readouterr().out
    assert workspace.finished(0, 12) == set(range(6))
    assert main(clean) == 0
    assert not workspace.folder.exists()


def test_what_killed_processes_left_half_written_is_swept(
    begun: tuple[Workspace, Request],
) -> None:
    workspace, request = begun
    for name in (".job.json.1-ab", "frames/.00000003.png.1-ab", "records/.00000007.json.1-ab",
                 "requests/.ab.json.1-ab", "results/.ab.json.1-ab"):  # fmt: skip
        (workspace.folder / name).write_bytes(b"half")
    open_job(request)
    finish_job(workspace, request)
    assert not [path for path in workspace.folder.rglob(".*") if path.is_file()]


def test_resuming_a_job_of_another_version_says_first_that_it_begins_anew(
    begun: tuple[Workspace, Request], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    workspace, _ = begun
    monkeypatch.setattr("stylecore.engines.registry.PIXELS_VERSION", 10_000)
    resume = ["jobs", "resume", workspace.name, "--prefect", "off",
              "--workspace", str(workspace.folder.parent)]  # fmt: skip
    assert main(resume) == 0
    told = capsys.readouterr().out
    assert told.index("begins anew") < told.index("shot 1/2")
    assert "resumed" not in told
    assert workspace.finished(0, 12) == set(range(6)), "what the other version made stays"


def test_going_on_with_other_libraries_is_said_first(
    begun: tuple[Workspace, Request], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    workspace, _ = begun
    assert workspace.job.made_with == made_with()
    changed = made_with() | {"numpy": "0.1"}
    monkeypatch.setattr("stylecore.pipeline.plan.made_with", lambda: changed)
    resume = ["jobs", "resume", workspace.name, "--prefect", "off",
              "--workspace", str(workspace.folder.parent)]  # fmt: skip
    assert main(resume) == 0
    told = capsys.readouterr().out
    assert f"numpy {made_with()['numpy']}, now 0.1" in told
    assert told.index("now 0.1") < told.index("shot 2/2")
    assert told.count("now 0.1") == 1


def test_a_job_of_another_layout_is_left_as_it_is(
    begun: tuple[Workspace, Request], capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, request = begun
    plan = workspace.folder / "job.json"
    older = plan.read_bytes().replace(f'"format": {FORMAT}'.encode(), b'"format": 3')
    plan.write_bytes(older)
    with pytest.raises(StoreError, match="layout 3"):
        open_job(request)
    assert main(["jobs", "list", "--workspace", str(workspace.folder.parent)]) == 0
    assert "layout 3" in capsys.readouterr().out
    assert plan.read_bytes() == older


def empty(path: Path, other: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path, other: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 1
    path.write_bytes(data)


def swap(path: Path, other: Path) -> None:
    """The same file of another job."""
    shutil.copy(other, path)


def hide(path: Path, other: Path) -> None:
    """A folder in its place: reading fails for everybody, the administrator too."""
    path.rename(path.with_name("hidden"))
    path.mkdir()


FAST = VideoSettings(engine="fast", chunk_frames=4)
FILES = {
    "plan": "job.json",
    "request": "requests/*.json",
    "result": "results/*.json",
    "frame": "frames/00000002.png",
    "record": "records/00000002.json",
    "age": "ages/00000003.png",
    "statistics": "statistics/00000003.npz",
}


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A folder with two jobs, of which a frame is missing; and the first one's right result.

    What the frame is made of is the age of the one before and what was measured of its shot.
    """
    folder = tmp_path_factory.mktemp("half_done")
    style = clips.write_picture(folder / "style.png")
    for name, frames in (("clip", 6), ("other", 7)):
        source = clips.write_clip(folder / f"{name}.mp4", frames=frames, cuts=(3,))
        workspace, request = planned(source, style, folder / f"{name}-out.mp4", FAST, keep=True)
        finish_job(workspace, request)
        (workspace.folder / "frames/00000004.png").unlink()
    result = (folder / "clip-out.mp4").read_bytes()
    return folder, result


@pytest.mark.parametrize("harm", [empty, cut, flip, swap, hide])
@pytest.mark.parametrize("kind", FILES)
def test_every_file_of_a_workspace_may_be_harmed(
    kind: str, harm: Callable[[Path, Path], None], half_done: tuple[Path, bytes], tmp_path: Path
) -> None:
    """The same command gives the same bytes, or says what cannot be read and then gives them."""
    folder, result = half_done
    jobs, output = tmp_path / "jobs", tmp_path / "out.mp4"
    shutil.copytree(folder / "jobs", jobs)
    (path,) = jobs.glob(f"clip-*/{FILES[kind]}")
    (other,) = jobs.glob(f"other-*/{FILES[kind]}")
    harm(path, other)

    def again() -> None:
        stylize_video(folder / "clip.mp4", folder / "style.png", output, FAST, workspace=jobs,
                      keep=True)  # fmt: skip

    try:
        again()
    except StyleError as error:
        assert harm is hide
        assert "remove the folder" not in str(error)
        if path.is_dir():
            path.rmdir()
            path.with_name("hidden").rename(path)
        again()
    assert output.read_bytes() == result
