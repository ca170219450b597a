"""What belongs to a picture beside its pixels is in the result, or a note says that it is lost."""

import random
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import pytest
from av.sidedata.sidedata import Type

from stylecore.errors import OutputError
from stylecore.media import (
    Excerpt,
    index_source,
    read_frames,
    run_ffmpeg,
    verify_frames,
    write_frames,
)
from stylecore.media.index import Sphere
from stylecore.media.reading.timecode import later
from stylecore.media.verification.rehearsal import MOST_FRAMES, rehearse
from stylecore.media.writing.immersive import add_immersion
from stylecore.settings import OutputSettings
from tests.support import clips, odd_clips
from tests.tools import kept_table

FILM, NTSC, DOUBLE = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)


def copied(path: Path, source: Path, **options: object) -> Path:
    """The streams of a file in another, with options of the ffmpeg program."""
    run_ffmpeg(ffmpeg.input(str(source)).output(str(path), c="copy", **options), timeout_seconds=60)
    return path


def trip(
    source: Path, target: Path, start: int = 0, stop: int | None = None, **chosen: object
) -> tuple[str, ...]:
    """Writes and verifies a result that repeats a source's frames; all notes."""
    index, encoding = index_source(source), OutputSettings(**chosen)
    excerpt = Excerpt(source, index, start, stop or index.frame_count)
    notes = write_frames(read_frames(excerpt), target, excerpt, encoding)
    size = (index.width, index.height)
    return (*notes, *verify_frames(target, excerpt, encoding, size=size).notes)


def numbered(count: int, *, drops: bool) -> list[str]:
    """Two hours of timecodes, by counting: two numbers of 30 are left out at most minutes."""
    left_out = 2 * count // 30 if drops else 0
    return [
        f"{minute // 60:02}:{minute % 60:02}:{second:02}{';' if drops else ':'}{frame:02}"
        for minute in range(120)
        for second in range(60)
        for frame in range(left_out if minute % 10 and not second else 0, count)
    ]


@pytest.mark.parametrize(
    ("rate", "drops"),
    [(FILM, False), (Fraction(25), False), (NTSC, False), (NTSC, True), (DOUBLE, True)],
)
def test_timecodes_count_on(rate: Fraction, drops: bool) -> None:
    numbers, choice = numbered(round(rate), drops=drops), random.Random(1)
    for _ in range(2000):
        first, last = sorted(choice.sample(range(len(numbers)), 2))
        assert later(numbers[first], rate, last - first) == numbers[last]


def test_timecodes_begin_again_at_midnight() -> None:
    assert later("23:59:59;29", NTSC, 1) == "00:00:00;00"
    assert later("23:59:59:24", Fraction(25), 26) == "00:00:01:00"


def test_what_is_no_timecode_stays() -> None:
    assert later("noon", NTSC, 5) == "noon"
    assert later("10:00:00;00", Fraction(25), 26) == "10:00:01:01", "25 is not counted with gaps"


def timecodes(path: Path) -> set[str]:
    with av.open(str(path)) as container:
        said = [container.metadata, *(stream.metadata for stream in container.streams)]
    return {value for tags in said for key, value in tags.items() if key.lower() == "timecode"}


@pytest.mark.parametrize(
    ("source", "target", "start", "stop"),
    [
        *((source, target, 5, None) for source in (".mov", ".mkv")
          for target in (".mov", ".mp4", ".mkv", ".webm")),
        (".mp4", ".mov", 0, None), (".mov", ".mov", 3, 9), (".mov", ".mkv", 0, None),
    ],
)  # fmt: skip
def test_the_timecode_is_that_of_the_first_frame(
    source: str, target: str, start: int, stop: int | None, tmp_path: Path
) -> None:
    plain = clips.write_clip(tmp_path / "plain.mp4", rate=NTSC, sounds=1)
    timed = copied(tmp_path / f"in{source}", plain, timecode="00:00:59;25")
    assert timecodes(timed) == {"00:00:59;25"}
    notes = trip(timed, tmp_path / f"out{target}", start, stop)
    expected = {0: "00:00:59;25", 3: "00:00:59;28", 5: "00:01:00;02"}[start]
    assert timecodes(tmp_path / f"out{target}") == {expected}
    assert not [note for note in notes if "data track" in note or "timecode" in note]


def test_a_timecode_that_is_lost_is_said(tmp_path: Path) -> None:
    plain = clips.write_clip(tmp_path / "plain.mp4")
    timed = copied(tmp_path / "in.mov", plain, timecode="10:20:30:00")
    assert any("timecode 10:20:30:00 is left out" in n for n in trip(timed, tmp_path / "out.apng"))
    index = index_source(timed)
    excerpt = Excerpt(timed, index, 0, index.frame_count)
    other = copied(tmp_path / "other.mov", plain, timecode="10:20:31:00")
    told = verify_frames(other, excerpt, OutputSettings(), size=(96, 64)).notes
    assert told == ("The timecode 10:20:30:00 is lost in .mov.",)


