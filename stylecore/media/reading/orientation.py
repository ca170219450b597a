"""Upright pixels from a display matrix: quarter turns and mirroring."""

import struct

import numpy as np
from av.video.frame import VideoFrame
from PIL import ExifTags, Image
from pydantic import BaseModel, ConfigDict

from stylecore.errors import MediaError


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
        """(H, W, 3) as decoded to (H', W', 3) upright."""
        if self.transposed:
            image = image.swapaxes(0, 1)
        if self.flipped_x:
            image = image[:, ::-1]
        if self.flipped_y:
            image = image[::-1]
        return np.ascontiguousarray(image)


PNG = ("png", "apng")
"""Codecs whose frames have names beside their colour profiles, which PyAV (18.1) frees twice."""
BY_ANGLE = {
    0: Orientation(),
    90: Orientation(transposed=True, flipped_y=True),
    -90: Orientation(transposed=True, flipped_x=True),
    180: Orientation(flipped_x=True, flipped_y=True),
    -180: Orientation(flipped_x=True, flipped_y=True),
}


def orientation_of(frame: VideoFrame, codec: str) -> Orientation:
    """How ``frame`` must be turned; the display matrix maps (x, y) to (a x + c y, b x + d y).

    Raises:
        MediaError: the matrix is no multiple of a quarter turn.
    """
    if codec in PNG:
        return BY_ANGLE.get(round(frame.rotation), Orientation())
    try:
        side_data = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # there is some of a kind that PyAV does not know, like tags of cameras
        return BY_ANGLE.get(round(frame.rotation), Orientation())
    if side_data is None:
        return Orientation()
    a, b, _, c, d = struct.unpack("=5i", bytes(side_data)[:20])
    straight, across = abs(a) + abs(d), abs(b) + abs(c)
    if min(straight, across) > 0.01 * max(straight, across):
        raise MediaError("The video is marked as turned by an odd angle; re-encode it upright.")
    if across > straight:
        return Orientation(transposed=True, flipped_x=c < 0, flipped_y=b < 0)
    return Orientation(flipped_x=a < 0, flipped_y=d < 0)


TURNS = {
    2: Orientation(flipped_x=True),
    3: Orientation(flipped_x=True, flipped_y=True),
    4: Orientation(flipped_y=True),
    5: Orientation(transposed=True),
    6: Orientation(transposed=True, flipped_x=True),
    7: Orientation(transposed=True, flipped_x=True, flipped_y=True),
    8: Orientation(transposed=True, flipped_y=True),
}
"""EXIF's orientations; 1 is upright."""


def orientation_of_picture(image: Image.Image) -> Orientation:
    """How a still must be turned, by its Exif."""
    return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1), Orientation())
