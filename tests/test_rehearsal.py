"""What would fail at the end of a job fails before its first frame is painted."""

from fractions import Fraction
from pathlib import Path

import pytest

from flows.cli import main
from stylecore.errors import OutputError, SettingsError
from stylecore.media import Excerpt, index_source, rehearse
from stylecore.media.verification.rehearsal import MOST_FRAMES, abridged
from stylecore.pipeline import finish_job, plan
from stylecore.settings import OutputSettings, VideoSettings
from stylecore.store import Workspace
from tests.support import clips, odd_clips
from tests.support.jobs import planned

IDENTITY = VideoSettings(engine="identity")
RESULTS = {
    ".mp4": "h264", ".mov": "prores", ".mkv": "ffv1", ".webm": "vp9", ".m4v": "hevc", ".gif": "",
    ".apng": "", ".webp": "", "": "", "/%04d.jpg": "", "/%05d.png": "",
}  # fmt: skip


@pytest.fixture
def style(tmp_path: Path) -> Path:
    return clips.write_picture(tmp_path / "style.png")


@pytest.fixture
def rehearsals(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The outputs that were rehearsed, in order."""
    seen: list[Path] = []

    def noted(excerpt: Excerpt, output: Path, *others: object, **more: object) -> None:
        seen.append(output)
        rehearse(excerpt, output, *others, **more)

    monkeypatch.setattr(plan, "rehearse", noted)
    return seen


def run(*arguments: object) -> int:
    """The exit status of ``stylecore video`` in this process."""
    given = ["video", *arguments, "--engine", "identity", "--no-prefect"]
    return main([str(argument) for argument in given])


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("size", [(1280, 720), (161, 121), (31, 24)])
def test_results_of_every_kind_pass_without_their_frames(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", sounds=1, sound_rate=48000)
    excerpt = Excerpt.of_all(source, index_source(source))
    encoding = OutputSettings(codec=RESULTS[name] or "auto", chroma="source")
    (tmp_path / "small").mkdir()
    folder = tmp_path / "small"
    rehearse(excerpt, tmp_path / f"out{name}", encoding, size=size, folder=folder)
    assert len(list(folder.iterdir())) == 1
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize(
    "make",
    [odd_clips.rich, odd_clips.covered, odd_clips.variable, odd_clips.deep, odd_clips.edited],
)
def test_odd_sources_pass(make, tmp_path: Path) -> None:
    suffix = ".mkv" if make is odd_clips.rich else ".mp4"
    source = make(tmp_path / f"in{suffix}")
    excerpt = Excerpt.of_all(source, index_source(source))
    (tmp_path / "small").mkdir()
    rehearse(excerpt, tmp_path / f"out{suffix}", OutputSettings(), size=(96, 64),
             folder=tmp_path / "small")  # fmt: skip


def test_sooner_than_a_clock_can_tell_is_found_before_the_work(
    style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", rate=Fraction(2000), frames=40)
    output = tmp_path / "out.mkv"
    assert run(source, "--style", style, "-o", output, "--workspace", tmp_path / "jobs") != 0
    said = capsys.readouterr()
    assert "sooner than .mkv can tell" in said.err
    assert "none was painted" in said.err
    assert "shot" not in said.out
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    assert workspace.count_finished() == 0
    assert not (workspace.folder / "rehearsal").exists()
    assert run(source, "--style", style, "-o", tmp_path / "out.mp4",
               "--workspace", tmp_path / "jobs") == 0  # fmt: skip


def test_frames_that_no_encoder_takes_are_found_before_the_work(
    style: Path, tmp_path: Path
) -> None:
    wide = (16400, 20)
    frames = tmp_path / "frames"
    for number in range(2):
        clips.write_frame(frames / f"{number}.png", clips.picture(number, size=wide))
    with pytest.raises(SettingsError, match=r"h264 does not take frames of 16400x20"):
        planned(frames, style, tmp_path / "out.mp4", IDENTITY)


def test_it_is_said_and_not_repeated(
    style: Path, tmp_path: Path, rehearsals: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    source = clips.write_clip(tmp_path / "in.mp4")
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    arguments = (source, "--style", style, "--workspace", tmp_path / "jobs", "--keep")
    planned(source, style, first, IDENTITY, keep=True)
    assert rehearsals == [first]
    assert run(*arguments, "-o", first) == 0
    assert "rehearsed" in capsys.readouterr().out
    assert run(*arguments, "-o", second) == 0, "the same by another name"
    assert rehearsals == [first]
    assert run(*arguments, "-o", first, "--quality", "20", "--overwrite") == 0
    assert run(*arguments, "-o", tmp_path / "first.mov") == 0
    assert rehearsals == [first, first, tmp_path / "first.mov"]


def test_what_a_killed_rehearsal_left_is_removed(
    style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = clips.write_clip(tmp_path / "in.mp4")

    class Killed(BaseException):
        pass

    def die(*_: object, folder: Path, **more: object) -> None:
        (folder / ".out.mp4").write_bytes(b"half")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(plan, "rehearse", die)
        patch.setattr("shutil.rmtree", lambda *_, **more: None)
        with pytest.raises(Killed):
            planned(source, style, tmp_path / "out.mp4", IDENTITY)
    (workspace,) = Workspace.all_in(tmp_path / "jobs")
    assert (workspace.folder / "rehearsal" / ".out.mp4").exists()
    planned(source, style, tmp_path / "out.mp4", IDENTITY)
    assert not (workspace.folder / "rehearsal").exists()


def test_of_many_frames_the_ends_and_the_closest_stand_for_all(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", frames=12)
    pts = [40 * number for number in range(2000)]
    pts[1000:] = [time - 39 for time in pts[1000:]]
    index = index_source(source).model_copy(
        update={"pts": tuple(pts), "checksums": tuple(range(2000))}
    )
    excerpt = Excerpt(source, index, 10, 1990)
    part = abridged(excerpt, MOST_FRAMES)
    kept = set(part.index.pts[part.start : part.stop])
    assert part.count <= MOST_FRAMES
    assert (part.whole, part.shift) == (excerpt.whole, excerpt.shift)
    assert part.boundaries()[-1] == excerpt.boundaries()[-1]
    assert {pts[10], pts[11], pts[999], pts[1000], pts[1989]} <= kept
    assert kept <= set(pts)
    assert abridged(Excerpt.of_all(source, index), MOST_FRAMES).whole


def test_sound_that_cannot_be_copied_is_found_before_the_work(style: Path, tmp_path: Path) -> None:
    """Two recordings in one file: times go back in the middle, which no container takes."""
    source = clips.write_clip(tmp_path / "in.ts", frames=24, sounds=1)
    source.write_bytes(2 * source.read_bytes())
    with pytest.raises(OutputError, match="--audio drop"):
        planned(source, style, tmp_path / "out.mp4", IDENTITY)
    silent = VideoSettings(engine="identity", output=OutputSettings(audio="drop"))
    assert finish_job(*planned(source, style, tmp_path / "out.mp4", silent)).frames == 48


@pytest.mark.parametrize("start", [0, 2])
def test_captions_of_a_long_film_are_read_in_one_piece(
    start: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stylecore.media.verification.rehearsal.MOST_FRAMES", 8)
    source = odd_clips.captioned(tmp_path / "in.mp4")
    index = index_source(source)
    assert any(index.captions)
    (tmp_path / "small").mkdir()
    rehearse(Excerpt(source, index, start, 12), tmp_path / "out.mp4", OutputSettings(),
             size=(96, 64), folder=tmp_path / "small")  # fmt: skip
