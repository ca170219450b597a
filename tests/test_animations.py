"""GIF, APNG and animated WebP, as sources and as results."""

import contextlib
import re
import struct
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from flows.cli import main
from stylecore.errors import MediaError, OutputError, SettingsError
from stylecore.media import (
    Excerpt,
    check_output,
    index_source,
    is_animation,
    read_frames,
    verify_frames,
    wants_alpha,
    write_frames,
)
from stylecore.pipeline.inbox import arrivals
from stylecore.settings import OutputSettings, SourceSettings
from tests.support import clips
from tests.support.fidelity import psnr

SUFFIXES = (".gif", ".apng", ".webp")
DURATIONS = [40, 100, 330, 60, 20, 500]


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


def run(*arguments: object) -> int:
    """The exit status of ``stylecore video`` in this process."""
    given = ["video", *arguments, "--engine", "identity", "--no-prefect"]
    return main([str(argument) for argument in given])


def trip(
    source: Path, target: Path, output: OutputSettings | None = None, *, start: int = 0,
    stop: int | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Sends the frames through unchanged; notes and what was verified."""
    index, output = index_source(source), output or OutputSettings()
    size = (index.width, index.height)
    excerpt = Excerpt(source, index, start, stop or index.frame_count)
    check_output(target, output, index=index)
    alpha = wants_alpha(target, output, index, size)
    frames = list(read_frames(excerpt, alpha=alpha))
    notes = write_frames(frames, target, excerpt, output)
    checksums = [clips.checksum(frame) for frame in frames]
    facts = verify_frames(target, excerpt, output, size=size, checksums=checksums)
    return notes, facts.statements


def as_shown(path: Path) -> list[np.ndarray]:
    """(H, W, 4) uint8 of every frame, found without our own reader."""
    with Image.open(path) as image:
        return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_delays_of_a_source_are_read(suffix: str, tmp_path: Path) -> None:
    index = index_source(clips.write_animation(tmp_path / f"a{suffix}", DURATIONS))
    begins = [time * index.seconds_per_unit * 1000 for time in index.pts]
    assert begins == [0, 40, 140, 470, 530, 550]
    assert index.seconds == Fraction(1050, 1000)
    assert not index.alpha


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_delay_of_0_counts_as_in_browsers(suffix: str, tmp_path: Path) -> None:
    index = index_source(clips.write_animation(tmp_path / f"a{suffix}", [50, 0, 70]))
    assert [time * index.seconds_per_unit for time in index.pts] == [
        0, Fraction(50, 1000), Fraction(150, 1000),
    ]  # fmt: skip
    if suffix != ".gif":  # FFmpeg itself does so, and does not tell.
        assert "no duration: 1." in index.notes[0]


@pytest.mark.parametrize("suffix", [".apng", ".webp"])
@pytest.mark.parametrize("options", [{}, {"disposal": 1, "blend": 1}, {"disposal": 2, "blend": 0}])
def test_transparency_of_a_source_is_read(suffix: str, options: dict, tmp_path: Path) -> None:
    if suffix == ".webp":
        options = {"lossless": True, "exact": True}
    path = clips.write_animation(tmp_path / f"a{suffix}", [40] * 4, alpha=True, **options)
    index = index_source(path)
    assert index.alpha
    for number, frame in enumerate(read_frames(Excerpt(path, index, 0, 4), alpha=True)):
        opacity = clips.transparency(number)
        assert np.array_equal(frame[..., 3], opacity)
        seen = opacity > 0
        assert np.array_equal(frame[seen][:, :3], clips.picture(number)[seen])


def test_frames_of_a_webp_are_found_anywhere(tmp_path: Path) -> None:
    path = clips.write_animation(tmp_path / "a.webp", [40] * 8, lossless=True)
    index = index_source(path)
    for start, stop in ((0, 8), (3, 5), (7, 8)):
        frames = list(read_frames(Excerpt(path, index, start, stop)))
        assert len(frames) == stop - start
        for number, frame in enumerate(frames, start=start):
            assert np.array_equal(frame, clips.picture(number))
    (small,) = read_frames(Excerpt(path, index, 2, 3), size=(48, 32))
    assert small.shape == (32, 48, 3)


def test_a_webp_that_changed_since_is_said(tmp_path: Path) -> None:
    path = clips.write_animation(tmp_path / "a.webp", [40] * 4)
    index = index_source(path)
    clips.write_animation(path, [40] * 3)
    with pytest.raises(MediaError, match="Frame 3 of the source is not where it was"):
        list(read_frames(Excerpt(path, index, 0, 4)))
    clips.write_animation(path, [40] * 4, quality=10)
    with pytest.raises(MediaError, match="Frame 1 of the source is not where it was"):
        list(read_frames(Excerpt(path, index, 1, 4)))


def test_a_damaged_webp_is_refused_or_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = clips.write_animation(tmp_path / "a.webp", [40] * 6, lossless=True)
    data = bytearray(path.read_bytes())
    place = data.rindex(b"ANMF") + 60
    data[place : place + 400] = bytes(400)
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"Only 5 of 6 frames of a.webp .*--allow-damaged"):
        index_source(path)
    index = index_source(path, SourceSettings(allow_damaged=True))
    assert index.frame_count == 5
    path.write_bytes(data[:100])
    with pytest.raises(MediaError, match=r"a.webp is damaged"):
        index_source(path)


def test_a_gif_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    """FFmpeg decodes half a frame without a word."""
    path = clips.write_animation(tmp_path / "a.gif", [40] * 6)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(MediaError, match=r"Only 5 of 6 frames of a.gif can be read: it is cut"):
        index_source(path)
    index = index_source(path, SourceSettings(allow_damaged=True))
    assert len(list(read_frames(Excerpt.of_all(path, index)))) == 5


def test_limits_hold_for_animations(tmp_path: Path) -> None:
    path = clips.write_animation(tmp_path / "a.webp", [40] * 4)
    with pytest.raises(MediaError, match="more than the limit"):
        index_source(path, max_megapixels=0.001)
    with pytest.raises(MediaError, match=r"hours long"):
        index_source(path, SourceSettings(max_hours=1e-5))


@pytest.mark.parametrize("name", ["still.png", "still.webp"])
def test_a_still_is_no_video(
    name: str, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(clips.picture(0)).save(tmp_path / name)
    assert run(tmp_path / name, "--style", style, "-o", tmp_path / "out.mp4") == 2
    assert "repaint a picture with: stylecore image" in capsys.readouterr().err


def test_a_frame_rate_is_for_folders(
    style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = clips.write_animation(tmp_path / "a.webp", [40] * 4)
    assert run(path, "--style", style, "-o", tmp_path / "b.webp", "--frame-rate", "30") == 2
    assert "timestamps of its own" in capsys.readouterr().err


@pytest.mark.parametrize("source", SUFFIXES)
@pytest.mark.parametrize("target", SUFFIXES)
def test_delays_come_back(source: str, target: str, style: Path, tmp_path: Path) -> None:
    path = clips.write_animation(tmp_path / f"in{source}", DURATIONS)
    output = tmp_path / f"out{target}"
    assert run(path, "--style", style, "-o", output) == 0
    assert clips.shown_for(output) == DURATIONS
    assert [path.name for path in tmp_path.glob(".*")] == []


def as_played(path: Path) -> int:
    """How often an animation is played, 0 for without end, found without our own reader."""
    with Image.open(path) as image:
        said = image.info.get("loop")
    if path.suffix == ".gif":  # which says how often it is played again
        return 1 if said is None else said and said + 1
    return int(said)


@pytest.mark.parametrize("plays", [1, 2, 7, 0])
@pytest.mark.parametrize("target", SUFFIXES)
@pytest.mark.parametrize("source", SUFFIXES)
def test_an_animation_is_played_as_often_as_its_source(
    source: str, target: str, plays: int, tmp_path: Path
) -> None:
    options = {"loop": plays - (source == ".gif" and plays > 0)}
    animation = clips.write_animation(
        tmp_path / f"in{source}", DURATIONS, **({} if options == {"loop": 0} and plays else options)
    )
    assert as_played(animation) == plays
    trip(animation, tmp_path / f"out{target}", start=2)
    assert as_played(tmp_path / f"out{target}") == plays


def test_what_plays_once_is_no_loop_in_a_video(tmp_path: Path) -> None:
    """A video says nothing of loops: without end, or several times, is lost and said."""
    for name, options, said in (("once", {}, False), ("thrice", {"loop": 2}, True)):
        source = clips.write_animation(tmp_path / f"{name}.gif", [100] * 4, **options)
        notes, _ = trip(source, tmp_path / f"{name}.mp4")
        assert any("is played 3 times, which video files cannot say" in n for n in notes) == said


def test_a_video_becomes_an_animation_without_end(clip: Path, tmp_path: Path) -> None:
    trip(clip, tmp_path / "out.apng")
    assert as_played(tmp_path / "out.apng") == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rounding_of_delays_does_not_add_up(suffix: str, tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    source = clips.write_clip(tmp_path / "in.mp4", frames=60, size=(32, 32), rate=rate)
    trip(source, tmp_path / f"out{suffix}")
    ends = np.cumsum(clips.shown_for(tmp_path / f"out{suffix}"))
    grid = {".gif": 10, ".apng": 0, ".webp": 1}[suffix]
    assert np.abs(ends - np.arange(1, 61) / float(rate) * 1000).max() <= grid / 2 + 1e-6


def test_odd_delays_of_an_apng_do_not_add_up(tmp_path: Path) -> None:
    """Delays of 90 kHz do not fit into its fractions of 16 bits."""
    pts = [round(3003.7 * number) for number in range(60)]
    source = clips.write_clip(
        tmp_path / "in.mp4", frames=60, size=(32, 32), time_base=Fraction(1, 90000), pts=pts
    )
    trip(source, tmp_path / "out.apng")
    begins = np.cumsum([0, *clips.shown_for(tmp_path / "out.apng")])[:-1]
    assert np.abs(begins - np.array(pts) / 90).max() < 0.06


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_an_apng_is_exact(deep: bool, alpha: bool, tmp_path: Path) -> None:
    for number in range(3):
        pixels = clips.deep_picture(number, alpha=alpha)
        pixels = pixels if deep else (pixels >> 8).astype(np.uint8)
        clips.write_frame(tmp_path / "in" / f"{number}.png", pixels)
    notes, statements = trip(tmp_path / "in", tmp_path / "out.apng")
    assert notes == ()
    assert "pixels equal to the finished frames" in statements
    again = index_source(tmp_path / "out.apng")
    assert (again.bit_depth, again.alpha) == (16 if deep else 8, alpha)
    for number, frame in enumerate(
        read_frames(Excerpt(tmp_path / "out.apng", again, 0, 3), alpha=alpha)
    ):
        pixels = clips.deep_picture(number, alpha=alpha)
        assert np.array_equal(frame, pixels if deep else pixels >> 8)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_transparency_is_kept(suffix: str, tmp_path: Path) -> None:
    source = clips.write_animation(tmp_path / "in.apng", [40] * 4, alpha=True)
    notes, _ = trip(source, tmp_path / f"out{suffix}")
    assert bool(notes) == (suffix == ".gif")
    for number, frame in enumerate(as_shown(tmp_path / f"out{suffix}")):
        opacity = clips.transparency(number)
        if suffix == ".gif":
            opacity = np.where(opacity < 128, 0, 255)
        assert np.array_equal(frame[..., 3], opacity)
        seen = opacity > 0
        assert psnr(frame[seen][:, :3] / 255, clips.picture(number)[seen] / 255) > 24


def test_a_still_moment_keeps_its_frames(tmp_path: Path) -> None:
    """Encoders like to join frames that are equal, and to store the difference of others."""
    for number, opacity in enumerate((255, 255, 255, 0, 255)):
        alpha = np.full((64, 96), 255, np.uint8)
        alpha[20:40, 20:40] = opacity
        pixels = np.dstack([clips.picture(0), alpha])
        clips.write_frame(tmp_path / "opaque" / f"{number}.png", pixels[..., :3])
        clips.write_frame(tmp_path / "holes" / f"{number}.png", pixels)
    for source in ("opaque", "holes"):
        for suffix in SUFFIXES:
            target = tmp_path / f"{source}{suffix}"
            trip(tmp_path / source, target)
            shown = as_shown(target)
            assert len(shown) == 5
            holes = [int((frame[..., 3] == 0).sum()) for frame in shown]
            assert holes == [0, 0, 0, 400 if source == "holes" else 0, 0]
            assert psnr(shown[4][..., :3] / 255, clips.picture(0) / 255) > 25


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_frame_is_an_animation(suffix: str, tmp_path: Path) -> None:
    source = clips.write_animation(tmp_path / "in.apng", DURATIONS)
    _, statements = trip(source, tmp_path / f"out{suffix}", start=2, stop=3)
    assert statements[0] == "1 frame"
    assert clips.shown_for(tmp_path / f"out{suffix}") in ([330], [])


@pytest.mark.parametrize("quality", [0, 5, 50])
def test_quality_of_a_webp(quality: int, tmp_path: Path) -> None:
    source = clips.write_animation(tmp_path / "in.apng", [40] * 3, alpha=True)
    target = tmp_path / "out.webp"
    _, statements = trip(source, target, OutputSettings(quality=quality))
    assert ("pixels equal to the finished frames" in statements) == (quality == 0)
    fidelity = psnr(as_shown(target)[0][..., :3] / 255, as_shown(source)[0][..., :3] / 255)
    assert {0: fidelity > 80, 5: 36 < fidelity < 80, 50: 25 < fidelity < 34}[quality]


def test_what_an_animation_cannot_hold_is_said(style: Path, tmp_path: Path) -> None:
    source = clips.write_clip(
        tmp_path / "in.mkv", sounds=1, aspect=Fraction(16, 11), pixel_format="yuv420p10le",
        time_base=Fraction(1, 1000), pts=[500 + 40 * number for number in range(12)],
    )  # fmt: skip
    for suffix, kind in zip(SUFFIXES, ("a GIF", "an APNG", "an animated WebP"), strict=True):
        notes, _ = trip(source, tmp_path / f"out{suffix}")
        told = " ".join(notes)
        assert f"The sound is left out: {kind} holds none." in told
        assert "not square (16/11)" in told
        assert "begins at 0.500 s" in told
        assert ("10 bits are rounded to 8" in told) == (suffix != ".apng")
    notes, _ = trip(source, tmp_path / "quiet.gif", OutputSettings(audio="drop"))
    assert "sound" not in " ".join(notes)


def test_frames_too_short_for_a_gif_are_refused_before_the_work(tmp_path: Path) -> None:
    index = index_source(clips.write_clip(tmp_path / "in.mp4", rate=Fraction(60)))
    with pytest.raises(SettingsError, match=r"1/50 s.*\.apng or \.webp or \.mp4"):
        check_output(tmp_path / "out.gif", OutputSettings(), index=index)
    for name in ("out.apng", "out.webp"):
        check_output(tmp_path / name, OutputSettings(), index=index)


@pytest.mark.parametrize(
    ("suffix", "choice"),
    [
        *product(SUFFIXES, ({"codec": "h264"}, {"bitrate": "8M"}, {"preset": "fast"},
                            {"chroma": "source"}, {"hardware": "nvenc"})),
        (".gif", {"quality": 3}),
        (".apng", {"quality": 3}),
    ],
)  # fmt: skip
def test_choices_that_an_animation_has_not_are_refused(
    suffix: str, choice: dict, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="leave it out"):
        check_output(tmp_path / f"out{suffix}", OutputSettings(**choice))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fault", ["frames", "times", "size", "cut", "plays"])
def test_verification_notices(suffix: str, fault: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.apng", tmp_path / f"out{suffix}"
    index = index_source(clips.write_animation(source, DURATIONS))
    excerpt = Excerpt(source, index, 0, 6)
    durations = {"frames": DURATIONS[:5], "times": [*DURATIONS[:5], 520]}.get(fault, DURATIONS)
    clips.write_animation(target, durations, loop=1 if fault == "plays" else 0)
    size = (96, 66) if fault == "size" else (96, 64)
    if fault == "cut":
        target.write_bytes(target.read_bytes()[:-3000])
    with pytest.raises(OutputError, match="does not pass verification"):
        verify_frames(target, excerpt, OutputSettings(), size=size)


def test_verification_notices_other_pixels(tmp_path: Path) -> None:
    source, target = tmp_path / "in.apng", tmp_path / "out.apng"
    index = index_source(clips.write_animation(source, [40] * 3))
    excerpt = Excerpt(source, index, 0, 3)
    write_frames(read_frames(excerpt), target, excerpt, OutputSettings())
    checksums = [clips.checksum(clips.picture(number)) for number in (0, 1, 1)]
    with pytest.raises(OutputError, match="pixels that were written"):
        verify_frames(target, excerpt, OutputSettings(), size=(96, 64), checksums=checksums)


def test_an_animation_of_a_png_name_is_one(style: Path, tmp_path: Path) -> None:
    source = clips.write_animation(tmp_path / "in.apng", DURATIONS).rename(tmp_path / "in.png")
    assert run(source, "--style", style) == 0
    assert clips.shown_for(tmp_path / "in-style.apng") == DURATIONS


def test_the_hidden_still_of_an_apng_is_not_shown(tmp_path: Path) -> None:
    """It is for viewers that know no animation, and has no delay."""
    path = clips.write_animation(tmp_path / "a.apng", [50, 60, 70], default_image=True)
    index = index_source(path)
    assert index.frame_count == 2
    (first, _) = read_frames(Excerpt(path, index, 0, 2))
    assert np.array_equal(first, clips.picture(1))


def test_a_webp_is_painted_into_one(style: Path, tmp_path: Path) -> None:
    source = clips.write_animation(tmp_path / "in.webp", DURATIONS, alpha=True)
    assert run(source, "--style", style, "--split", "disk") == 0
    assert clips.shown_for(tmp_path / "in-style.webp") == DURATIONS
    assert run(source, "--style", style, "-o", tmp_path / "out.mp4") == 0
    assert len(clips.timestamps(tmp_path / "out.mp4")) == 6


def test_results_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    source = clips.write_animation(tmp_path / "in.webp", DURATIONS, alpha=True)
    for suffix in SUFFIXES:
        one, other = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
        trip(source, one)
        trip(source, other)
        assert one.read_bytes() == other.read_bytes()


def test_a_webp_says_its_own_size(tmp_path: Path) -> None:
    """Browsers refuse a RIFF file whose size does not fit."""
    trip(clips.write_animation(tmp_path / "in.gif", [50] * 3), tmp_path / "out.webp")
    data = (tmp_path / "out.webp").read_bytes()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert len(data) % 2 == 0


def test_the_inbox_looks_whether_a_webp_moves(tmp_path: Path) -> None:
    inbox, outbox, style = tmp_path / "in", tmp_path / "out", tmp_path / "style.png"
    (inbox / "frames").mkdir(parents=True)
    clips.write_animation(inbox / "moves.webp", [40] * 3)
    Image.fromarray(clips.picture(0)).save(inbox / "still.webp")
    (inbox / "no picture.webp").write_text("at all")
    found = {one.source.name: one for one in arrivals(inbox, outbox, style, OutputSettings())}
    assert {name: one.is_still for name, one in found.items()} == {
        "moves.webp": False, "still.webp": True, "no picture.webp": True,
    }  # fmt: skip
    assert found["moves.webp"].output.name == "moves-style.webp"
    (chosen, *_) = arrivals(inbox, outbox, style, OutputSettings(codec="h264"))
    assert chosen.output.name == "moves.webp-style.mp4"
    assert not is_animation(inbox / "missing.webp")


def test_a_real_gif_keeps_its_delays(shared_clips: Path, style: Path, tmp_path: Path) -> None:
    source = shared_clips / "newtonscradle.gif"
    assert run(source, "--style", style, "-o", tmp_path / "out.gif") == 0
    assert clips.shown_for(tmp_path / "out.gif") == clips.shown_for(source)
    for before, after in zip(as_shown(source), as_shown(tmp_path / "out.gif"), strict=True):
        assert psnr(before / 255, after / 255) > 30


def cut_places(path: Path) -> list[int]:
    """Every tenth of a file, some bytes everywhere, and those around the heads of its chunks."""
    content = path.read_bytes()
    heads = [b"fcTL", b"fdAT", b"IDAT", b"IEND", b"ANMF", b"!\xf9\x04", b",\0\0\0\0"]
    found = [match.start() for head in heads for match in re.finditer(re.escape(head), content)]
    near = {place + step for place in found for step in (-4, -1, 0, 2, 4, 9, 27)}
    tenths = {len(content) * part // 10 for part in range(1, 10)}
    places = {1, 9, 20, 40, len(content) - 1} | tenths | near
    return sorted(place for place in places if 0 < place < len(content))


@pytest.mark.parametrize("maker", ["Pillow", "ours"])
@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_a_cut_animation_is_refused_or_its_missing_end_is_said(
    suffix: str, maker: str, tmp_path: Path
) -> None:
    whole = clips.write_animation(tmp_path / f"whole{suffix}", [70, 80, 90, 100])
    if maker == "ours":
        excerpt = Excerpt.of_all(whole, index_source(whole))
        painted = list(read_frames(excerpt))
        whole = tmp_path / f"ours{suffix}"
        write_frames(painted, whole, excerpt, OutputSettings())
    content, frames = (
        whole.read_bytes(),
        list(read_frames(Excerpt.of_all(whole, index_source(whole)))),
    )
    cut = tmp_path / f"cut{suffix}"
    for place in cut_places(whole):
        cut.write_bytes(content[:place])
        with contextlib.suppress(MediaError):
            index = index_source(cut)
            assert any("no end mark" in note for note in index.notes), place
        with contextlib.suppress(MediaError):
            index = index_source(cut, SourceSettings(allow_damaged=True))
            assert any("Damaged" in note or "no end mark" in note for note in index.notes), place
            for number, pixels in enumerate(read_frames(Excerpt.of_all(cut, index))):
                np.testing.assert_array_equal(pixels, frames[number])
