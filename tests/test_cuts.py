"""Cut lists: what is read from them, what is written, and what becomes of it in a job."""

from fractions import Fraction
from pathlib import Path

import pytest

from flows.cli import main
from stylecore.errors import OutputExistsError, SettingsError
from stylecore.settings import FolderSettings, VideoSettings, checked
from stylecore.settings.cuts import (
    canonical_cut,
    cut_frames,
    read_cut_list,
    written_csv,
    written_cuts,
)
from stylecore.store import Colours
from tests.support.jobs import planned

FILM = [Fraction(number * 1001, 24000) for number in range(241)]
"""Boundaries of 240 frames at 23.976 a second."""
MODERN_CSV = """Timecode List:,00:00:02.002,00:00:05.005
Scene Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Timecode
1,1,00:00:00.000,0.000,48,00:00:02.002
2,49,00:00:02.002,2.002,120,00:00:05.005
3,121,00:00:05.005,5.005,240,00:00:10.010
"""


def listed(folder: Path, text: str, *, name: str = "cuts.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def frames(path: Path) -> list[int]:
    return cut_frames(read_cut_list(path), FILM)


@pytest.mark.parametrize(
    "text",
    [
        "48\n120\n",
        "120\n48\n48\n0\n",
        "# a comment\n\n  48  # the door\r\n120",
        "2.002\n5.005s\n",
        "2.0\n5.02\n",
        "0:02.002\n00:00:05.005\n",
        "\ufeff48\n5.005\n",
        MODERN_CSV,
        MODERN_CSV.partition("\n")[0],
        MODERN_CSV.partition("\n")[2],
        MODERN_CSV.replace(",", ";"),
        "Scene Number,Start Frame,End Frame\n1,0,47\n2,48,119\n3,120,240\n",
        "Scene Number,Start Timecode\n1,00:00:00.000\n2,00:00:02.002\n3,00:00:05.005\n",
    ],
)
def test_every_spelling_means_the_same_frames(tmp_path: Path, text: str) -> None:
    assert frames(listed(tmp_path, text)) == [48, 120]


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("1:02:03.5", "3723.5s"), ("10:00:00", "36000s"), ("0:61:61", "3721s"), ("2:03", "123s"),
        ("007", "7"), ("7.", "7s"), (".25s", "0.25s"), ("1:00:00.0000001", "3600s"), ("0s", "0s"),
    ],
)  # fmt: skip
def test_a_cut_has_one_spelling(text: str, spelling: str) -> None:
    assert canonical_cut(text) == spelling
    assert canonical_cut(spelling) == spelling


def test_a_list_without_cuts_means_one_shot(tmp_path: Path) -> None:
    assert frames(listed(tmp_path, "# one shot\n")) == []


@pytest.mark.parametrize("write", [written_csv, lambda *cuts: written_cuts("a film", *cuts)])
@pytest.mark.parametrize("cuts", [[], [1], [48, 120, 239]])
def test_what_is_written_reads_as_it_was(tmp_path: Path, write, cuts: list[int]) -> None:
    assert frames(listed(tmp_path, write(cuts, FILM))) == cuts


def test_times_mean_the_nearest_frame_also_where_the_rate_varies() -> None:
    times = [Fraction(number) for number in (3, 4, 5, 9, 10)]
    assert cut_frames(["1.4s", "3.5s", "5.9s"], times) == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("48\nthe door\n", "Line 2"),
        ("00:00:02:12\n", "neither a frame's number"),
        ("-3\n", "Line 1"),
        ("2,5\n", "Line 1"),
        ("Scene Number,Start Frame\n1,1\n2\n", "not whole"),
        ("Scene Number,Start Frame\n1,1\n2,x\n", "no number"),
        ("Timecode List:,00:00:01\nScene Number,Begin\n1,1\n", "no column"),
    ],
)
def test_what_is_no_cut_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        read_cut_list(listed(tmp_path, text))


def test_files_that_are_no_lists_are_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(range(256)))
    for name, complaint in (
        ("film.mp4", "no cut list"),
        ("none.txt", "There is no cut list"),
        (".", "There is no cut list"),
    ):
        with pytest.raises(SettingsError, match=complaint):
            read_cut_list(tmp_path / name)


@pytest.mark.parametrize("cut", ["241", "11s"])
def test_a_cut_behind_the_last_frame_is_refused(cut: str) -> None:
    with pytest.raises(SettingsError, match="behind the last frame: the source has 240 frames"):
        cut_frames([cut], FILM)


def test_the_content_of_a_list_is_part_of_what_a_job_is() -> None:
    def key(*cuts: str) -> dict:
        return VideoSettings(cuts=cuts).pixel_settings()

    assert key("48", "0:05") == key("5.000", "048", "48")
    assert key("48") != key("49") != VideoSettings().pixel_settings()
    assert key() != VideoSettings().pixel_settings()


def test_a_folder_has_no_cut_list() -> None:
    with pytest.raises(SettingsError, match="--cuts is about one video"):
        checked(FolderSettings, {"video": {"cuts": ["48"]}})


def test_a_job_is_cut_as_the_list_says_and_needs_the_file_no_more(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clip of the tests has its one cut at frame 6."""
    cuts = tmp_path / "cuts.txt"
    assert main(["cuts", str(clip), "-o", str(cuts)]) == 0
    assert main(["cuts", str(clip), "-o", str(cuts)]) == OutputExistsError.exit_status
    assert read_cut_list(cuts) == ("6",)
    capsys.readouterr()
    cuts.write_text("3\n0:00.333 # between frames 7 and 9\n")
    settings = VideoSettings(engine="identity", frames="1:11", cuts=read_cut_list(cuts))
    job, request = planned(clip, style, tmp_path / "out.mp4", settings)
    assert job.job.shots == [(1, 3), (3, 8), (8, 11)]
    assert main(["jobs", "cuts", "clip", "--workspace", str(tmp_path / "jobs")]) == 0
    assert read_cut_list(listed(tmp_path, capsys.readouterr().out, name="job.txt")) == ("3", "8")
    cuts.unlink()
    again, _ = planned(clip, style, tmp_path / "out.mp4", request.settings)
    assert again.folder == job.folder


def test_colours_are_those_of_the_given_shots(clip: Path, style: Path, tmp_path: Path) -> None:
    """Whatever the range begins with, the second shot has its own colours."""

    def colours(**chosen: object) -> Colours:
        settings = checked(
            VideoSettings, {"engine": "identity", "mixing": {"colours": "covariance"}, **chosen}
        )
        job = planned(clip, style, tmp_path / "out.mp4", settings)[0].job
        assert job.shots[-1] == (6, 12)
        return job.colours[-1]

    assert colours() == colours(frames="2:") == colours(frames="2:", cuts=("6",))
