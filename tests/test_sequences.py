"""Folders and patterns of frames, as sources and as results."""

import tracemalloc
import warnings
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from flows.cli import main
from stylecore.errors import MediaError, OutputError, OutputExistsError, StyleError
from stylecore.media import (
    Excerpt,
    check_output,
    index_source,
    publish,
    read_frames,
    verify_frames,
    write_frames,
)
from stylecore.media.pictures.folder_reader import frame_rate
from stylecore.pipeline import stylize_video
from stylecore.settings import OutputSettings, SourceSettings, VideoSettings
from stylecore.store import file_fact
from tests.support import clips

IDENTITY = VideoSettings(engine="identity")


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STYLECORE_WORKSPACE", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """A folder of 6 frames with 8 bits, f_1.png to f_6.png."""
    for number in range(6):
        clips.write_frame(tmp_path / "frames" / f"f_{number + 1}.png", clips.picture(number))
    return tmp_path / "frames"


def run(*arguments: object) -> int:
    """The exit status of ``stylecore video`` in this process."""
    given = ["video", *arguments, "--engine", "identity", "--no-prefect"]
    return main([str(argument) for argument in given])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def touch_frames(folder: Path, *called: str) -> None:
    for number, name in enumerate(called):
        clips.write_frame(folder / name, clips.picture(number, size=(16, 16)))


@pytest.mark.parametrize(
    "called",
    [
        ["f_99998.png", "f_99999.png", "f_100000.png", "f_100001.png"],
        ["8.png", "9.png", "10.png", "100.png"],
        ["take2_08.PNG", "take2_9.jpg", "take2_010.bmp", "take2_11.tif"],
        ["early.png", "late.png", "middle.png"],
    ],
)
def test_frames_come_in_the_order_of_their_numbers(called: list[str], tmp_path: Path) -> None:
    touch_frames(tmp_path / "frames", *reversed(called))
    touch_frames(tmp_path / "frames", ".hidden_1.png")
    (tmp_path / "frames" / "notes 3.txt").write_text("no picture")
    (tmp_path / "frames" / "7.png").mkdir()
    assert list(index_source(tmp_path / "frames").frame_files) == called


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a_%06d.png", ["a_000009.png", "a_000010.png", "a_1000000.png"]),
        ("a_%d.png", ["a_7.png", "a_000009.png", "a_000010.png", "a_1000000.png"]),
        ("b%%_%d_x.png", ["b%_3_x.png"]),
    ],
)
def test_a_pattern_takes_the_files_that_it_names(
    pattern: str, found: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "100% %d"
    touch_frames(
        folder, "a_000009.png", "a_000010.png", "a_1000000.png", "a_7.png", "b%_3_x.png",
        "a_000011.jpg", "xa_000012.png",
    )  # fmt: skip
    assert list(index_source(folder / pattern).frame_files) == found


def test_missing_numbers_are_no_pause_and_are_said(tmp_path: Path) -> None:
    touch_frames(tmp_path / "frames", "5.png", "6.png", "9.png")
    index = index_source(tmp_path / "frames")
    assert index.pts == (0, 1, 2)
    assert "2 numbers between 5.png and 9.png" in index.notes[0]


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ([], "no picture in the folder"),
        (["left_1.png", "right_1.png"], "left_%d.png"),
        (["1_left.png", "2_left.png", "1_right.png"], "with a pattern"),
        (["f_1.png", "f_2.png", "cover.png"], "with a pattern"),
        (["1.png", "01.png"], "the same frame"),
        (["1.png", "1.jpg"], "the same frame"),
    ],
)
def test_an_order_that_is_not_certain_is_refused(
    called: list[str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "frames").mkdir()
    touch_frames(tmp_path / "frames", *called)
    with pytest.raises(MediaError, match=words):
        index_source(tmp_path / "frames")


@pytest.mark.parametrize("pattern", ["%d_%d.png", "%s.png", "%6d.png", "50%.png", "%%.png"])
def test_a_pattern_says_once_where_the_number_goes(pattern: str, frames: Path) -> None:
    with pytest.raises(StyleError, match="must say once"):
        index_source(frames / pattern)
    with pytest.raises(StyleError, match="must say once"):
        check_output(frames.parent / "new" / pattern, OutputSettings())


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24", Fraction(24)), ("12.5", Fraction(25, 2)), ("30000/1001", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)), ("23.98", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)), ("59.94", Fraction(60000, 1001)),
        ("119.88", Fraction(120000, 1001)), ("24.9", Fraction(249, 10)),
    ],
)  # fmt: skip
def test_frame_rates_are_exact(text: str, rate: Fraction, frames: Path) -> None:
    assert frame_rate(text) == rate
    index = index_source(frames, SourceSettings(frame_rate=text))
    assert index.seconds_per_unit == 1 / rate
    assert index.seconds == 6 / rate


def test_sizes_that_differ_are_refused_by_name(frames: Path) -> None:
    clips.write_frame(frames / "f_7.png", clips.picture(0, size=(96, 66)))
    with pytest.raises(MediaError, match=r"f_1.png is 96x64 and f_7.png is 96x66"):
        index_source(frames)


def test_limits_hold_for_folders(frames: Path) -> None:
    with pytest.raises(MediaError, match=r"f_1.png is 96x64, more than the limit"):
        index_source(frames, max_megapixels=0.001)
    with pytest.raises(MediaError, match=r"hours long|frames"):
        index_source(frames, SourceSettings(max_hours=1e-5))


def test_kinds_of_pixels_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    Image.fromarray(np.zeros((8, 8), np.float32)).save(tmp_path / "frames" / "1.tif")
    with pytest.raises(MediaError, match="of a kind that cannot be read"):
        index_source(tmp_path / "frames")


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    ("suffix", "deep"),
    [*((suffix, False) for suffix in (".png", ".jpg", ".tif", ".webp", ".bmp")),
     (".png", True), (".tif", True)],
)  # fmt: skip
def test_a_frame_that_is_not_whole_is_named_or_left_out(
    suffix: str, deep: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make = clips.deep_picture if deep else clips.picture
    for number in range(3):
        clips.write_frame(tmp_path / "frames" / f"{number}{suffix}", make(number))
    damage(tmp_path / "frames" / f"1{suffix}")
    (tmp_path / "frames" / f"3{suffix}").touch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MediaError, match=rf"(1|3){suffix} .*--allow-damaged"):
            index_source(tmp_path / "frames")
        index = index_source(tmp_path / "frames", SourceSettings(allow_damaged=True))
    assert index.frame_files == (f"0{suffix}", f"2{suffix}")
    assert "2 of 4 pictures" in index.notes[0]
    assert index.bit_depth == (16 if deep else 8)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("change", ["missing", "another"])
def test_a_frame_that_changed_since_is_said(change: str, frames: Path) -> None:
    index = index_source(frames)
    if change == "missing":
        (frames / "f_3.png").unlink()
    else:
        clips.write_frame(frames / "f_3.png", clips.picture(30))
    assert len(list(read_frames(Excerpt(frames, index, 0, 2)))) == 2
    with pytest.raises(MediaError, match="Frame 2 of the source is not where it was"):
        list(read_frames(Excerpt(frames, index, 1, 4)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("deep", [False, True])
def test_frames_are_turned_upright(orientation: int, deep: bool, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    exif = Image.Exif()
    exif[0x0112] = orientation
    flat = Image.fromarray(clips.picture(0)[:48])
    upright = np.asarray(ImageOps.exif_transpose(with_exif(flat, exif, tmp_path / "a.png")))
    if deep:
        path = clips.write_frame(folder / "1.png", clips.picture(0)[:48].astype(np.uint16) * 257)
        add_exif(path, exif)
        upright = upright.astype(np.uint16) * 257
    else:
        folder.mkdir()
        flat.save(folder / "1.png", exif=exif)
    index = index_source(folder)
    (frame,) = read_frames(Excerpt(folder, index, 0, 1))
    assert (index.height, index.width) == upright.shape[:2]
    assert np.array_equal(frame, upright)


def with_exif(image: Image.Image, exif: Image.Exif, path: Path) -> Image.Image:
    image.save(path, exif=exif)
    return Image.open(path)


def add_exif(path: Path, exif: Image.Exif) -> None:
    """Puts an eXIf chunk before the end mark of a PNG."""
    clips.insert_chunk(path, b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"), before=b"IEND")


def test_every_stored_kind_reads_as_rgb(tmp_path: Path) -> None:
    grey = clips.picture(0)[..., 0]
    palette = Image.fromarray(clips.picture(0)).quantize(64)
    pictures = {
        "grey": (Image.fromarray(grey), np.repeat(grey[..., None], 3, 2)),
        "deep grey": (Image.fromarray(grey.astype(np.uint16) * 256),
                      np.repeat(grey[..., None].astype(np.uint16) * 256, 3, 2)),
        "palette": (palette, np.asarray(palette.convert("RGB"))),
        "one bit": (Image.fromarray(grey > 128),
                    np.repeat(np.uint8(255) * (grey > 128)[..., None], 3, 2)),
    }  # fmt: skip
    for name, (image, expected) in pictures.items():
        (tmp_path / name).mkdir()
        image.save(tmp_path / name / "1.png")
        (frame,) = read_frames(Excerpt(tmp_path / name, index_source(tmp_path / name), 0, 1))
        assert np.array_equal(frame, expected), name


def test_16_bits_and_transparency_come_back_exactly(style: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    pictures = [clips.deep_picture(number, alpha=True) for number in range(3)]
    for number, pixels in enumerate(pictures):
        clips.write_frame(source / f"shot_{number + 99999}.png", pixels)
    assert run(source, "--style", style, "-o", target) == 0
    assert names(target) == ["shot_100000.png", "shot_100001.png", "shot_99999.png"]
    for number, pixels in enumerate(pictures):
        assert np.array_equal(clips.read_frame(target / f"shot_{number + 99999}.png"), pixels)


def test_one_deep_frame_makes_all_deep(tmp_path: Path) -> None:
    clips.write_frame(tmp_path / "frames" / "1.png", clips.picture(0))
    clips.write_frame(tmp_path / "frames" / "2.png", clips.deep_picture(1, alpha=True))
    index = index_source(tmp_path / "frames")
    first, second = read_frames(Excerpt(tmp_path / "frames", index, 0, 2), alpha=True)
    assert np.array_equal(first[..., :3], clips.picture(0).astype(np.uint16) * 257)
    assert (first[..., 3] == 65535).all()
    assert np.array_equal(second, clips.deep_picture(1, alpha=True))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".jpg", ".webp"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_pattern_names_the_results(
    suffix: str, deep: bool, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    make = clips.deep_picture if deep else lambda n, alpha: np.dstack(
        [clips.picture(n), clips.transparency(n)]
    )  # fmt: skip
    for number in range(3):
        clips.write_frame(source / f"{number + 8}.png", make(number, alpha=True))
    assert run(source / "%d.png", "--style", style, "-o", target / f"x_%03d{suffix}") == 0
    assert names(target) == [f"x_008{suffix}", f"x_009{suffix}", f"x_010{suffix}"]
    index = index_source(target)
    keeps_alpha, keeps_depth = suffix not in (".jpg", ".bmp"), suffix in (".png", ".tif")
    assert index.alpha == keeps_alpha
    assert index.bit_depth == (16 if deep and keeps_depth else 8)
    told = capsys.readouterr().out
    assert ("transparency is left out" in told) != keeps_alpha
    assert ("16 bits are rounded to 8" in told) == (deep and not keeps_depth)
    assert ("pixels equal" in told) == (keeps_depth or (suffix == ".bmp" and not deep))
    frames = read_frames(Excerpt(target, index, 0, 3), alpha=True)
    for number, frame in enumerate(frames):
        opacity = frame[..., 3] / np.iinfo(frame.dtype).max
        expected = clips.transparency(number) / 255 if keeps_alpha else np.ones((64, 96))
        assert np.abs(opacity - expected).max() < 0.01


def test_frames_of_a_video_are_named_by_their_numbers(
    clip: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clip, "--style", style, "-o", tmp_path / "painted", "--frames", "9:11") == 0
    assert names(tmp_path / "painted") == ["00000009.png", "00000010.png"]
    told = " ".join(capsys.readouterr().out.split())
    assert "The sound is left out: a folder of PNG files holds none." in told
    assert "the source has 24 frames a second" in told
    assert "verified: 2 frames, every file whole, pixels equal to the finished frames" in told
    *_, frame = read_frames(Excerpt(clip, index_source(clip), 0, 11))
    assert np.array_equal(clips.read_frame(tmp_path / "painted" / "00000010.png"), frame)


def test_a_folder_becomes_a_video(
    frames: Path, style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(frames, "--style", style, "--frame-rate", "29.97", "--split", "disk") == 0
    shown = clips.timestamps(tmp_path / "frames-style.mp4")
    assert shown == [number * Fraction(1001, 30000) for number in range(6)]
    monkeypatch.chdir(frames)
    assert run("f_%d.png", "--style", style, "--frame-rate", "29.97", "--overwrite") == 0


def test_frames_of_10_bits_become_pictures_of_16(style: Path, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mkv", frames=2, pixel_format="yuv420p10le")
    assert run(source, "--style", style, "-o", tmp_path / "out") == 0
    (frame, _) = read_frames(Excerpt(source, index_source(source), 0, 2))
    assert frame.dtype == np.uint16
    assert np.array_equal(clips.read_frame(tmp_path / "out" / "00000000.png"), frame)


def test_a_job_is_assembled_into_a_folder(clip: Path, style: Path, tmp_path: Path) -> None:
    assert run(clip, "--style", style, "-o", tmp_path / "out.mp4", "--keep") == 0
    folder = tmp_path / "painted"
    assert main(["jobs", "assemble", "clip", "-o", str(folder)]) == 0
    assert len(names(folder)) == 12
    assert main(["jobs", "assemble", "clip", "-o", str(folder / "%d.jpg"), "--overwrite"]) == 0
    assert names(folder)[:2] == ["0.jpg", "1.jpg"]


def test_the_key_of_a_folder_is_of_its_frames(frames: Path) -> None:
    before = file_fact(frames)
    (frames / "notes.txt").write_text("not a frame")
    assert file_fact(frames) == before
    assert file_fact(frames / "f_%d.png").sha256 == before.sha256
    (frames / "f_6.png").rename(frames / "f_7.png")
    renamed = file_fact(frames)
    assert (renamed.size, renamed.sha256 == before.sha256) == (before.size, False)


def test_a_second_run_finds_the_folder_in_place(frames: Path, style: Path, tmp_path: Path) -> None:
    output = tmp_path / "painted"
    first = stylize_video(frames, style, output, IDENTITY, workspace=tmp_path / "jobs")
    assert first.is_in_place()
    (output / "f_1.png").unlink()
    assert not first.is_in_place()
    again = stylize_video(
        frames, style, output, IDENTITY, workspace=tmp_path / "jobs", overwrite=True
    )
    assert again.sha256 == first.sha256
    assert len(names(output)) == 6


def assert_refused(
    status: int, folder: Path, before: list[str], capsys: pytest.CaptureFixture[str], words: str
) -> None:
    complaint = capsys.readouterr().err.strip()
    assert status >= 2
    assert len(complaint.splitlines()) == 1
    assert words in complaint
    assert names(folder) == before


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("frames", "the source itself"),
        ("frames/new_%d.png", "the source itself"),
        ("frames/out.webp", "taken for a frame"),
        (".", "which the result would replace"),
        ("full", "holds more than pictures (notes.txt)"),
        ("file", "choose another name"),
        ("link", "choose another name"),
        ("missing/painted", "make it first"),
        ("out.txt", "does not end like a video"),
        ("out.png", "does not end like a video"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_the_work(
    output: str, words: str, frames: Path, style: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    touch_frames(tmp_path / "full", "1.png")
    (tmp_path / "full" / "notes.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to(frames)
    before = names(tmp_path)
    status = run(frames, "--style", style, "-o", tmp_path / output, "--overwrite")
    assert_refused(status, tmp_path, before, capsys, words)
    assert (tmp_path / "full" / "notes.txt").read_text() == "precious"


@pytest.mark.parametrize(
    "choice",
    [["--codec", "h264"], ["--bitrate", "8M"], ["--quality", "3"], ["--preset", "fast"],
     ["--chroma", "source"], ["--hardware", "nvenc"]],
)  # fmt: skip
def test_choices_that_png_has_not_are_refused(
    choice: list[str], frames: Path, style: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before = names(tmp_path)
    status = run(frames, "--style", style, "-o", tmp_path / "painted", *choice)
    assert_refused(status, tmp_path, before, capsys, f"has no {choice[0]}; leave it out")


def test_an_existing_folder_is_replaced_only_when_asked(
    frames: Path, style: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "painted"
    output.mkdir()
    assert run(frames, "--style", style, "-o", output, "--keep") == 0
    assert run(frames, "--style", style, "-o", output, "--frames", "0:3") == 2
    assert "--overwrite" in capsys.readouterr().err
    touch_frames(output, "old_9.png")
    assert run(frames, "--style", style, "-o", output, "--overwrite") == 0
    assert names(output) == names(frames)
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_publishing_a_folder_leaves_what_is_not_ours(tmp_path: Path) -> None:
    made, output = tmp_path / ".made", tmp_path / "out"
    touch_frames(made, "1.png")
    touch_frames(output, "2.png")
    with pytest.raises(OutputExistsError):
        publish(made, output, overwrite=False)
    (output / "notes.txt").write_text("precious")
    with pytest.raises(OutputError, match="more than pictures"):
        publish(made, output, overwrite=True)
    assert names(output) == ["2.png", "notes.txt"]
    (output / "notes.txt").unlink()
    publish(made, output, overwrite=True)
    assert names(tmp_path) == ["out"]
    assert names(output) == ["1.png"]


@pytest.mark.parametrize("fault", ["missing", "further", "cut", "other pixels", "other size"])
def test_verification_notices(fault: str, frames: Path, tmp_path: Path) -> None:
    excerpt, target = Excerpt.of_all(frames, index_source(frames)), tmp_path / "out"
    write_frames(read_frames(excerpt), target, excerpt, OutputSettings())
    checksums = [clips.checksum(frame) for frame in read_frames(excerpt)]
    verify = partial(
        verify_frames, target, excerpt, OutputSettings(), size=(96, 64), checksums=checksums
    )
    assert verify().frames == 6
    victim = target / "f_3.png"
    if fault == "missing":
        victim.unlink()
    elif fault == "further":
        touch_frames(target, "f_7.png")
    elif fault == "cut":
        damage(victim)
    else:
        clips.write_frame(victim, clips.picture(9, size=(96, 64 + 2 * (fault == "other size"))))
    with pytest.raises(OutputError, match="does not pass verification"):
        verify()


def test_a_failure_leaves_no_folder(frames: Path, tmp_path: Path) -> None:
    def failing() -> Iterator[np.ndarray]:
        yield clips.picture(0)
        raise MediaError("The second frame is missing.")

    excerpt = Excerpt.of_all(frames, index_source(frames))
    with pytest.raises(MediaError):
        write_frames(failing(), tmp_path / "out", excerpt, OutputSettings())
    assert names(tmp_path) == ["frames"]


def peak_of_a_round_trip(folder: Path, count: int, suffix: str) -> int:
    """Bytes of Python's and numpy's memory at the highest, reading and writing so many frames."""
    for number in range(count):
        touch = clips.picture(number, size=(160, 160))
        clips.write_frame(folder / "in" / f"{number}.png", touch)
    source, target = folder / "in", folder / f"out{suffix}"
    tracemalloc.start()
    excerpt = Excerpt.of_all(source, index_source(source))
    write_frames(read_frames(excerpt), target, excerpt, OutputSettings())
    verify_frames(target, excerpt, OutputSettings(), size=(160, 160))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("suffix", ["", ".gif", ".apng", ".webp"])
def test_memory_does_not_grow_with_the_number_of_frames(suffix: str, tmp_path: Path) -> None:
    frame_bytes = 160 * 160 * 3
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few = peak_of_a_round_trip(tmp_path / "few", 4, suffix)
    many = peak_of_a_round_trip(tmp_path / "many", 40, suffix)
    assert many - few < 5 * frame_bytes
