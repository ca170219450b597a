"""The newest frame of a job, small enough to be shown while it goes on."""

from stylecore.arrays.images import at_side, of_8_bits
from stylecore.media.pictures.encoding import encoded_picture
from stylecore.store import Workspace

LONGER_SIDE = 480
QUALITY = 80


def thumbnail(workspace: Workspace, number: int, pass_number: int) -> bytes:
    """A stored frame, as a pass made it, as a JPEG file of at most LONGER_SIDE pixels.

    Raises:
        StoreError: the frame is not there.
    """
    frame = of_8_bits(workspace.load_frame(number, pass_number=pass_number))
    return encoded_picture(at_side(frame, LONGER_SIDE), ".jpg", quality=QUALITY)
