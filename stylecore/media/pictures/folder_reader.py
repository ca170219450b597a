"""Folders of numbered pictures as sources: every file is a frame, and all last equally long."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np

from stylecore.arrays.images import as_16_bits, is_transparent, resize, with_channels
from stylecore.errors import DamagedError, MediaError
from stylecore.media.excerpt import Excerpt
from stylecore.media.index import SourceIndex, index_of_pictures, source_changed
from stylecore.media.names import frame_files, frame_numbers, path_on_disk
from stylecore.media.opening import check_count, check_length
from stylecore.media.pictures.stills import opened_picture, read_pixels, require_readable
from stylecore.media.reading.profiles import UNUSABLE, has_unusable_profile
from stylecore.settings import SourceSettings

NTSC_SLACK = Fraction(5, 1000)
"""A rate like 23.976 or 23.98 is so near to 24000/1001, which is meant by it."""


@dataclass
class _Scan:
    """What one look at every picture finds."""

    checksums: list[int] = field(default_factory=list)
    unusable_profiles: int = 0
    deep: bool = False
    alpha: bool = False


def frame_rate(text: str) -> Fraction:
    """Frames a second of ``SourceSettings.frame_rate``; 23.976, 29.97, ... are NTSC's rates."""
    rate = Fraction(text)
    whole = ceil(rate)
    ntsc = Fraction(whole * 1000, 1001)
    is_ntsc = whole % 24 == 0 or whole % 30 == 0
    return ntsc if is_ntsc and rate != whole and abs(rate - ntsc) < NTSC_SLACK else rate


def index_folder(path: Path, settings: SourceSettings, max_megapixels: float) -> SourceIndex:
    """Indexes a folder or a pattern, all headers first, then pictures; see ``index_source``."""
    folder, names = path_on_disk(path), frame_files(path)
    rate = frame_rate(settings.frame_rate)
    check_count(str(path), len(names), settings.max_hours)
    check_length(str(path), float(len(names) / rate), settings.max_hours)
    headers: dict[str, tuple[int, int]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    scan = _Scan()

    def check_header(name: str) -> None:
        headers[name], unusable = _looked_at(folder / name, max_megapixels)
        scan.unusable_profiles += unusable

    def check_picture(name: str) -> None:
        pixels, checksum = _scanned(folder / name, max_megapixels)
        sizes[name] = (pixels.shape[1], pixels.shape[0])
        scan.checksums.append(checksum)
        scan.deep |= pixels.dtype == np.uint16
        scan.alpha = scan.alpha or is_transparent(pixels)

    whole = _whole(names, check_header, settings)
    _require_one_size(headers, turned=True)
    whole = _whole(whole, check_picture, settings)
    _require_one_size(sizes, turned=False)
    if not whole:
        raise MediaError(f"None of the {len(names)} pictures of {path} can be read.")
    return index_of_pictures(
        size=sizes[whole[0]],
        alpha=scan.alpha,
        bit_depth=16 if scan.deep else 8,
        pts=tuple(range(len(whole))),
        last_duration=1,
        time_base=str(1 / rate),
        average_rate=str(rate),
        checksums=tuple(scan.checksums),
        container="folder",
        reader="folder",
        frame_files=tuple(whole),
        notes=_notes(path, names, whole, scan),
    )


def read_folder(
    excerpt: Excerpt, *, size: tuple[int, int] | None, alpha: bool
) -> Iterator[np.ndarray]:
    """Decodes pictures of a folder or a pattern; see ``read_frames``."""
    index = excerpt.index
    for number in range(excerpt.start, excerpt.stop):
        file = path_on_disk(excerpt.path) / index.frame_files[number]
        if not file.exists():
            raise source_changed(number)
        data = _content(file)
        if zlib.crc32(data) != index.checksums[number]:
            raise source_changed(number)
        pixels = read_pixels(file, data, max_megapixels=float("inf"))
        if index.bit_depth > 8:
            pixels = as_16_bits(pixels)
        yield resize(with_channels(pixels, 4 if alpha else 3), size or (index.width, index.height))


def _whole(
    names: Sequence[str], check: Callable[[str], None], settings: SourceSettings
) -> list[str]:
    """The names that pass; damaged files are left out where the settings allow it."""
    passed = []
    for name in names:
        try:
            check(name)
        except DamagedError as error:
            if not settings.allow_damaged:
                raise MediaError(
                    f"{error} Get a whole copy, or give --allow-damaged to leave such files out."
                ) from error
        else:
            passed.append(name)
    return passed


def _looked_at(path: Path, max_megapixels: float) -> tuple[tuple[int, int], bool]:
    """(width, height) as stored, since which way is up may be said behind the pixels; and whether
    there is a colour profile that cannot be used."""
    with opened_picture(path, max_megapixels=max_megapixels) as image:
        require_readable(path, image)
        return image.size, has_unusable_profile(image)


def _scanned(path: Path, max_megapixels: float) -> tuple[np.ndarray, int]:
    """The picture, and the checksum of its file."""
    data = _content(path)
    return read_pixels(path, data, max_megapixels=max_megapixels), zlib.crc32(data)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}.") from error


def _require_one_size(sizes: Mapping[str, tuple[int, int]], *, turned: bool) -> None:
    """Checks sizes by name of file; ``turned`` allows that width and height are exchanged."""
    first, one = next(iter(sizes.items()), ("", (0, 0)))
    for second, other in sizes.items():
        if other != one and not (turned and other == one[::-1]):
            raise MediaError(
                f"The frames differ in size: {first} is {one[0]}x{one[1]} and {second} is "
                f"{other[0]}x{other[1]}; scale them to one size first."
            )


def _notes(path: Path, names: Sequence[str], whole: Sequence[str], scan: _Scan) -> tuple[str, ...]:
    notes = []
    if scan.unusable_profiles:
        notes.append(f"The colour profile of {scan.unusable_profiles} pictures is {UNUSABLE}")
    if damaged := len(names) - len(whole):
        notes.append(
            f"Damaged source: {damaged} of {len(names)} pictures cannot be read and are left out."
        )
    numbers = frame_numbers(path, names) or [0]
    if missing := numbers[-1] - numbers[0] + 1 - len(numbers):
        notes.append(
            f"{missing} numbers between {names[0]} and {names[-1]} have no picture; the frames "
            "follow each other without a pause."
        )
    return tuple(notes)