def captions(path: Path) -> list[bytes]:
    """What every frame's closed captions are, found without our own reader."""
    with av.open(str(path)) as container:
        found = [frame.side_data.get(Type.A53_CC) for frame in container.decode(video=0)]
    return [bytes(data) if data is not None else b"" for data in found]


@pytest.mark.parametrize(
    ("target", "chosen", "start", "stop"),
    [
        (".mp4", {}, 0, None),
        (".mov", {"preset": "slow"}, 5, None),
        (".mkv", {}, 3, 9),
        (".mp4", {"codec": "hevc", "preset": "fast"}, 0, None),
        (".mkv", {"codec": "hevc", "preset": "ultrafast"}, 3, 9),
    ],
)
def test_closed_captions_are_in_the_frames_they_were_in(
    target: str, chosen: dict, start: int, stop: int | None, tmp_path: Path
) -> None:
    source = odd_clips.captioned(tmp_path / "in.mp4")
    expected = [odd_clips.caption_pieces(number) for number in range(12)]
    assert captions(source) == expected
    notes = trip(source, tmp_path / f"out{target}", start, stop, **chosen)
    assert captions(tmp_path / f"out{target}") == expected[start:stop]
    assert not [note for note in notes if "captions" in note]


@pytest.mark.parametrize(
    ("target", "chosen", "holder"),
    [
        (".webm", {}, "vp9"),
        (".mov", {"codec": "prores"}, "prores"),
        (".gif", {}, "a GIF"),
        ("", {}, "a folder of PNG files"),
    ],
)
def test_closed_captions_that_are_lost_are_said(
    target: str, chosen: dict, holder: str, tmp_path: Path
) -> None:
    source = odd_clips.captioned(tmp_path / "in.mp4")
    notes = trip(source, tmp_path / f"out{target}", **chosen)
    assert [
        note for note in notes if note.startswith(f"The closed captions are left out: {holder}")
    ]
    assert not [
        n for n in trip(source, tmp_path / f"2{target}", **chosen, audio="drop") if "capt" in n
    ]


def test_captions_of_a_long_video_are_no_obstacle_to_its_rehearsal(tmp_path: Path) -> None:
    source = odd_clips.captioned(tmp_path / "in.mp4", frames=MOST_FRAMES + 30)
    excerpt = Excerpt.of_all(source, index_source(source))
    assert len(excerpt.index.captions) == MOST_FRAMES + 30
    rehearse(excerpt, tmp_path / "out.mp4", OutputSettings(), size=(96, 64), folder=tmp_path)


def test_captions_go_with_the_sound_that_is_dropped(tmp_path: Path) -> None:
    source = odd_clips.captioned(tmp_path / "in.mp4")
    trip(source, tmp_path / "out.mp4", audio="drop")
    assert set(captions(tmp_path / "out.mp4")) == {b""}


def test_lost_captions_do_not_pass_verification(tmp_path: Path) -> None:
    source = odd_clips.captioned(tmp_path / "in.mp4")
    with pytest.raises(OutputError, match="closed captions differ"):
        verify_frames(tmp_path / "plain.mp4", Excerpt.of_all(source, index_source(source)),
                      OutputSettings(), size=(96, 64))  # fmt: skip


def immersion(path: Path) -> tuple[bytes, bytes]:
    """What a file says of sphere and stereo, found without our own reader."""
    with av.open(str(path)) as container:
        beside = next(container.decode(video=0)).side_data
        sphere, stereo = beside.get(Type.SPHERICAL), beside.get(Type.STEREO3D)
    return bytes(sphere or b""), bytes(stereo or b"")[:8]


@pytest.mark.parametrize(
    ("target", "start", "stop"), [(".mp4", 0, None), (".mov", 3, 9), (".m4v", 5, None)]
)
def test_a_sphere_stays_one(target: str, start: int, stop: int | None, tmp_path: Path) -> None:
    source, result = odd_clips.surrounding(tmp_path / "in.mp4"), tmp_path / f"out{target}"
    assert immersion(source)[0]
    notes = trip(source, result, start, stop)
    assert immersion(result) == immersion(source)
    assert not [note for note in notes if "surrounds" in note]
    # Other players find every picture and sound where the header now says that it is.
    run_ffmpeg(ffmpeg.input(str(result)).output("-", f="null"), timeout_seconds=60)
    if start == 0:
        assert clips.sound_packets(result) == clips.sound_packets(source)


@pytest.mark.parametrize("faststart", [False, True])
@pytest.mark.parametrize(
    "sphere",
    [
        Sphere(projection=0, yaw=1 << 16, pitch=-(45 << 16), roll=3, bounds=(0,) * 4, padding=0),
        Sphere(projection=2, yaw=0, pitch=0, roll=0, bounds=(1 << 30, 7, 1 << 29, 9), padding=0),
        Sphere(projection=1, yaw=0, pitch=0, roll=0, bounds=(0,) * 4, padding=5),
    ],
)
def test_every_way_of_surrounding_is_said(sphere: Sphere, faststart: bool, tmp_path: Path) -> None:
    flags = {"movflags": "+faststart"} if faststart else {}
    path = clips.write_clip(tmp_path / "in.mp4", sounds=1, container_options=flags)
    before, sound = index_source(path), clips.sound_packets(path)
    add_immersion(path, before.model_copy(update={"sphere": sphere, "stereo": (2, False)}))
    after = index_source(path)
    assert (after.sphere, after.stereo) == (sphere, (2, False))
    assert (after.checksums, clips.sound_packets(path)) == (before.checksums, sound)


