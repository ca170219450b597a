"""The page of a preview: the source above, then each choice, and of every picture a part at 1:1."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from stylecore.arrays.contact_sheet import GAP, contact_sheet
from stylecore.arrays.images import at_side, resize, to_integers
from stylecore.media import read_picture

PAGE_WIDTH = 1800
"""Pixels that the page is at most wide, unless that made its pictures too small to see."""
NARROWEST, WIDEST = 200, 560
"""Widths of a picture on the page."""
TALLEST = 480
CROP_SHARE = 0.6
"""Height of the parts at 1:1, of the pictures'."""
DETAIL_SIGMA = 2.0
LARGEST_EMBEDDED, EMBEDDED_QUALITY = 1600, 85
"""Longer side in pixels, and JPEG quality, of a sheet within a text."""
SOURCE_LABEL = "source"
CROP_LABEL = "1:1"


@dataclass(frozen=True)
class SheetRow:
    """A row of pictures, each with its source."""

    label: str
    pictures: Sequence[np.ndarray]
    """Each (H, W, 3) float32 RGB in [0, 1], at the size of its job."""


def preview_sheet(
    columns: Sequence[str], source: Sequence[np.ndarray], rows: Iterable[SheetRow]
) -> np.ndarray:
    """The labelled page, (H, W, 3) float32 RGB in [0, 1].

    Args:
        columns: labels, one for each picture of a row.
        source: frames (H, W, 3) float32 RGB in [0, 1], one for each column, all of one size.
        rows: pictures of the same frames; where a row's size differs, its parts at 1:1 show the
            same place.
    """
    size = picture_size(source[0].shape[1], source[0].shape[0], len(columns))
    centres = [_richest_place(frame, size) for frame in source]
    strips: list[tuple[str, Sequence[np.ndarray]]] = []
    for row in chain([SheetRow(SOURCE_LABEL, source)], rows):
        strips.append((row.label, [resize(picture, size) for picture in row.pictures]))
        if any(picture.shape[1] > size[0] for picture in row.pictures):
            crops = [crop_at(picture, centre, _crop_size(size))
                     for picture, centre in zip(row.pictures, centres, strict=True)]  # fmt: skip
            strips.append((CROP_LABEL, crops))
    return contact_sheet(strips, columns=columns)


def picture_size(width: int, height: int, count: int) -> tuple[int, int]:
    """(width, height) of each of ``count`` frames side by side on the page; never enlarged."""
    fitting = (PAGE_WIDTH - GAP) // count - GAP
    shown = min(max(fitting, NARROWEST), WIDEST, width, max(1, round(TALLEST * width / height)))
    return shown, max(1, round(height * shown / width))


def crop_at(picture: np.ndarray, centre: tuple[float, float], size: tuple[int, int]) -> np.ndarray:
    """A part of a picture, pixel for pixel, as near to a place as its borders allow.

    Args:
        centre: (x, y) as shares of width and height.
        size: (width, height) of the part; where the picture is smaller, it is continued in grey.
    """
    height, width = picture.shape[:2]
    left, top = (
        min(max(0, round(share * side - wanted / 2)), max(0, side - wanted))
        for share, side, wanted in zip(centre, (width, height), size, strict=True)
    )
    part = picture[top : top + size[1], left : left + size[0]]
    missing = size[1] - part.shape[0], size[0] - part.shape[1]
    return np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), constant_values=0.9)


def _crop_size(size: tuple[int, int]) -> tuple[int, int]:
    return size[0], max(1, round(CROP_SHARE * size[1]))


def _richest_place(frame: np.ndarray, size: tuple[int, int]) -> tuple[float, float]:
    """Centre (x, y), as shares of the sides, of the part at 1:1 that has the most detail."""
    height, width = frame.shape[:2]
    crop_width, crop_height = (min(one, side) for one, side in
                               zip(_crop_size(size), (width, height), strict=True))  # fmt: skip
    light = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    detail = np.abs(light - cv2.GaussianBlur(light, (0, 0), DETAIL_SIGMA))
    sums = cv2.integral(detail)
    rows, columns = (np.linspace(0, most, 17).astype(int)
                     for most in (height - crop_height, width - crop_width))  # fmt: skip
    top, left = np.ix_(rows, columns)
    inside = (
        sums[top + crop_height, left + crop_width] - sums[top, left + crop_width]
        - sums[top + crop_height, left] + sums[top, left]
    )  # fmt: skip
    row, column = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return (columns[column] + crop_width / 2) / width, (rows[row] + crop_height / 2) / height


def as_data_uri(sheet: Path) -> str:
    """A written page as an address that holds the picture itself, for pages without files."""
    page = to_integers(at_side(read_picture(sheet), LARGEST_EMBEDDED), bit_depth=8)
    quality = (cv2.IMWRITE_JPEG_QUALITY, EMBEDDED_QUALITY)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(page, cv2.COLOR_RGB2BGR), quality)
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}"
