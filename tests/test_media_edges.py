"""Sources that lie about themselves, and outputs that cannot say everything."""

import os
import struct
import warnings
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import numpy as np
import pytest
from av.stream import Disposition
from PIL import ExifTags, Image

from stylecore.errors import MediaError, OutputError, SettingsError
from stylecore.media import (
    Excerpt,
    SourceIndex,
    check_output,
    index_source,
    read_frames,
    read_picture,
    run_ffmpeg,
    split_to_disk,
    verify_frames,
    write_frames,
)
from stylecore.media.writing.codecs import CODECS
from stylecore.settings import OutputSettings
from tests.support import clips, odd_clips
from tests.support.fidelity import psnr

FAST = OutputSettings(preset="ultrafast")


def trip(
    source: Path, target: Path, output: OutputSettings = FAST
) -> tuple[SourceIndex, tuple[str, ...], tuple[str, ...]]:
    """Sends all frames through unchanged; index, notes and what was verified."""
    index = index_source(source)
    excerpt = Excerpt.of_all(source, index)
    notes = write_frames(read_frames(excerpt), target, excerpt, output)
    size = (index.width, index.height)
    return index, notes, verify_frames(target, excerpt, output, size=size).statements


def remux(
    source: Path, target: Path, *, change: Callable[[int, av.Packet], None] = lambda *_: None
) -> Path:
    """Copies all packets; ``change`` gets the number and the packet of each picture."""
    with av.open(str(source)) as origin, av.open(str(target), "w") as result:
        copies = {s.index: result.add_stream_from_template(s) for s in origin.streams}
        pictures = 0
        for packet in origin.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "video":
                change(pictures, packet)
                pictures += 1
            packet.stream = copies[packet.stream.index]
            result.mux(packet)
    return target


def assert_ranges_are_exact(path: Path, ranges: list[tuple[int, int]]) -> None:
    index = index_source(path)
    every = list(read_frames(Excerpt.of_all(path, index)))
    for start, stop in ranges:
        some = list(read_frames(Excerpt(path, index, start, stop)))
        assert len(some) == stop - start
        assert all(np.array_equal(a, b) for a, b in zip(every[start:stop], some, strict=True))


def test_a_keyframe_that_is_none_does_not_spoil_a_range(tmp_path: Path) -> None:
    """A player that trusts the flags decodes rubbish from frame 5, 10, ... on."""

    def lie(number: int, packet: av.Packet) -> None:
        packet.is_keyframe = packet.is_keyframe or number % 5 == 0

    honest = clips.write_clip(tmp_path / "a.mp4", frames=24, codec="mpeg4", options={"g": "250"})
    source = remux(honest, tmp_path / "b.mp4", change=lie)
    with av.open(str(source)) as container:
        assert sum(packet.is_keyframe for packet in container.demux(video=0)) > 1
    assert_ranges_are_exact(source, [(start, start + 2) for start in range(22)])


@pytest.mark.parametrize("suffix", [".ts", ".flv", ".mkv", ".mov"])
def test_ranges_are_exact_in_every_container(suffix: str, tmp_path: Path) -> None:
    source = remux(clips.write_clip(tmp_path / "a.mp4", frames=24), tmp_path / f"b{suffix}")
    assert_ranges_are_exact(source, [(0, 3), (4, 9), (8, 10), (13, 24), (23, 24)])


