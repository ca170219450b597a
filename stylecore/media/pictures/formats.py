"""What results there are that are no video file: animations and folders of frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from stylecore.errors import SettingsError
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import SourceIndex
from stylecore.media.names import frame_name, is_pattern, wants_folder
from stylecore.media.writing.clock import Clock
from stylecore.media.writing.immersive import notes_on_immersion
from stylecore.settings import OutputSettings

KINDS_OF_SOUND = {"audio": "sound", "subtitle": "subtitles"}

OF_VIDEOS = ("codec", "bitrate", "preset", "hardware", "chroma", "bits")
"""Fields of ``OutputSettings`` that have a meaning for video files only."""


@dataclass(frozen=True)
class Kind:
    """A kind of result whose frames are pictures of their own.

    Attributes:
        name: for sentences.
        most_bits: of a colour.
        alpha: whether it holds transparency.
        lossless: whether what is read again is what was written, if the bits suffice.
        quality: the usual ``OutputSettings.quality`` where there is one to choose.
        unit: seconds that its timestamps are exact to; None where it has none.
        shortest, longest: units that a frame can be shown for; GIFs know 1/100 s too, but browsers
            and FFmpeg show that for 1/10 s.
        most_plays: how often an animation can say that it is played, beside "without end".
        largest_side: of a picture, in pixels.
        bytes_per_pixel: of a painted frame, about, for each 8 bits of a colour.
    """

    name: str
    most_bits: int
    alpha: bool
    lossless: bool
    bytes_per_pixel: float
    quality: int | None = None
    unit: Fraction | None = None
    shortest: int = 1
    longest: int = 0
    most_plays: int = 0
    largest_side: int = 65535


ANIMATIONS = {
    ".gif": Kind(
        "a GIF", 8, alpha=True, lossless=False, bytes_per_pixel=1.0,
        unit=Fraction(1, 100), shortest=2, longest=2**16 - 1, most_plays=2**16,
    ),
    ".apng": Kind(
        "an APNG", 16, alpha=True, lossless=True, bytes_per_pixel=2.4,
        unit=Fraction(1, 10_000), longest=(2**16 - 1) * 10_000, most_plays=2**31 - 1,
        largest_side=2**31 - 1,
    ),
    ".webp": Kind(
        "an animated WebP", 8, alpha=True, lossless=False, bytes_per_pixel=0.4, quality=8,
        unit=Fraction(1, 1000), longest=2**24 - 1, most_plays=2**16 - 1, largest_side=16383,
    ),
}  # fmt: skip
PNG = Kind("a folder of PNG files", 16, alpha=True, lossless=True, bytes_per_pixel=2.4)
JPEG = Kind(
    "a folder of JPEG files", 8, alpha=False, lossless=False, bytes_per_pixel=0.7, quality=5
)
TIFF = Kind("a folder of TIFF files", 16, alpha=True, lossless=True, bytes_per_pixel=2.8)
PICTURES = {
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".webp": Kind(
        "a folder of WebP files", 8, alpha=True, lossless=False, bytes_per_pixel=0.4, quality=8,
        largest_side=16383,
    ),
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": Kind("a folder of BMP files", 8, alpha=False, lossless=True, bytes_per_pixel=3.0),
}  # fmt: skip


def kind_of(output: Path) -> Kind | None:
    """What a result of this name is; None where it is a video file, or nothing that is known."""
    if wants_folder(output):
        return PICTURES[output.suffix.lower()] if is_pattern(output) else PNG
    return ANIMATIONS.get(output.suffix.lower())


def encoder_quality(kind: Kind, settings: OutputSettings) -> int:
    """Quality as JPEG and WebP count it, 100 the best: 100 less ``--quality``.

    WebP is lossless at 100, as H.264 is at its best quality, 0.
    """
    chosen = settings.quality if settings.quality is not None else kind.quality
    return 100 - (chosen or 0)


def is_exact(output: Path, settings: OutputSettings, index: SourceIndex) -> bool:
    """Whether the result holds the very pixels that are written."""
    kind = kind_of(output)
    if kind is None or index.bit_depth > kind.most_bits:
        return False
    is_webp = output.suffix.lower() == ".webp"
    return kind.lossless or (is_webp and encoder_quality(kind, settings) == 100)


def check_kind(
    kind: Kind,
    output: Path,
    settings: OutputSettings,
    index: SourceIndex | None,
    size: tuple[int, int] | None,
) -> None:
    """Whether a result of this kind can be made as it is asked for.

    Raises:
        SettingsError: a choice has no meaning for it, the name is no pattern, or it cannot hold the
            frames.
    """
    if is_pattern(output):
        frame_name(output, 0)
    if option := unknown_choice(kind, settings):
        raise SettingsError(f"{_begin(kind.name)} has no --{option}; leave it out.")
    if index is not None:
        _check_times(kind, index)
        if max(size or (index.width, index.height)) > kind.largest_side:
            raise SettingsError(
                f"{_begin(kind.name)} cannot be wider or higher than {kind.largest_side} pixels; "
                "use a smaller --size."
            )


def unknown_choice(kind: Kind, settings: OutputSettings) -> str | None:
    """The first option that was chosen and that has no meaning for a kind of result."""
    options = OF_VIDEOS if kind.quality is not None else (*OF_VIDEOS, "quality")
    usual = OutputSettings()
    given = (name for name in options if getattr(settings, name) != getattr(usual, name))
    return next(given, None)


def _check_times(kind: Kind, index: SourceIndex) -> None:
    if kind.unit is None:
        return
    boundaries = [index.boundary(number) for number in range(index.frame_count + 1)]
    steps = [(end - begin) * index.seconds_per_unit for begin, end in pairwise(boundaries)]
    others = " or ".join(suffix for suffix, other in ANIMATIONS.items() if other is not kind)
    shortest = kind.shortest * kind.unit
    if min(steps) < shortest:
        raise SettingsError(
            f"Some frames are shown for less than {shortest} s, the shortest time that {kind.name} "
            f"is played with; use an output that ends in {others} or .mp4."
        )
    if max(steps) > kind.longest * kind.unit:
        raise SettingsError(
            f"A frame is shown for {float(max(steps)):.0f} s, longer than {kind.name} can say; use "
            f"an output that ends in {others} or .mp4."
        )


def plays_of(kind: Kind, index: SourceIndex) -> int:
    """How often an animation of this kind is played, 0 for without end, as what is no animation."""
    return min(index.plays or 0, kind.most_plays)


def shown_at(excerpt: Excerpt) -> list[Fraction]:
    """When each frame begins and the last one ends, in seconds from the first."""
    times = excerpt.boundaries()
    return [time - times[0] for time in times]


def in_units(times: Sequence[Fraction], unit: Fraction) -> list[int]:
    """Times in whole units, each rounded by itself, so that errors do not add up."""
    return [Clock(unit).tick(time) for time in times]


def notes_on(kind: Kind, index: SourceIndex, output: OutputSettings) -> tuple[str, ...]:
    """What of the source a result of this kind cannot hold, in sentences."""
    notes = []
    lost = dict.fromkeys(KINDS_OF_SOUND.get(info.kind, "") for info in index.streams)
    lost.pop("", None)
    if lost and output.audio == "keep":
        what = " and the ".join(lost)
        verb = "are" if "subtitles" in lost else "is"
        notes.append(f"The {what} {verb} left out: {kind.name} holds none.")
    if index.captions and output.audio == "keep":
        notes.append(f"The closed captions are left out: {kind.name} holds none.")
    notes += notes_on_immersion(index, "", kind.name)
    if index.timecode:
        notes.append(f"The timecode {index.timecode} is left out: {kind.name} holds none.")
    if index.bit_depth > kind.most_bits:
        notes.append(f"The source's {index.bit_depth} bits are rounded to {kind.most_bits}.")
    if index.alpha and not kind.alpha:
        notes.append(f"The transparency is left out: {kind.name} holds none.")
    if Fraction(index.sample_aspect_ratio) != 1:
        notes.append(
            f"The source's pixels are not square ({index.sample_aspect_ratio}), which {kind.name} "
            "cannot say, so the picture looks squeezed; .mp4 and .mov keep the shape."
        )
    return (*notes, *_notes_on_time(kind, index))


def _notes_on_time(kind: Kind, index: SourceIndex) -> list[str]:
    if kind.unit is None:
        if index.reader == "folder":
            return []
        rate = f"{float(Fraction(index.average_rate)):.6g} frames a second"
        return [f"{_begin(kind.name)} holds no timestamps; the source has {rate} on average."]
    notes = []
    if index.pts[0] > 0:
        begin = float(index.pts[0] * index.seconds_per_unit)
        notes.append(f"The source begins at {begin:.3f} s, and {kind.name} at 0.")
    if kind is ANIMATIONS[".gif"] and index.alpha:
        notes.append("A GIF is opaque or transparent: what is less than half opaque is lost.")
    return notes


def _begin(name: str) -> str:
    return name[0].upper() + name[1:]
