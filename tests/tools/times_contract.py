"""Every container to every container, at every rate, with every kind of sound, by default presets.

The sources are made here; each goes through a whole job with the engine that changes nothing, to
every kind of result, with the encoders' own presets, and is compared by means of PyAV alone.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av

from stylecore import VideoSettings, stylize_video
from stylecore.errors import StyleError
from tests.support import clips

RATES = {
    "23.976": Fraction(24000, 1001), "25": Fraction(25), "29.97": Fraction(30000, 1001),
    "30": Fraction(30), "50": Fraction(50), "59.94": Fraction(60000, 1001), "60": Fraction(60),
    "120": Fraction(120), "a phone's": None,
}  # fmt: skip
"""Frames a second; None for one that is not steady."""
SOUNDS = {
    ".mp4": ("aac", "libopus", ""), ".mov": ("aac", "pcm_s16le", ""),
    ".mkv": ("aac", "libopus", "pcm_s16le", ""), ".webm": ("libopus", ""),
}  # fmt: skip
"""Codecs of sound by the container that they are tried in; "" is none."""
DEMO = Path(__file__).resolve().parents[2] / "data" / "demo.mp4"
RESULTS = (".mp4", ".mov", ".mkv", ".webm")
IN_MILLISECONDS = (".mkv", ".webm")
PHONE_STEPS = [34, 33, 33, 34, 32, 50, 17, 33, 34, 66, 33, 20, 47, 33, 34, 31, 36, 33, 60, 33]
"""Milliseconds between frames of a camera that keeps no steady rate."""
PHONE_TICKS = Fraction(1, 90000)
SYNC = Fraction(1, 1000)
"""Seconds that sound may move against the picture: half a millisecond for either."""
ROUNDED_ENDS = Fraction(3, 2000)
"""Seconds by which two lengths in milliseconds may differ."""
HEADINGS = ("source", "rate", "sound", *RESULTS)


@dataclass(frozen=True)
class Source:
    """A clip to be made."""

    suffix: str
    rate: str
    sound: str

    @property
    def name(self) -> str:
        return f"{self.suffix}, {self.rate}, {self.sound or 'no sound'}"

    def write(self, folder: Path) -> Path:
        steady, path = RATES[self.rate], folder / f"in{self.suffix}"
        vp9 = self.suffix == ".webm"
        pts = list(range(23))
        unit = 1 / steady if steady else PHONE_TICKS
        if steady is None:
            noise = [7 * (step % 5) - 14 for step in PHONE_STEPS]
            steps = [90 * step + odd for step, odd in zip(PHONE_STEPS, noise, strict=True)]
            pts = list(accumulate(steps, initial=0))
        return clips.write_clip(
            path, frames=len(pts), rate=steady or Fraction(30), time_base=unit, pts=pts,
            codec="libvpx-vp9" if vp9 else "libx264",
            options={"deadline": "realtime", "cpu-used": "8"} if vp9 else {"crf": "18"},
            sounds=bool(self.sound), sound_codec=self.sound or "aac", sound_rate=48000,
        )  # fmt: skip


@dataclass
class Times:
    """When picture and sound of a file are shown and heard, in seconds."""

    frames: list[Fraction] = field(default_factory=list)
    length: Fraction = Fraction(0)
    """Of the picture, from the first frame to the end of the last, as the last frame tells it."""
    track: Fraction | None = None
    """The same as the track tells it, where it does."""
    sound: list[Fraction] = field(default_factory=list)
    """When each packet begins."""

    @classmethod
    def of(cls, path: Path) -> "Times":
        found = cls(frames=sorted(clips.timestamps(path)))
        with av.open(str(path)) as container:
            picture = container.streams.video[0]
            for packet in container.demux():
                if packet.pts is None:
                    continue
                time = packet.pts * Fraction(packet.time_base)
                if packet.stream.type == "audio":
                    found.sound.append(time)
                elif time == found.frames[-1]:
                    last = packet.duration * Fraction(packet.time_base)
            found.length = found.frames[-1] - found.frames[0] + last
            if picture.duration is not None:
                found.track = picture.duration * Fraction(picture.time_base)
        return found


def sources() -> Iterator[Source]:
    """Every source."""
    for suffix, sounds in SOUNDS.items():
        for rate in RATES:
            for sound in sounds:
                yield Source(suffix, rate, sound)


def outcomes(source: Path, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What a result of each kind says of its times, and how it differs from what is right."""
    style = clips.write_picture(folder / "style.png")
    was = Times.of(source)
    for suffix in RESULTS:
        try:
            published = stylize_video(
                source, style, folder / f"out{suffix}", VideoSettings(engine="identity"),
                workspace=folder / "jobs", keep=True,
            )  # fmt: skip
        except StyleError as error:
            yield "refused", [f"{suffix}: {error}"]
            continue
        said = next(fact for fact in published.verified if fact.startswith("timestamps"))
        said = said.removeprefix("timestamps ")
        other = f" ({published.output.suffix})" if published.output.suffix != suffix else ""
        found = differences(was, source, published.output)
        yield said + other, [f"{suffix}: {difference}" for difference in found]


def rows() -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Name, cells and complaints of each row of the table, the demo clip's first."""
    with tempfile.TemporaryDirectory() as folder:
        yield _row("data/demo.mp4", ("demo.mp4", "24", "aac"), DEMO, Path(folder))
    for source in sources():
        with tempfile.TemporaryDirectory() as folder:
            path = source.write(Path(folder))
            begin = (source.suffix, source.rate, source.sound or "none")
            yield _row(source.name, begin, path, Path(folder))


def _row(
    name: str, begin: tuple[str, ...], source: Path, folder: Path
) -> tuple[str, tuple[str, ...], list[str]]:
    said, complaints = zip(*outcomes(source, folder), strict=True)
    return name, (*begin, *said), [one for some in complaints for one in some]


def differences(was: Times, source: Path, result: Path) -> list[str]:
    """What is not as it was, beyond what the result's clock cannot tell."""
    now, found = Times.of(result), []
    if len(was.frames) != len(now.frames):
        return [f"{len(now.frames)} frames in place of {len(was.frames)}"]
    in_milliseconds = result.suffix in IN_MILLISECONDS
    unit = Fraction(1, 1000) if in_milliseconds else Fraction(0)
    moved = [after - before for before, after in zip(was.frames, now.frames, strict=True)]
    before_zero = in_milliseconds and any(time < 0 for time in was.sound)
    if min(moved) < -unit / 2 or (max(moved) > unit / 2 and not before_zero):
        found.append(f"a frame is {1000 * float(max(moved, key=abs)):.3f} ms off")
    if max(moved) - min(moved) > unit:
        found.append(f"frames moved by {1000 * float(max(moved) - min(moved)):.3f} ms")
    length = now.length if now.track is None else now.track
    if abs(length - was.length) > ROUNDED_ENDS:
        found.append(f"lasts {float(length):.4f} s in place of {float(was.length):.4f} s")
    if clips.sound_packets(source) != clips.sound_packets(result):
        found.append("the sound has other bytes")
    for before, after in zip(was.sound, now.sound, strict=False):
        if abs(after - before - (max(moved) + min(moved)) / 2) > SYNC:
            found.append(f"sound is off by more than {1000 * SYNC} ms against the picture")
            break
    return found
