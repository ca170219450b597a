"""What goes in comes out: frames, times, colours, sound; and what cannot is said in a sentence."""

import os
import subprocess
import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from stylecore.errors import MediaError, OutputError, OutputExistsError, SettingsError
from stylecore.media import (
    Excerpt,
    SourceIndex,
    Verification,
    check_output,
    index_source,
    publish,
    read_frames,
    read_picture,
    split_to_disk,
    verify_frames,
    write_frames,
    write_picture,
)
from stylecore.media.pictures import splitting
from stylecore.settings import OutputSettings, SourceSettings
from tests.support import clips, odd_clips
from tests.support.fidelity import psnr

FAST = OutputSettings(preset="ultrafast")
LOSSLESS = OutputSettings(codec="ffv1")


def copy(
    source: Path,
    target: Path,
    *,
    output: OutputSettings = FAST,
    start: int = 0,
    stop: int | None = None,
) -> tuple[SourceIndex, Verification, tuple[str, ...]]:
    """Sends frames through unchanged: read, write, verify."""
    index = index_source(source)
    excerpt = Excerpt(source, index, start, stop or index.frame_count)
    notes = write_frames(read_frames(excerpt), target, excerpt, output)
    return index, verify_frames(target, excerpt, output, size=(index.width, index.height)), notes


ODD_CLIPS = {
    "23.976 fps": {"rate": Fraction(24000, 1001), "time_base": Fraction(1, 24000),
                   "pts": [1001 * number for number in range(12)]},
    "29.97 fps": {"rate": Fraction(30000, 1001), "time_base": Fraction(1, 30000),
                  "pts": [1001 * number for number in range(12)]},
    "variable rate that starts late": {
        "time_base": Fraction(1, 1000), "sounds": 1,
        "pts": [500, 540, 620, 636, 700, 1100, 1116, 1200, 1300, 1333, 1400, 1790]},
    "two sound tracks": {"sounds": 2},
    "pixels that are not square": {"aspect": Fraction(16, 11)},
    "HEVC with 10 bits": {"codec": "libx265", "pixel_format": "yuv420p10le",
                          "options": {"x265-params": "log-level=none"}},
}  # fmt: skip


@pytest.mark.parametrize("oddity", ODD_CLIPS)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_times_and_sound_are_the_sources_own(oddity: str, suffix: str, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / f"in{suffix}", **ODD_CLIPS[oddity])
    target = tmp_path / f"out{suffix}"
    index, found, notes = copy(source, target)
    unit = max(index.seconds_per_unit, Fraction(1, 1000) if suffix == ".mkv" else Fraction(0))
    pairs = zip(clips.timestamps(source), clips.timestamps(target), strict=True)
    assert all(abs(was - now) <= unit / 2 for was, now in pairs)
    assert clips.sound_packets(source) == clips.sound_packets(target)
    assert found.frames == 12
    assert notes == ()
    assert Fraction(index_source(target).sample_aspect_ratio) == Fraction(index.sample_aspect_ratio)


