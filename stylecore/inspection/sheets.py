"""Parts of a sheet put together: ``contact_sheet`` lays them out, here they are made to fit."""

from collections.abc import Sequence

import numpy as np

from stylecore.arrays.contact_sheet import PAPER, contact_sheet


def page(title: str, parts: Sequence[np.ndarray], *, columns: int) -> np.ndarray:
    """Parts of a sheet in rows of ``columns`` under a title.

    Args:
        title: text of any length above all.
        parts: (h, w, 3) float32 RGB in [0, 1], of any size.
        columns: parts side by side.

    Returns:
        (H, W, 3) float32 RGB in [0, 1].
    """
    width = max(part.shape[1] for part in parts)
    rows = [parts[first : first + columns] for first in range(0, len(parts), columns)]
    return contact_sheet(
        [(title if number == 0 else "", _fitted(row, width)) for number, row in enumerate(rows)]
    )


def _fitted(row: Sequence[np.ndarray], width: int) -> list[np.ndarray]:
    """Parts with paper below and beside them, so that all are equally large."""
    height = max(part.shape[0] for part in row)
    return [
        np.pad(
            part,
            ((0, height - part.shape[0]), (0, width - part.shape[1]), (0, 0)),
            constant_values=PAPER / 255,
        )
        for part in row
    ]
