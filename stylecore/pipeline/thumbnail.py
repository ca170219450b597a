"""The newest frame of a job, small enough to be shown while it goes on."""

from stylecore.arrays.images import fitted_size, of_8_bits, resize
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
    size = fitted_size(frame.shape[1], frame.shape[0], LONGER_SIDE)
    return encoded_picture(resize(frame, size), ".jpg", quality=QUALITY)
