"""Contact sheets: frames side by side with labels, for the eye."""

from collections.abc import Sequence

import cv2
import numpy as np

from stylecore.arrays.images import resize, to_float

PAPER, INK = 247, 38
"""Grey levels of 255."""
FONT, TEXT_SIZE = "uni", 15
"""OpenCV's own font with the letters of most scripts (its "sans" sets 0 too close); pixels."""
LINE_HEIGHT, GAP = 20, 6


def contact_sheet(
    rows: Sequence[tuple[str, Sequence[np.ndarray]]],
    *,
    height: int | None = None,
    columns: Sequence[str] = (),
) -> np.ndarray:
    """One labelled row of pictures below the other.

    Labels of any length are broken into lines that fit; a row without one follows the row above
    it closely.

    Args:
        rows: (label, pictures); pictures are (H, W, 3) float32 RGB in [0, 1], of any size, in a
            row of one height.
        height: of every picture on the sheet, in pixels; as they are when None.
        columns: labels above the pictures of the first row, each as wide as its picture.

    Returns:
        (H, W, 3) float32 RGB in [0, 1].
    """
    strips = [
        (label, [_scaled(picture, height or picture.shape[0]) for picture in pictures])
        for label, pictures in rows
    ]
    width = max(_width_of(pictures) for _, pictures in strips)
    parts = [_texts(columns, [picture.shape[1] for picture in strips[0][1]])] if columns else []
    for label, pictures in strips:
        parts += [_texts([label], [width - 2 * GAP])] if label else []
        parts += [_strip(pictures)]
    return np.concatenate([_widened(part, width) for part in parts])


def _width_of(pictures: Sequence[np.ndarray]) -> int:
    return GAP + sum(picture.shape[1] + GAP for picture in pictures)


def _strip(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures with a gap around each but above them."""
    height = pictures[0].shape[0]
    strip = _paper(height + GAP, _width_of(pictures))
    left = GAP
    for picture in pictures:
        strip[:height, left : left + picture.shape[1]] = picture
        left += picture.shape[1] + GAP
    return strip


def _texts(labels: Sequence[str], widths: Sequence[int]) -> np.ndarray:
    """Texts side by side, each in as many lines as its width asks for."""
    broken = [lines_within(text, width) for text, width in zip(labels, widths, strict=True)]
    height = LINE_HEIGHT * max(map(len, broken))
    band = np.full((height, GAP + sum(width + GAP for width in widths), 3), PAPER, np.uint8)
    left = GAP
    for lines, width in zip(broken, widths, strict=True):
        for number, line in enumerate(lines):
            baseline = (left, LINE_HEIGHT * (number + 1) - GAP)
            cv2.putText(band, line, baseline, (INK,) * 3, cv2.FontFace(FONT), TEXT_SIZE)
        left += width + GAP
    return to_float(band)


def lines_within(text: str, width: int) -> list[str]:
    """A text in lines of at most ``width`` pixels; broken between words where that is possible."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer) <= width:
            lines[-1] = longer
            continue
        pieces = _pieces_within(word, width)
        lines = [*lines, *pieces] if lines[-1] else pieces
    return lines


def text_width(text: str) -> int:
    """Pixels that a text takes on a sheet."""
    left, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), cv2.FontFace(FONT), TEXT_SIZE)
    return left + width


def _pieces_within(word: str, width: int) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _paper(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), PAPER / 255, np.float32)


def _widened(part: np.ndarray, width: int) -> np.ndarray:
    missing = max(0, width - part.shape[1])
    return np.concatenate([part, _paper(part.shape[0], missing)], axis=1)


def _scaled(picture: np.ndarray, height: int) -> np.ndarray:
    rows, columns = picture.shape[:2]
    return resize(picture.astype(np.float32), (max(1, round(columns * height / rows)), height))