@pytest.mark.parametrize(
    ("name", "start"), [("cockatoo_yuv444.mp4", 97), ("phone_old_3gp_h263_vfr.3gp", 165)]
)
def test_real_clips_with_false_keyframes(name: str, start: int, shared_clips: Path) -> None:
    path = shared_clips / name
    index = index_source(path)
    size = (index.width // 8 * 2, index.height // 8 * 2)
    *_, before = read_frames(Excerpt(path, index, 0, start + 1), size=size)
    (sought,) = read_frames(Excerpt(path, index, start, start + 1), size=size)
    assert np.array_equal(before, sought)


def test_every_orientation_is_the_one_that_ffmpeg_shows(tmp_path: Path) -> None:
    for turn in (0, 90, 180, 270):
        for mirrored in (False, True):
            source = tmp_path / f"{turn}{mirrored}.mp4"
            odd_clips.turned(source, turn, mirrored=mirrored)
            index = index_source(source)
            folder = tmp_path / source.stem
            folder.mkdir()
            split_to_disk(Excerpt(source, index, 0, 1), folder)
            shown = read_picture(folder / "00000000.png")
            (frame,) = read_frames(Excerpt(source, index, 0, 1))
            assert frame.shape == shown.shape
            assert psnr(shown, frame / np.float32(255)) > 45


def test_sound_of_a_transport_stream_is_the_same_in_mp4(tmp_path: Path) -> None:
    """MPEG-TS puts a header before each AAC frame, which MP4 has not."""
    whole = clips.write_clip(tmp_path / "a.mp4", sounds=1)
    _, notes, statements = trip(remux(whole, tmp_path / "b.ts"), tmp_path / "c.mp4")
    assert notes == ()
    assert "1 sound track copied bit for bit" in statements
    assert clips.sound_packets(tmp_path / "c.mp4") == clips.sound_packets(whole)


def test_a_lost_sound_track_does_not_pass(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", sounds=1)
    index, _, _ = trip(source, tmp_path / "out.mp4", OutputSettings(audio="drop"))
    with pytest.raises(OutputError, match="0 instead of 1 sound track"):
        verify_frames(tmp_path / "out.mp4", Excerpt.of_all(source, index), FAST, size=(96, 64))


@pytest.mark.parametrize("codec", CODECS)
def test_pixel_aspect_is_kept_or_refused_before_the_work(codec: str, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", frames=3, aspect=Fraction(16, 11))
    index, output = index_source(source), OutputSettings(codec=codec)
    for suffix in CODECS[codec].containers:
        target = tmp_path / f"out{suffix}"
        try:
            check_output(target, output, index=index)
        except SettingsError as error:
            assert "not square" in str(error)
        else:
            trip(source, target, output)
            assert Fraction(index_source(target).sample_aspect_ratio) == Fraction(16, 11)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("full_range", [False, True])
def test_every_codec_shows_the_sources_colours(
    codec: str, full_range: bool, tmp_path: Path
) -> None:
    tags = {"colorspace": 1, "color_primaries": 1, "color_trc": 1,
            "color_range": 2 if full_range else 1}  # fmt: skip
    source = clips.write_clip(tmp_path / "in.mkv", frames=3, tags=tags, options={"crf": "2"})
    target = tmp_path / f"out{min(CODECS[codec].containers)}"
    quality = 4 if CODECS[codec].quality is not None else None
    index, _, _ = trip(source, target, OutputSettings(codec=codec, quality=quality))
    again = index_source(target)
    assert (again.matrix, again.colour_primaries, again.colour_transfer) == ("bt709", 1, 1)
    for before, after in zip(
        read_frames(Excerpt(source, index, 0, 3)),
        read_frames(Excerpt(target, again, 0, 3)),
        strict=True,
    ):
        scale = np.float32(np.iinfo(after.dtype).max)
        # A wrong range gives 32 dB, a wrong matrix 28.
        assert psnr(before / np.float32(255), after / scale) > 40


@pytest.mark.parametrize(
    ("codec", "source"),
    [
        ("vp9", {"pixel_format": "yuv420p10le"}),
        ("av1", {"size": (97, 65), "pixel_format": "yuv444p"}),
    ],
)
def test_frames_that_a_codec_cannot_hold_are_refused_before_the_work(
    codec: str, source: dict, tmp_path: Path
) -> None:
    index = index_source(clips.write_clip(tmp_path / "in.mkv", frames=2, **source))
    with pytest.raises(SettingsError, match=f"{codec} cannot hold .*--codec h264"):
        check_output(tmp_path / "out.mp4", OutputSettings(codec=codec), index=index)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(suffix: str, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which only Linux has")
    source = clips.write_clip(tmp_path / "in.mp4", sounds=1)
    target = tmp_path / f"out{suffix}"
    target.symlink_to("/dev/full")
    with pytest.raises(OutputError, match="No space"):
        trip(source, target)
    assert not os.path.lexists(target)


@pytest.mark.parametrize("name", ["a%d.mp4", "out:x.mkv", "-o.mp4", "concat:y.mp4", "n\nl.mkv"])
def test_output_names_have_no_meaning_of_their_own(name: str, tmp_path: Path) -> None:
    trip(clips.write_clip(tmp_path / "in.mkv", frames=2), tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"in.mkv", name}


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    return odd_clips.rich(tmp_path / "rich.mkv")


def extras(path: Path) -> dict[str, object]:
    """All but the picture, found without our own reader."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type in ("audio", "subtitle")]
        subtitles = container.streams.subtitles
        packets = container.demux(*subtitles) if subtitles else ()
        return {
            "streams": [
                (stream.type, stream.metadata.get("language"),
                 bool(stream.disposition & Disposition.default))
                for stream in streams
            ],
            "words": [(bytes(packet), packet.pts) for packet in packets if packet.dts is not None],
            "title": container.metadata.get("title"),
            "chapters": [
                (chapter["start"] * chapter["time_base"], chapter["metadata"]["title"])
                for chapter in container.chapters()
            ],
        }  # fmt: skip


def test_matroska_keeps_all_that_is_beside_the_picture(rich: Path, tmp_path: Path) -> None:
    _, notes, statements = trip(rich, tmp_path / "out.mkv")
    assert notes == ()
    assert "2 sound tracks, 1 subtitle track, 1 attachment copied bit for bit" in statements
    before, after = extras(rich), extras(tmp_path / "out.mkv")
    assert before["streams"] == [
        ("audio", "deu", False), ("audio", "fra", True), ("subtitle", "eng", False),
    ]  # fmt: skip
    assert len(before["words"]) == 2
    assert before["chapters"] == [(0, "a"), (Fraction(1, 4), "b")]
    assert after == before


def test_mp4_says_that_it_cannot_hold_these_subtitles(rich: Path, tmp_path: Path) -> None:
    _, notes, _ = trip(rich, tmp_path / "out.mp4")
    assert len(notes) == 2
    assert "subtitle" in notes[0] and "attachment" in notes[1]
    kept = extras(tmp_path / "out.mp4")
    assert [stream[:2] for stream in kept["streams"]] == [("audio", "deu"), ("audio", "fra")]
    assert kept["title"] == "Holiday"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("picture", ["cover.png", "cover.jpg"])
def test_cover_art_is_not_the_picture(suffix: str, picture: str, tmp_path: Path) -> None:
    source = odd_clips.covered(tmp_path / "in.mp4", picture)
    index, notes, statements = trip(source, tmp_path / f"out{suffix}")
    assert (index.frame_count, index.width) == (12, 96)
    if suffix == ".mov":
        assert "cover picture" in notes[0] and "left out" in notes[0]
    else:
        assert "1 sound track, 1 cover picture copied bit for bit" in statements


@pytest.mark.parametrize(
    ("codec", "options"),
    [("mpeg4", {"bf": "2", "g": "8"}), ("mpeg4", {"g": "8"}), ("libx264", {"g": "8"})],
)
def test_avi_that_misses_some_timestamps(codec: str, options: dict, tmp_path: Path) -> None:
    source = clips.write_clip(
        tmp_path / "in.avi", frames=24, codec=codec, options=options, sounds=1
    )
    index, _, statements = trip(source, tmp_path / "out.mp4")
    assert index.frame_count == 24
    assert "1 sound track copied bit for bit" in statements
    assert_ranges_are_exact(source, [(0, 3), (4, 9), (13, 24)])


def test_a_start_between_two_milliseconds_is_kept(tmp_path: Path) -> None:
    pts = list(range(1, 13))
    source = clips.write_clip(tmp_path / "in.mp4", time_base=Fraction(1, 24), pts=pts, sounds=1)
    index = index_source(source).model_copy(update={"time_base": "1/24", "pts": tuple(pts)})
    frames = read_frames(Excerpt(source, index_source(source), 0, 12))
    excerpt = Excerpt.of_all(source, index)
    write_frames(frames, tmp_path / "out.mp4", excerpt, FAST)
    assert verify_frames(tmp_path / "out.mp4", excerpt, FAST, size=(96, 64)).frames == 12


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_late_start_is_not_taken_for_a_cut_file(suffix: str, tmp_path: Path) -> None:
    pts = [5000 + 40 * number for number in range(12)]
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    source = clips.write_clip(
        tmp_path / f"in{suffix}", codec=codec, time_base=Fraction(1, 1000), pts=pts
    )
    trip(source, tmp_path / "out.mkv")
    assert clips.timestamps(tmp_path / "out.mkv") == [Fraction(time, 1000) for time in pts]


def test_sound_that_slipped_against_the_picture_does_not_pass(tmp_path: Path) -> None:
    source, late = clips.write_clip(tmp_path / "in.mp4", sounds=1), tmp_path / "late.mp4"
    with av.open(str(source)) as origin, av.open(str(late), "w") as result:
        copies = {s.index: result.add_stream_from_template(s) for s in origin.streams}
        for packet in origin.demux():
            if packet.dts is not None:
                if packet.stream.type == "audio":
                    shift = round(Fraction(20, 1000) / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = copies[packet.stream.index]
                result.mux(packet)
    with pytest.raises(OutputError, match="20 ms off"):
        verify_frames(late, Excerpt.of_all(source, index_source(source)), FAST, size=(96, 64))


@pytest.mark.parametrize(
    "choice",
    [
        {"preset": "banana"},
        {"codec": "hevc", "preset": "banana"},
        {"codec": "vp9", "preset": "banana"},
        {"codec": "prores", "preset": "medium"},
        {"codec": "prores", "quality": 3},
        {"codec": "h264", "quality": 60},
    ],
)
def test_choices_that_an_encoder_does_not_know_are_refused_before_the_work(
    choice: dict, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"preset|quality"):
        check_output(tmp_path / "out.mkv", OutputSettings(**choice))


def test_frames_are_split_into_a_folder_with_any_name(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mp4")
    folder = tmp_path / "100%d of %03d"
    split_to_disk(Excerpt(source, index_source(source), 2, 4), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["00000002.png", "00000003.png"]


@pytest.mark.parametrize("side", [10_000, 30_000])
def test_a_picture_bomb_is_refused_unopened(side: int, tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    (tmp_path / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
    )
    with warnings.catch_warnings(), pytest.raises(MediaError, match="limit"):
        warnings.simplefilter("error")
        read_picture(tmp_path / "bomb.png")


def test_a_picture_that_is_a_program_is_not_run(tmp_path: Path) -> None:
    """Pillow hands PostScript to Ghostscript, whatever the file is called."""
    (tmp_path / "a.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    with pytest.raises(MediaError, match="not a picture"):
        read_picture(tmp_path / "a.png")


def test_frames_before_an_edit_are_not_shown(tmp_path: Path) -> None:
    """A cut without encoding keeps frames in the file that a player must not show."""
    plain = clips.write_clip(tmp_path / "plain.mp4", frames=24, sounds=1)
    source = tmp_path / "in.mp4"
    run_ffmpeg(ffmpeg.input(str(plain), ss=0.5).output(str(source), c="copy"), timeout_seconds=60)
    index, _, _ = trip(source, tmp_path / "out.mp4")
    with av.open(str(source)) as container:
        assert index.frame_count < container.streams.video[0].frames
    assert clips.timestamps(tmp_path / "out.mp4") == clips.timestamps(source)


def test_a_moving_gif_keeps_its_delays(tmp_path: Path) -> None:
    pts = [0, 5, 12, 40, 47, 60]
    source = clips.write_clip(
        tmp_path / "in.gif", frames=6, codec="gif", pixel_format="rgb8", options={},
        time_base=Fraction(1, 100), pts=pts,
    )  # fmt: skip
    trip(source, tmp_path / "out.mp4")
    assert clips.timestamps(tmp_path / "out.mp4") == [Fraction(time, 100) for time in pts]


def test_interlaced_video_is_deinterlaced_frame_by_frame(tmp_path: Path) -> None:
    options = {"crf": "10", "x264-params": "tff=1"}
    source = clips.write_clip(tmp_path / "in.mkv", options=options)
    index, _, _ = trip(source, tmp_path / "out.mkv")
    assert "one frame for each frame" in index.notes[0]
    assert not index_source(tmp_path / "out.mkv").interlaced
    assert_ranges_are_exact(source, [(0, 2), (5, 9), (10, 12)])


def test_one_frame_is_a_video(tmp_path: Path) -> None:
    _, _, statements = trip(clips.write_clip(tmp_path / "in.mp4", frames=1), tmp_path / "out.mp4")
    assert statements[0] == "1 frame"


def test_sound_that_the_container_refuses_is_left_out_with_a_remedy(tmp_path: Path) -> None:
    """WebM holds no AAC: the picture comes through, and the note names what would hold it."""
    source = clips.write_clip(tmp_path / "in.mp4", sounds=1)
    _, notes, statements = trip(source, tmp_path / "out.webm", OutputSettings(codec="vp9"))
    assert len(notes) == 1
    assert "aac" in notes[0]
    assert ".mkv or .mp4" in notes[0]
    assert "1 sound track copied bit for bit" not in statements


def test_sound_of_an_old_phone_does_not_stop_the_encoder(
    shared_clips: Path, tmp_path: Path
) -> None:
    """QuickTime lists AMR among its codecs, and then refuses to write it."""
    source = shared_clips / "phone_old_3gp_h263_vfr.3gp"
    index, notes, _ = trip(source, tmp_path / "out.mov")
    assert index.frame_count == 222
    assert "amrnb" in notes[0]


@pytest.mark.parametrize(("orientation", "size"), [(1, (96, 64)), (3, (96, 64)), (6, (64, 96))])
def test_motion_jpeg_with_tags_of_a_camera_is_read(
    orientation: int, size: tuple[int, int], tmp_path: Path
) -> None:
    """FFmpeg gives the tags beside the frames, as a kind that PyAV has no name for."""
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    for number in range(3):
        picture = Image.fromarray(clips.picture(number))
        picture.save(tmp_path / f"{number}.jpg", exif=tags, quality=95)
    source = tmp_path / "in.mov"
    pictures = ffmpeg.input(str(tmp_path / "%d.jpg"), framerate=5)
    run_ffmpeg(pictures.output(str(source), c="copy"), timeout_seconds=60)
    index = index_source(source)
    assert (index.frame_count, index.width, index.height) == (3, *size)
    upright = {1: 0, 3: 2, 6: -1}[orientation]
    (frame, *_) = read_frames(Excerpt.of_all(source, index))
    assert np.abs(frame.astype(int) - np.rot90(clips.picture(0), upright)).mean() < 6
