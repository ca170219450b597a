"""Every time is placed on the result's clock once, with the encoders' own presets."""

from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest

from stylecore.errors import OutputError
from stylecore.media import (
    Excerpt,
    Verification,
    index_source,
    read_frames,
    verify_frames,
    write_frames,
)
from stylecore.media.writing.clock import Clock
from stylecore.settings import OutputSettings
from tests.support import clips

MS = Fraction(1, 1000)
RATES = {
    "23.976": Fraction(24000, 1001), "25": Fraction(25), "29.97": Fraction(30000, 1001),
    "30": Fraction(30), "48": Fraction(48), "59.94": Fraction(60000, 1001), "60": Fraction(60),
    "120": Fraction(120),
}  # fmt: skip
PHONE = [34, 33, 33, 34, 32, 50, 17, 33, 34, 66, 33, 20, 47, 33, 34, 31, 36, 33, 60, 33]
"""Milliseconds between frames of a camera that keeps no steady rate."""
UNEQUAL = {
    "a phone's": PHONE,
    "long first": [900, 700, *PHONE],
    "short first": [5, 6, 5, 7, *PHONE],
    "long last": [*PHONE, 2500],
    "one frame": [700],
    "two frames": [40, 300],
}


def passed(
    source: Path, target: Path, output: OutputSettings | None = None, *, start: int = 0
) -> tuple[Excerpt, Verification]:
    """Sends frames through unchanged, by the usual encoder with its usual preset."""
    index, output = index_source(source), output or OutputSettings()
    excerpt = Excerpt(source, index, start, index.frame_count)
    write_frames(read_frames(excerpt), target, excerpt, output)
    return excerpt, verify_frames(target, excerpt, output, size=(index.width, index.height))


def unequal(path: Path, steps: list[int], *, start: int = 0, **more: object) -> Path:
    """A clip whose frames are shown for so many milliseconds each, but for the last one."""
    pts = list(accumulate(steps[:-1], initial=start))
    return clips.write_clip(path, frames=len(steps), time_base=MS, pts=pts, **more)


def lasting(source: Path, milliseconds: int) -> Excerpt:
    """All frames of a clip with milliseconds, of which the last is shown for so many."""
    index = index_source(source)
    return Excerpt.of_all(source, index.model_copy(update={"last_duration": milliseconds}))