def test_a_lost_sphere_does_not_pass_verification(tmp_path: Path) -> None:
    source = odd_clips.surrounding(tmp_path / "in.mp4")
    plain = clips.write_clip(tmp_path / "plain.mp4", sounds=1)
    with pytest.raises(OutputError, match="does not surround the viewer"):
        verify_frames(plain, Excerpt.of_all(source, index_source(source)), OutputSettings(),
                      size=(96, 64))  # fmt: skip


@pytest.mark.parametrize("target", [".mkv", ".webm", ".gif"])
def test_a_sphere_that_is_lost_is_said(target: str, tmp_path: Path) -> None:
    notes = trip(odd_clips.surrounding(tmp_path / "in.mp4"), tmp_path / f"out{target}")
    assert len([note for note in notes if "surrounds the viewer is left out" in note]) == 1


EVERY_WAY = ("left_right", "top_bottom", "right_left", "row_interleaved_lr")
HELD = {
    ".mp4": EVERY_WAY[:2], ".mov": EVERY_WAY[:2], ".mkv": EVERY_WAY, ".webm": EVERY_WAY[:3],
    ".apng": (),
}  # fmt: skip


@pytest.mark.parametrize("target", sorted(HELD))
@pytest.mark.parametrize("way", EVERY_WAY)
def test_views_for_both_eyes_are_kept_or_said(way: str, target: str, tmp_path: Path) -> None:
    source, result = odd_clips.for_both_eyes(tmp_path / "in.mkv", way), tmp_path / f"out{target}"
    said = immersion(source)[1]
    notes = [note for note in trip(source, result) if "view for each eye" in note]
    assert len(notes) == (way not in HELD[target])
    if way in HELD[target]:
        assert immersion(result)[1] == said
        trip(result, tmp_path / "again.mkv")
        assert immersion(tmp_path / "again.mkv")[1] == said


def test_views_that_lie_in_an_unknown_way_are_said(tmp_path: Path) -> None:
    """FFmpeg's own MP4 files have two boxes about it, of which it reads the one that says less."""
    source = odd_clips.for_both_eyes(tmp_path / "in.mp4", "left_right")
    notes = trip(source, tmp_path / "out.mp4")
    assert len([note for note in notes if "view for each eye is left out" in note]) == 1


def test_further_pictures_are_not_said_to_be_impossible(tmp_path: Path) -> None:
    """MP4 can hold them; they are left out since they are not painted."""
    source = odd_clips.two_pictures(tmp_path / "in.mp4")
    (note,) = [note for note in trip(source, tmp_path / "out.mp4") if "further picture" in note]
    assert note == (
        "A further picture (h264) is left out: one picture is painted; the others stay in the "
        "source."
    )


def test_like_streams_are_said_once(tmp_path: Path) -> None:
    inputs = [ffmpeg.input(str(clips.write_clip(tmp_path / f"{n}.mp4"))) for n in range(4)]
    command = ffmpeg.output(*(one["v"] for one in inputs), str(tmp_path / "four.mp4"), c="copy")
    run_ffmpeg(command, timeout_seconds=60)
    notes = trip(tmp_path / "four.mp4", tmp_path / "out.mp4")
    assert len([note for note in notes if "further picture" in note]) == 1
    assert any("(3 of them)" in note for note in notes)
    assert len(set(notes)) == len(notes)


@pytest.mark.parametrize("name", ["out.gif", "out.webp", "frames"])
def test_pictures_say_what_of_a_film_they_do_not_hold(name: str, tmp_path: Path) -> None:
    source = odd_clips.rich(tmp_path / "in.mkv")
    excerpt = Excerpt.of_all(source, index_source(source))
    notes = write_frames(read_frames(excerpt), tmp_path / name, excerpt, OutputSettings())
    said = " ".join(notes)
    for lost in ("The sound and the subtitles and the attachments are", "The chapters are"):
        assert f"{lost} left out" in said
    assert "metadata title is lost" in said


def test_a_part_says_that_it_has_no_chapters(tmp_path: Path) -> None:
    source = odd_clips.rich(tmp_path / "in.mkv")
    part = Excerpt(source, index_source(source), 0, 6)
    notes = write_frames(read_frames(part), tmp_path / "out.mkv", part, OutputSettings())
    assert any("chapters are left out" in note for note in notes)


@pytest.mark.long
def test_no_kind_of_result_loses_anything_unsaid() -> None:
    assert kept_table.main() == 0
