"""Exactly the frames [start, stop) of a video file, upright, as RGB integers."""

import logging
from collections.abc import Iterator
from itertools import islice

import numpy as np
from av.video.frame import VideoFrame

from stylecore.media.excerpt import Excerpt
from stylecore.media.index import source_changed
from stylecore.media.opening import open_container
from stylecore.media.reading.conversion import upright_pixels
from stylecore.media.reading.decoder import decode_leniently
from stylecore.media.reading.planes import picture_checksum

logger = logging.getLogger(__name__)

DEINTERLACE_REACH = 2
"""A deinterlaced frame looks at its neighbours: so many more are decoded on either side."""


def read_container(
    excerpt: Excerpt,
    *,
    size: tuple[int, int] | None,
    alpha: bool,
) -> Iterator[np.ndarray]:
    """Decodes and converts frames of a video file; see ``read_frames``."""
    index, start, stop = excerpt.index, excerpt.start, excerpt.stop
    reach = DEINTERLACE_REACH if index.interlaced else 0
    decoded = excerpt.part(max(0, start - reach), min(index.frame_count, stop + reach))
    frames = upright_pixels(
        decoded_frames(decoded), index, size=size, alpha=alpha, deinterlace=index.interlaced
    )
    yield from islice(frames, start - decoded.start, stop - decoded.start)


def decoded_frames(excerpt: Excerpt) -> Iterator[VideoFrame]:
    """Seeks and decodes an excerpt, from a keyframe as far as that is exact, else by counting.

    Raises:
        MediaError: the source has changed since it was indexed.
    """
    number = excerpt.start
    if number > 0 and excerpt.index.exact_seeking:
        for frame in _from_keyframe(excerpt):
            yield frame
            number += 1
    if number < excerpt.stop:
        yield from _from_beginning(excerpt.part(number, excerpt.stop))


def _from_keyframe(excerpt: Excerpt) -> Iterator[VideoFrame]:
    """The first frames, as long as they are the ones that the index knows.

    Files mark frames as key that need earlier ones: decoding from there gives right timestamps and
    ruined pictures. Only the checksum tells.
    """
    index, first = excerpt.index, excerpt.start
    numbers = {pts: number for number, pts in enumerate(index.pts[: first + 1])}
    with open_container(excerpt.path) as container:
        stream = container.streams[index.stream]
        container.seek(index.pts[first], stream=stream, backward=True)
        number: int | None = None
        for frame in decode_leniently(container, stream, index):
            number = numbers.get(frame.pts) if number is None and frame else number
            if frame is None or number is None or frame.pts != index.pts[number]:
                return
            if number >= first:
                if picture_checksum(frame) != index.checksums[number]:
                    logger.info("%s: seeking to frame %d is not exact", excerpt.path.name, number)
                    return
                yield frame
            number += 1
            if number == excerpt.stop:
                return


def _from_beginning(excerpt: Excerpt) -> Iterator[VideoFrame]:
    index = excerpt.index
    with open_container(excerpt.path) as container:
        number = 0
        for frame in decode_leniently(container, container.streams[index.stream], index):
            if frame is None:
                continue
            if number >= excerpt.start:
                is_elsewhere = index.exact_seeking and frame.pts != index.pts[number]
                if is_elsewhere or picture_checksum(frame) != index.checksums[number]:
                    raise source_changed(number)
                yield frame
            number += 1
            if number == excerpt.stop:
                return
    raise source_changed(number)
