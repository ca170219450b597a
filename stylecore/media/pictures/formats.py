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

BESIDE_PICTURES = {
    "audio": "sound", "subtitle": "subtitles", "attachment": "attachments",
    "cover": "cover picture",
}  # fmt: skip
"""Kinds of streams that no picture file holds."""

OF_VIDEOS = ("codec", "bitrate", "preset", "hardware", "chroma", "bits")
"""Fields of ``OutputSettings`` that have a meaning for video files only."""


@dataclass(frozen=True)
class PictureFormat:
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

    def encoder_quality(self, encoding: OutputSettings) -> int:
        """Quality as JPEG and WebP count it, 100 the best: 100 less ``--quality``.

        WebP is lossless at 100, as H.264 is at its best quality, 0.
        """
        chosen = encoding.quality if encoding.quality is not None else self.quality
        return 100 - (chosen or 0)

    def plays(self, index: SourceIndex) -> int:
        """How often a result is played: as its source is, else without end, which is 0."""
        return min(index.plays or 0, self.most_plays)

    def unknown_choice(self, encoding: OutputSettings) -> str | None:
        """The first chosen option that has no meaning here; None where each has one."""
        options = OF_VIDEOS if self.quality is not None else (*OF_VIDEOS, "quality")
        usual = OutputSettings()
        given = (name for name in options if getattr(encoding, name) != getattr(usual, name))
        return next(given, None)

    def require(
        self,
        output: Path,
        encoding: OutputSettings,
        index: SourceIndex | None,
        size: tuple[int, int] | None,
    ) -> None:
        """Checks that a result of this kind can be made as it is asked for.

        Raises:
            SettingsError: a choice has no meaning for it, the name is no pattern, or it cannot hold
                the frames.
        """
        if is_pattern(output):
            frame_name(output, 0)
        if option := self.unknown_choice(encoding):
            raise SettingsError(f"{self._begin()} has no --{option}; leave it out.")
        if index is not None:
            self._require_times(index)
            if max(size or (index.width, index.height)) > self.largest_side:
                raise SettingsError(
                    f"{self._begin()} cannot be wider or higher than {self.largest_side} pixels; "
                    "use a smaller --size."
                )

    def _require_times(self, index: SourceIndex) -> None:
        if self.unit is None:
            return
        boundaries = [index.boundary(number) for number in range(index.frame_count + 1)]
        steps = [(end - begin) * index.seconds_per_unit for begin, end in pairwise(boundaries)]
        others = " or ".join(suffix for suffix, other in ANIMATIONS.items() if other is not self)
        shortest = self.shortest * self.unit
        if min(steps) < shortest:
            raise SettingsError(
                f"Some frames are shown for less than {shortest} s, the shortest time that "
                f"{self.name} is played with; use an output that ends in {others} or .mp4."
            )
        if max(steps) > self.longest * self.unit:
            raise SettingsError(
                f"A frame is shown for {float(max(steps)):.0f} s, longer than {self.name} can say; "
                f"use an output that ends in {others} or .mp4."
            )

    def notes(self, index: SourceIndex, encoding: OutputSettings) -> tuple[str, ...]:
        """What of the source a result of this kind cannot hold, in sentences."""
        notes = []
        kinds = {info.kind for info in index.streams}
        lost = [name for kind, name in BESIDE_PICTURES.items() if kind in kinds]
        if lost and encoding.audio == "keep":
            what = " and the ".join(lost)
            verb = "are" if len(lost) > 1 or lost[0].endswith("s") else "is"
            notes.append(f"The {what} {verb} left out: {self.name} holds none.")
        if index.captions and encoding.audio == "keep":
            notes.append(f"The closed captions are left out: {self.name} holds none.")
        notes += notes_on_immersion(index, "", self.name)
        if index.timecode:
            notes.append(f"The timecode {index.timecode} is left out: {self.name} holds none.")
        if index.bit_depth > self.most_bits:
            notes.append(f"The source's {index.bit_depth} bits are rounded to {self.most_bits}.")
        if index.alpha and not self.alpha:
            notes.append(f"The transparency is left out: {self.name} holds none.")
        if Fraction(index.sample_aspect_ratio) != 1:
            notes.append(
                f"The source's pixels are not square ({index.sample_aspect_ratio}), which "
                f"{self.name} cannot say, so the picture looks squeezed; .mp4 and .mov keep the "
                "shape."
            )
        return (*notes, *self._notes_on_time(index))

    def _notes_on_time(self, index: SourceIndex) -> list[str]:
        if self.unit is None:
            if index.reader == "folder":
                return []
            rate = f"{float(Fraction(index.average_rate)):.6g} frames a second"
            return [f"{self._begin()} holds no timestamps; the source has {rate} on average."]
        notes = []
        if index.pts[0] > 0:
            begin = float(index.pts[0] * index.seconds_per_unit)
            notes.append(f"The source begins at {begin:.3f} s, and {self.name} at 0.")
        if self is ANIMATIONS[".gif"] and index.alpha:
            notes.append("A GIF is opaque or transparent: what is less than half opaque is lost.")
        return notes

    def _begin(self) -> str:
        """Its name at the beginning of a sentence."""
        return self.name[0].upper() + self.name[1:]


