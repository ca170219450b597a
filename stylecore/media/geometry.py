"""From a coded picture to an upright one: what is cut off, and how the rest is turned."""

import numpy as np
from pydantic import BaseModel, ConfigDict


class Margins(BaseModel):
    """Columns and rows of a coded picture, before it is turned, that are not shown."""

    model_config = ConfigDict(frozen=True)
    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    @property
    def any(self) -> bool:
        return (self.left, self.top, self.right, self.bottom) != (0, 0, 0, 0)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of what is shown of a coded picture."""
        return width - self.left - self.right, height - self.top - self.bottom

    def on_grid(self, size: tuple[int, int], shared: tuple[int, int]) -> "Margins":
        """Moves the edges until they part no pixels that share a colour: what is shown begins with
        such a group and, where anything is cut off behind it, ends with one.

        Args:
            size: (width, height) of the coded picture.
            shared: pixels across and down that share a colour.
        """
        left, right = _on_grid(size[0], self.left, self.right, shared[0])
        top, bottom = _on_grid(size[1], self.top, self.bottom, shared[1])
        return Margins(left=left, top=top, right=right, bottom=bottom)


def _on_grid(length: int, before: int, behind: int, step: int) -> tuple[int, int]:
    start = before - before % step
    shown = length - before - behind
    shown = length - start if not behind else shown - shown % step
    return start, length - start - shown


class Orientation(BaseModel):
    """First transpose, then flip: what makes decoded pixels upright."""

    model_config = ConfigDict(frozen=True)
    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    @property
    def changes(self) -> bool:
        return self.transposed or self.flipped_x or self.flipped_y

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the upright picture; the same rule leads back."""
        return (height, width) if self.transposed else (width, height)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Turns (H, W, ...) pixels as decoded to (H', W', ...) upright."""
        if self.transposed:
            image = image.swapaxes(0, 1)
        if self.flipped_x:
            image = image[:, ::-1]
        if self.flipped_y:
            image = image[::-1]
        return np.ascontiguousarray(image)
