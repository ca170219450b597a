"""Contact sheets: frames side by side with labels, for the eye."""

from collections.abc import Sequence

import cv2
import numpy as np

from stylecore.arrays.images import resize, to_float

PAPER, INK = 247, 38
"""Grey levels of 255."""
LABEL_HEIGHT, GAP = 22, 6


def contact_sheet(rows: Sequence[tuple[str, Sequence[np.ndarray]]], *, height: int) -> np.ndarray:
    """One labelled row of pictures below the other.

    Args:
        rows: (label, pictures); pictures are (H, W, 3) float32 RGB in [0, 1], of any size.
        height: of every picture on the sheet, in pixels.

    Returns:
        (H, W, 3) float32 RGB in [0, 1].
    """
    strips = [_strip(label, [_scaled(picture, height) for picture in pictures])
              for label, pictures in rows]  # fmt: skip
    width = max(strip.shape[1] for strip in strips)
    sheet = [
        cv2.copyMakeBorder(
            strip, 0, GAP, 0, width - strip.shape[1], cv2.BORDER_CONSTANT, value=[PAPER / 255] * 3
        )
        for strip in strips
    ]
    return np.concatenate(sheet)


def _strip(label: str, pictures: Sequence[np.ndarray]) -> np.ndarray:
    height = pictures[0].shape[0]
    gap = np.full((height, GAP, 3), PAPER / 255, np.float32)
    parts = [part for picture in pictures for part in (gap, picture)]
    row = np.concatenate([*parts, gap], axis=1)
    band = np.full((LABEL_HEIGHT, row.shape[1], 3), PAPER, np.uint8)
    cv2.putText(band, label, (GAP, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (INK,) * 3, 1, cv2.LINE_AA)
    return np.concatenate([to_float(band), row])


def _scaled(picture: np.ndarray, height: int) -> np.ndarray:
    rows, columns = picture.shape[:2]
    return resize(picture.astype(np.float32), (round(columns * height / rows), height))
