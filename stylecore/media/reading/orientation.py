"""How a picture must be turned to be upright, by its display matrix or its Exif."""

import struct

from av.video.frame import VideoFrame
from PIL import ExifTags, Image

from stylecore.errors import MediaError
from stylecore.media.geometry import Orientation

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
