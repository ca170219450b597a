"""Truncated and corrupt files: how much can be read is said, and can be used."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import pytest

from stylecore.errors import MediaError
from stylecore.media import Excerpt, index_source, split_to_disk
from stylecore.pipeline import stylize_video
from stylecore.settings import SourceSettings, VideoSettings
from stylecore.store import Published
from tests.support import clips
from tests.test_media_edges import remux

FRAMES = 48
DAMAGED = VideoSettings(engine="identity", source=SourceSettings(allow_damaged=True))
RUINED_BITS = 0x5A
SAID = re.compile(r"(\d+)(?: of (\d+))? frames of \S+ can be read(?:, and (\d+) more in part)?")


def write(path: Path, **oddity: object) -> Path:
    return clips.write_clip(path, **{"frames": FRAMES, "sounds": 1, **oddity})


def write_remuxed(path: Path) -> Path:
    return remux(write(path.with_suffix(".whole.mp4")), path)


def write_gif(path: Path) -> Path:
    return write(path, frames=10, sounds=0, codec="gif", pixel_format="rgb8", options={},
                 time_base=Fraction(1, 100), pts=range(0, 100, 10))  # fmt: skip


WHOLE: dict[str, Callable[[Path], Path]] = {
    "faststart.mp4": partial(write, container_options={"movflags": "faststart"}),
    "clip.mkv": write,
    "clip.ts": write_remuxed,
    "clip.flv": write_remuxed,
    "clip.avi": partial(write, codec="mpeg4", options={"g": "12"}),
    "clip.webm": partial(write, codec="libvpx-vp9", options={}, sounds=0),
    "clip.mpg": partial(write, codec="mpeg2video", options={}, sounds=0, rate=Fraction(25)),
    "clip.gif": write_gif,
}


def cut(path: Path, share: float = 2 / 3) -> Path:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def ruin(path: Path, kind: str, *, every: int = 10) -> Path:
    """Flips bits in the middle of every so many packets of a kind of stream."""
    data = bytearray(path.read_bytes())
    for place, size in list(_packets(path, data, kind))[every // 2 :: every]:
        for position in range(place + size // 3, place + size // 2 + 1):
            data[position] ^= RUINED_BITS
    path.write_bytes(data)
    return path


def _packets(path: Path, data: bytearray, kind: str) -> Iterator[tuple[int, int]]:
    """(place in the file, size) of packets; a transport stream cuts them, so that most is there."""
    with av.open(str(path)) as container:
        for packet in container.demux(*(s for s in container.streams if s.type == kind)):
            if packet.size:
                place = data.find(bytes(packet))
                yield (place if place >= 0 else packet.pos or 0), packet.size


def damaged_job(source: Path, tmp_path: Path) -> Published:
    style = clips.write_picture(tmp_path / "style.png")
    output = tmp_path / "out.mkv"
    published = stylize_video(source, style, output, DAMAGED, workspace=tmp_path / "jobs")
    assert len(clips.timestamps(output)) == published.frames
    return published


def said(sentence: str) -> tuple[int, int | None, int]:
    """Frames that can be read whole, of how many (where that is known), and in part."""
    found = SAID.search(sentence)
    assert found is not None, sentence
    whole, total, part = found.groups()
    return int(whole), total and int(total), int(part or 0)


def refusal(source: Path) -> str:
    with pytest.raises(MediaError, match="--allow-damaged") as refused:
        index_source(source)
    return str(refused.value)


def notes_on_damage(source: Path) -> list[str]:
    return [note for note in index_source(source).notes if "amaged" in note]


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_is_not_taken_for_damaged(name: str, tmp_path: Path) -> None:
    assert notes_on_damage(WHOLE[name](tmp_path / name)) == []


@pytest.mark.parametrize("name", WHOLE)
def test_of_a_cut_file_the_frames_that_are_there_are_used(name: str, tmp_path: Path) -> None:
    source = cut(WHOLE[name](tmp_path / name))
    whole, total, part = said(refusal(source))
    published = damaged_job(source, tmp_path)
    assert whole + part == published.frames < FRAMES
    assert published.frames > 5
    assert total is None or total > whole
    assert said(published.notes[0])[1] == total


@pytest.mark.parametrize("name", ["faststart.mp4", "clip.mkv", "clip.ts", "clip.avi"])
@pytest.mark.parametrize("damage", [cut, partial(ruin, kind="video")], ids=["cut", "ruined"])
def test_the_ffmpeg_program_finds_the_same_frames_in_a_damaged_file(
    damage: Callable[[Path], Path], name: str, tmp_path: Path
) -> None:
    source = damage(WHOLE[name](tmp_path / name))
    index = index_source(source, DAMAGED.source)
    split_to_disk(Excerpt.of_all(source, index), tmp_path / "split")
    assert len(list((tmp_path / "split").glob("*.png"))) == index.frame_count


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("faststart.mp4", 48),
        ("clip.webm", 48),
        ("clip.mkv", 51),
        ("clip.flv", 51),
        ("clip.avi", 50),
    ],
)
def test_a_cut_file_says_of_how_many_frames(name: str, total: int, tmp_path: Path) -> None:
    """Where a header lists no frames it is what the duration, and so the sound, comes to."""
    sentence = refusal(cut(WHOLE[name](tmp_path / name)))
    assert said(sentence)[1] == total
    assert "it is cut short" in sentence


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_file_cut_before_its_header_says_that_nothing_can_be_found(
    suffix: str, tmp_path: Path
) -> None:
    source = cut(write(tmp_path / f"clip{suffix}"))
    with pytest.raises(MediaError, match="header, which comes last, is missing"):
        index_source(source, DAMAGED.source)


@pytest.mark.parametrize("name", ["faststart.mp4", "clip.mkv", "clip.ts", "clip.avi"])
def test_frames_that_the_decoder_patched_up_are_counted(name: str, tmp_path: Path) -> None:
    source = ruin(WHOLE[name](tmp_path / name), "video")
    sentence = refusal(source)
    whole, total, part = said(sentence)
    assert "parts of it are damaged" in sentence
    assert total == FRAMES
    assert whole + part == FRAMES
    assert 2 <= part <= 24
    assert damaged_job(source, tmp_path).frames == FRAMES


def test_packets_that_do_not_decode_are_missing(tmp_path: Path) -> None:
    """VP9 begins each frame with a mark, without which the packet is refused."""
    source = WHOLE["clip.webm"](tmp_path / "clip.webm")
    data = bytearray(source.read_bytes())
    for place, _ in list(_packets(source, data, "video"))[20:25]:
        data[place] = 0
    source.write_bytes(data)
    whole, total, _ = said(refusal(source))
    assert total == FRAMES
    assert 0 < FRAMES - whole <= 48
    assert damaged_job(source, tmp_path).frames == whole


NOTHING_LEFT: dict[str, Callable[[bytes], bytes]] = {
    "zeros": lambda whole: bytes(len(whole)),
    "no bytes": lambda whole: b"",
    "a beginning of zeros": lambda whole: bytes(3000) + whole[3000:],
}


@pytest.mark.parametrize("name", ["faststart.mp4", "clip.mkv"])
@pytest.mark.parametrize("damage", NOTHING_LEFT)
def test_a_file_without_its_beginning_is_one_sentence(
    damage: str, name: str, tmp_path: Path
) -> None:
    source = WHOLE[name](tmp_path / name)
    source.write_bytes(NOTHING_LEFT[damage](source.read_bytes()))
    with pytest.raises(MediaError) as refused:
        index_source(source, DAMAGED.source)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_transport_stream_without_its_beginning_is_used_from_there_on(tmp_path: Path) -> None:
    source = WHOLE["clip.ts"](tmp_path / "clip.ts")
    whole = source.read_bytes()
    source.write_bytes(bytes(len(whole) // 3) + whole[len(whole) // 3 :])
    frames = said(refusal(source))[0]
    assert 5 < damaged_job(source, tmp_path).frames == frames < FRAMES


def test_of_a_picture_that_changes_its_size_the_first_one_is_used(tmp_path: Path) -> None:
    """Raw H.264 may be joined by copying."""
    source = write(tmp_path / "clip.h264", frames=12, sounds=0)
    other = write(tmp_path / "other.h264", frames=8, sounds=0, size=(64, 96))
    source.write_bytes(source.read_bytes() + other.read_bytes())
    sentence = refusal(source)
    assert "changes its size" in sentence
    assert said(sentence) == (12, 20, 0)
    assert damaged_job(source, tmp_path).frames == 12


@pytest.mark.parametrize("name", ["faststart.mp4", "clip.mkv", "clip.avi"])
def test_damaged_sound_is_copied_as_it_is(name: str, tmp_path: Path) -> None:
    source = ruin(WHOLE[name](tmp_path / name), "audio", every=3)
    published = damaged_job(source, tmp_path)
    assert notes_on_damage(source) == []
    assert "1 sound track copied bit for bit" in published.verified
    assert clips.sound_packets(tmp_path / "out.mkv") == clips.sound_packets(source)


def test_sound_beyond_copying_is_left_out_and_said(tmp_path: Path) -> None:
    """In MPEG-TS the header that tells packets apart is part of them, and can be ruined too."""
    source = ruin(WHOLE["clip.ts"](tmp_path / "clip.ts"), "audio", every=3)
    published = damaged_job(source, tmp_path)
    assert published.frames == FRAMES
    assert any("pieces of sound are damaged" in note for note in published.notes)
    (kept,), (given,) = (clips.sound_packets(path) for path in (tmp_path / "out.mkv", source))
    assert 0 < len(given) - len(kept) < 10


def test_timestamps_that_were_lost_are_mended_so_that_matroska_can_hold_them(
    tmp_path: Path,
) -> None:
    """Matroska tells milliseconds apart, the source's clock a ninetieth of that."""
    pts = [3600 * number for number in range(12)]

    def confuse(number: int, packet: av.Packet) -> None:
        packet.pts, packet.dts = pts[4] if number in (5, 6, 9) else pts[number], number

    plain = clips.write_clip(tmp_path / "plain.mp4", options={"x264-params": "bframes=0"},
                             time_base=Fraction(1, 90_000), pts=pts)  # fmt: skip
    source = remux(plain, tmp_path / "clip.mp4", change=confuse)
    assert len(set(clips.timestamps(source))) == 9
    assert damaged_job(source, tmp_path).frames == 12
    times = clips.timestamps(tmp_path / "out.mkv")
    assert times == sorted(set(times))


def test_a_real_download_that_broke_off(shared_clips: Path, tmp_path: Path) -> None:
    source = shared_clips / "derived_truncated.mp4"
    assert said(refusal(source)) == (37, 377, 0)
    assert damaged_job(source, tmp_path).frames == 37


def test_a_real_stream_of_nothing_but_errors(shared_clips: Path) -> None:
    source = shared_clips / "broken_invalid_bitstream.webm"
    with pytest.raises(MediaError, match="0 of 51"):
        index_source(source, DAMAGED.source)


def test_a_real_phone_video_with_harmless_errors_stays_usable(shared_clips: Path) -> None:
    """Its decoder reports 21 errors, and every frame is whole."""
    source = shared_clips / "phone_old_3gp_h263_vfr.3gp"
    assert index_source(source).frame_count == 222
    assert notes_on_damage(source) == []