def test_a_range_has_its_own_times_from_the_beginning(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", frames=24, sounds=1)
    copy(source, tmp_path / "out.mp4", start=6, stop=18)
    assert clips.timestamps(tmp_path / "out.mp4") == clips.timestamps(source)[:12]


@pytest.mark.parametrize("start", [0, 1, 5, 7, 8, 13, 22, 23])
def test_any_range_gives_exactly_its_frames(start: int, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", frames=24)
    index = index_source(source)
    every = list(read_frames(Excerpt(source, index, 0, 24)))
    some = list(read_frames(Excerpt(source, index, start, min(start + 3, 24))))
    assert len(some) == min(3, 24 - start)
    assert all(np.array_equal(a, b) for a, b in zip(every[start:], some, strict=False))


@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_survive_the_way_through_rgb(matrix: int, full_range: bool, tmp_path: Path) -> None:
    source = clips.write_clip(
        tmp_path / "in.mkv", size=(192, 128), pixel_format="yuv420p",
        tags={"colorspace": matrix, "color_range": 2 if full_range else 1},
    )  # fmt: skip
    index, _, _ = copy(source, tmp_path / "out.mkv", output=LOSSLESS)
    again = index_source(tmp_path / "out.mkv")
    assert (again.matrix, again.full_range) == (index.matrix, full_range)
    before = list(read_frames(Excerpt(source, index, 0, 12)))
    after = list(read_frames(Excerpt(tmp_path / "out.mkv", again, 0, 12)))
    worst = min(psnr(a / 255.0, b / 255.0) for a, b in zip(before, after, strict=True))
    # Only the rounding of 8-bit YUV at full chroma resolution is left; a wrong matrix gives 28 dB.
    assert worst > 48


def test_luma_of_a_lossless_trip_is_above_60_db(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mkv", size=(192, 128), tags={"colorspace": 1})
    copy(source, tmp_path / "out.mkv", output=LOSSLESS)
    assert min(psnr(a, b, peak=255) for a, b in zip(
        luma_planes(source), luma_planes(tmp_path / "out.mkv"), strict=True)) > 60  # fmt: skip


def luma_planes(path: Path) -> list[np.ndarray]:
    import av

    with av.open(str(path)) as container:
        return [
            np.frombuffer(bytes(frame.planes[0]), np.uint8)
            .reshape(frame.height, frame.planes[0].line_size)[:, : frame.width]
            .astype(np.float64)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_video_comes_out_upright(degrees: int, tmp_path: Path) -> None:
    straight = clips.write_clip(tmp_path / "straight.mp4")
    turned = clips.write_clip(tmp_path / "turned.mp4", rotation=degrees)
    index = index_source(turned)
    assert (index.width, index.height) == ((96, 64) if degrees == 180 else (64, 96))
    plain = next(read_frames(Excerpt(straight, index_source(straight), 0, 1)))
    upright = next(read_frames(Excerpt(turned, index, 0, 1)))
    # The display matrix turns counterclockwise, as numpy does.
    assert np.array_equal(upright, np.rot90(plain, degrees // 90))


def test_ten_bits_stay_ten_bits(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mkv", **ODD_CLIPS["HEVC with 10 bits"])
    index, _, _ = copy(source, tmp_path / "out.mkv")
    assert next(read_frames(Excerpt(source, index, 0, 1))).dtype == np.uint16
    assert index_source(tmp_path / "out.mkv").bit_depth == 10


def test_an_odd_size_is_kept_and_said(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", size=(97, 65), pixel_format="yuv444p")
    index, _, notes = copy(source, tmp_path / "out.mp4")
    assert (index.width, index.height) == (97, 65)
    assert "97x65" in notes[0]


def test_sound_before_zero_moves_everything_alike_where_it_must(tmp_path: Path) -> None:
    """AAC in MP4 begins before 0, which Matroska cannot say."""
    source = clips.write_clip(tmp_path / "in.mp4", sounds=1)
    _, found, _ = copy(source, tmp_path / "out.mkv")
    assert found.delay == Fraction(64, 1000)
    assert clips.sound_packets(source) == clips.sound_packets(tmp_path / "out.mkv")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_same_frames_give_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    """Also in another process, whose fresh memory is filled with something else."""
    clips.write_clip(tmp_path / f"in{suffix}", sounds=1)
    code = (
        "import sys; from pathlib import Path; from tests.test_media import copy;"
        "from stylecore.settings import OutputSettings;"
        "copy(Path(sys.argv[1]), Path(sys.argv[2]), output=OutputSettings())"
    )
    for name, filling in (("a", "3"), ("b", "200")):
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / f"in{suffix}", tmp_path / f"{name}{suffix}"],
            cwd=Path(__file__).parents[1], env={**os.environ, "MALLOC_PERTURB_": filling},
            check=True,
        )  # fmt: skip
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_frames_split_by_ffmpeg_are_the_same_frames(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", frames=16, rotation=90)
    index = index_source(source)
    folder = tmp_path / "split"
    folder.mkdir()
    split_to_disk(Excerpt(source, index, 5, 9), folder)
    assert [path.name for path in sorted(folder.iterdir())] == [
        f"{number:08d}.png" for number in range(5, 9)
    ]
    for number, frame in enumerate(read_frames(Excerpt(source, index, 5, 9)), start=5):
        np.testing.assert_array_equal(clips.read_frame(folder / f"{number:08d}.png"), frame)


def test_what_a_killed_split_left_is_removed_by_the_next(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", frames=8)
    excerpt = Excerpt(source, index_source(source), 2, 4)
    folder = tmp_path / "split"

    def dies(*given: object, **more: object) -> None:
        os._exit(1)

    child = os.fork()
    if child == 0:
        splitting.upright_pixels = dies
        split_to_disk(excerpt, folder)
    os.waitpid(child, 0)
    assert any(path.is_dir() for path in folder.iterdir())
    split_to_disk(excerpt, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["00000002.png", "00000003.png"]


def truncated_matroska(path: Path) -> None:
    clips.write_clip(path.with_suffix(".mkv"), frames=48, sounds=1)
    whole = path.with_suffix(".mkv").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def playlist(path: Path) -> None:
    clips.write_clip(path.with_name("other.mp4"))
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")


UNUSABLE = {
    "missing": (lambda path: None, "no file"),
    "folder": (lambda path: path.mkdir(), "folder"),
    "empty": (lambda path: path.touch(), "empty"),
    "text": (lambda path: path.write_text("not a video at all\n" * 100), "not a video"),
    "sound only": (clips.write_sound_only, "no picture"),
    "cut short": (odd_clips.cut_short, "--allow-damaged"),
    "cut short matroska": (truncated_matroska, "--allow-damaged"),
    "playlist in disguise": (playlist, "not a video"),
    "high dynamic range": (partial(odd_clips.deep, transfer=16), "high dynamic range"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_used_is_said_in_one_sentence(kind: str, tmp_path: Path) -> None:
    make, words = UNUSABLE[kind]
    path = tmp_path / "clip.mp4"
    make(path)
    with pytest.raises(MediaError) as caught:
        index_source(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_can_be_used_as_far_as_it_goes(tmp_path: Path) -> None:
    truncated_matroska(tmp_path / "clip.mp4")
    index = index_source(tmp_path / "clip.mp4", SourceSettings(allow_damaged=True))
    frames = list(read_frames(Excerpt.of_all(tmp_path / "clip.mp4", index)))
    assert 4 < len(frames) < 48
    assert str(len(frames)) in index.notes[0]


@pytest.mark.parametrize("name", ["-i.mp4", "a%03d.mp4", "concat:x.mp4", "two\nlines.mp4", "ü.mp4"])
def test_names_have_no_meaning_of_their_own(name: str, tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "plain.mp4").rename(tmp_path / name)
    assert index_source(path).frame_count == 12


def test_too_large_pictures_are_refused_before_decoding(tmp_path: Path, style: Path) -> None:
    clip = clips.write_clip(tmp_path / "in.mp4")
    for refused in (
        lambda: index_source(clip, max_megapixels=0.001),
        lambda: read_picture(style, max_megapixels=0.001),
    ):
        with pytest.raises(MediaError, match="limit"):
            refused()


def test_a_picture_is_read_upright_and_without_alpha(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    half = Image.new("RGBA", (40, 20), (255, 0, 0, 255))
    half.paste((0, 0, 0, 0), (0, 0, 20, 20))
    half.save(tmp_path / "a.png")
    Image.new("RGB", (40, 20), "blue").save(tmp_path / "b.jpg", exif=exif)
    clear = read_picture(tmp_path / "a.png")
    assert clear[0, 0].tolist() == [1, 1, 1]
    assert clear[0, 39].tolist() == [1, 0, 0]
    assert read_picture(tmp_path / "b.jpg").shape == (40, 20, 3)


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_of_a_picture_is_the_one_that_pillow_shows(
    orientation: int, tmp_path: Path
) -> None:
    from PIL import Image, ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(clips.picture(0)).save(tmp_path / "a.png", exif=exif)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    assert np.allclose(read_picture(tmp_path / "a.png") * 255, shown)


def test_sixteen_bit_grey_keeps_its_levels(tmp_path: Path) -> None:
    from PIL import Image

    levels = np.array([[0, 1, 30000, 65535]], np.uint16)
    Image.fromarray(levels).save(tmp_path / "grey.png")
    assert np.allclose(read_picture(tmp_path / "grey.png")[0, :, 1] * 65535, levels[0])


def test_a_written_picture_reads_back(tmp_path: Path) -> None:
    image = clips.picture(0) / np.float32(255)
    write_picture(tmp_path / "out.png", image)
    assert np.allclose(read_picture(tmp_path / "out.png"), image)
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.parametrize(
    ("name", "settings", "error"),
    [
        ("out.txt", {}, SettingsError),
        ("out.webm", {"codec": "h264"}, SettingsError),
        ("out.mp4", {"codec": "ffv1"}, SettingsError),
        ("nowhere/out.mp4", {}, OutputError),
    ],
)
def test_an_output_that_cannot_be_is_found_out_early(
    name: str, settings: dict[str, str], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        check_output(tmp_path / name, OutputSettings(**settings))


def test_publishing_replaces_only_when_asked(tmp_path: Path) -> None:
    temporary, output = tmp_path / "new.mp4", tmp_path / "old.mp4"
    temporary.write_text("new")
    output.write_text("old")
    with pytest.raises(OutputExistsError):
        publish(temporary, output, overwrite=False)
    assert output.read_text() == "old"
    publish(temporary, output, overwrite=True)
    assert output.read_text() == "new"


def test_verification_notices_a_missing_frame(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4")
    index, _, _ = copy(source, tmp_path / "out.mp4", stop=11)
    with pytest.raises(OutputError, match="11 frames instead of 12"):
        verify_frames(tmp_path / "out.mp4", Excerpt.of_all(source, index), FAST, size=(96, 64))


REAL_CLIPS = {
    "davis_bear_walk.mp4": 82,
    "cars_overhead_audio.mp4": 377,
    "derived_vfr_strong_audio.mp4": 96,
    "plant_handheld_odd_rate.mp4": 36,
    "river_10frames.mp4": 10,
}


@pytest.mark.parametrize("name", REAL_CLIPS)
def test_real_clips_keep_frames_times_and_sound(
    name: str, shared_clips: Path, tmp_path: Path
) -> None:
    source, target = shared_clips / name, tmp_path / "out.mp4"
    copy(source, target)
    assert len(clips.timestamps(target)) == REAL_CLIPS[name]
    assert clips.timestamps(target) == clips.timestamps(source)
    assert clips.sound_packets(target) == clips.sound_packets(source)