def length(path: Path) -> tuple[Fraction, Fraction]:
    """Seconds of the picture by the track and by its last frame, without our own reader."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        track = stream.duration * stream.time_base
        *_, last = (packet for packet in container.demux(stream) if packet.pts is not None)
        frames = sorted(clips.timestamps(path))
        return track, frames[-1] - frames[0] + last.duration * stream.time_base


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_sound_before_zero_at_any_rate(rate: str, suffix: str, tmp_path: Path) -> None:
    """AAC begins 21.3 ms before 0, which Matroska cannot say, nor a third of a millisecond."""
    steady = RATES[rate]
    pts = [steady.denominator * number for number in range(12)]
    source = clips.write_clip(
        tmp_path / "in.mp4", rate=steady, time_base=Fraction(1, steady.numerator), pts=pts,
        sounds=1, sound_rate=48000,
    )  # fmt: skip
    target = tmp_path / f"out{suffix}"
    _, facts = passed(source, target)
    pairs = zip(clips.timestamps(source), clips.timestamps(target), strict=True)
    assert max(abs(was + facts.delay - now) for was, now in pairs) <= MS / 2
    assert facts.off <= MS / 2
    if suffix == ".mkv":
        sound, picture = (first_times(path) for path in (source, target))
        assert abs(picture[0] - picture[1] - sound[0] + sound[1]) <= MS
        assert clips.sound_packets(source) == clips.sound_packets(target)


def first_times(path: Path) -> tuple[Fraction, Fraction]:
    """When picture and sound begin."""
    with av.open(str(path)) as container:
        packets = {packet.stream.type: packet for packet in reversed(list(container.demux()))
                   if packet.pts is not None}  # fmt: skip
        return tuple(packets[kind].pts * packets[kind].time_base for kind in ("video", "audio"))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_milliseconds_become_a_track_of_the_same_length(
    rate: str, suffix: str, tmp_path: Path
) -> None:
    """With frames that are decoded before others that are shown first."""
    source = clips.write_clip(tmp_path / "in.mkv", frames=23, rate=RATES[rate])
    target = tmp_path / f"out{suffix}"
    excerpt, facts = passed(source, target)
    assert clips.timestamps(target) == clips.timestamps(source)
    assert length(target)[0] == excerpt.boundaries()[-1]
    assert facts.statements == ("23 frames", "timestamps equal")


@pytest.mark.parametrize("steps", UNEQUAL.values(), ids=UNEQUAL)
@pytest.mark.parametrize("start", [3, 500])
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "h264"), (".mov", "hevc"), (".mp4", "vp9"), (".mkv", "h264"), (".webm", "vp9")],
)
def test_frames_of_all_lengths(
    steps: list[int], start: int, suffix: str, codec: str, tmp_path: Path
) -> None:
    source = unequal(tmp_path / "in.mkv", steps, start=start)
    excerpt, target = lasting(source, steps[-1]), tmp_path / f"out{suffix}"
    output = OutputSettings(codec=codec)
    write_frames(read_frames(excerpt), target, excerpt, output)
    facts = verify_frames(target, excerpt, output, size=(96, 64))
    assert facts.statements == (f"{len(steps)} frame{'s'[: len(steps) > 1]}", "timestamps equal")
    assert clips.timestamps(target) == excerpt.boundaries()[:-1]
    if suffix in (".mp4", ".mov"):
        assert length(target)[0] == Fraction(sum(steps), 1000)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_long_last_frame_is_long_by_its_own_packet_too(suffix: str, tmp_path: Path) -> None:
    durations = [40] * 19 + [3000]
    source = clips.write_animation(tmp_path / "in.webp", durations)
    target = tmp_path / f"out{suffix}"
    passed(source, target)
    assert index_source(target).seconds == Fraction(sum(durations), 1000)


def test_a_range_of_a_phones_clip_keeps_its_length(tmp_path: Path) -> None:
    source = unequal(tmp_path / "in.mkv", PHONE, sounds=1, sound_rate=48000)
    excerpt, _ = passed(source, tmp_path / "out.mp4", start=7)
    assert length(tmp_path / "out.mp4")[0] == excerpt.boundaries()[-1]


def test_a_clock_too_fine_for_mp4_is_brought_to_microseconds(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mkv", frames=5)
    nanoseconds = tuple(41_708_333 * number for number in range(5))
    index = index_source(source).model_copy(
        update={"time_base": "1/1000000000", "pts": nanoseconds, "last_duration": 9_000_000_000}
    )
    excerpt, target = Excerpt.of_all(source, index), tmp_path / "out.mp4"
    write_frames((clips.picture(number) for number in range(5)), target, excerpt, OutputSettings())
    facts = verify_frames(target, excerpt, OutputSettings(), size=(96, 64))
    assert 0 < facts.off <= Fraction(1, 2_000_000)


def test_frames_between_two_ticks_follow_each_other() -> None:
    clock = Clock(MS)
    times = [Fraction(n, 90000) for n in (0, 10, 90, 225, 226, 9000)]
    assert clock.ticks(times) == [0, 1, 2, 3, 4, 100]
    assert clock.error(times) == 4 * MS - Fraction(226, 90000)


def test_a_frame_beside_its_place_does_not_pass(tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mkv", frames=12)
    index = index_source(source)
    moved = (*index.pts[:5], index.pts[5] + 1, *index.pts[6:])
    frames = [np.zeros((64, 96, 3), np.uint8)] * 12
    late = Excerpt.of_all(source, index.model_copy(update={"pts": moved}))
    write_frames(frames, tmp_path / "out.mkv", late, OutputSettings())
    with pytest.raises(OutputError, match="frame 5 is shown at"):
        verify_frames(tmp_path / "out.mkv", Excerpt.of_all(source, index), OutputSettings(),
                      size=(96, 64))  # fmt: skip