ANIMATIONS = {
    ".gif": PictureFormat(
        "a GIF", 8, alpha=True, lossless=False, bytes_per_pixel=1.0,
        unit=Fraction(1, 100), shortest=2, longest=2**16 - 1, most_plays=2**16,
    ),
    ".apng": PictureFormat(
        "an APNG", 16, alpha=True, lossless=True, bytes_per_pixel=2.4,
        unit=Fraction(1, 10_000), longest=(2**16 - 1) * 10_000, most_plays=2**31 - 1,
        largest_side=2**31 - 1,
    ),
    ".webp": PictureFormat(
        "an animated WebP", 8, alpha=True, lossless=False, bytes_per_pixel=0.4, quality=8,
        unit=Fraction(1, 1000), longest=2**24 - 1, most_plays=2**16 - 1, largest_side=16383,
    ),
}  # fmt: skip
PNG = PictureFormat("a folder of PNG files", 16, alpha=True, lossless=True, bytes_per_pixel=2.4)
JPEG = PictureFormat(
    "a folder of JPEG files", 8, alpha=False, lossless=False, bytes_per_pixel=0.7, quality=5
)
TIFF = PictureFormat("a folder of TIFF files", 16, alpha=True, lossless=True, bytes_per_pixel=2.8)
PICTURES = {
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".webp": PictureFormat(
        "a folder of WebP files", 8, alpha=True, lossless=False, bytes_per_pixel=0.4, quality=8,
        largest_side=16383,
    ),
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": PictureFormat(
        "a folder of BMP files", 8, alpha=False, lossless=True, bytes_per_pixel=3.0
    ),
}  # fmt: skip


def picture_format_of(output: Path) -> PictureFormat | None:
    """What a result of this name is; None where it is a video file, or nothing that is known."""
    if wants_folder(output):
        return PICTURES[output.suffix.lower()] if is_pattern(output) else PNG
    return ANIMATIONS.get(output.suffix.lower())


def is_exact(output: Path, encoding: OutputSettings, index: SourceIndex) -> bool:
    """Whether the result holds the very pixels that are written."""
    picture_format = picture_format_of(output)
    if picture_format is None or index.bit_depth > picture_format.most_bits:
        return False
    is_webp = output.suffix.lower() == ".webp"
    return picture_format.lossless or (is_webp and picture_format.encoder_quality(encoding) == 100)


def shown_at(excerpt: Excerpt) -> list[Fraction]:
    """When each frame begins and the last one ends, in seconds from the first."""
    times = excerpt.boundaries()
    return [time - times[0] for time in times]


def in_units(times: Sequence[Fraction], unit: Fraction) -> list[int]:
    """Times in whole units, each rounded by itself, so that errors do not add up."""
    return [Clock(unit).tick(time) for time in times]
