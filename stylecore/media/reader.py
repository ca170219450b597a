"""Exactly the frames [start, stop) of a video, upright, as RGB integers."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from stylecore.errors import MediaError
from stylecore.media.colour import decoding_graph
from stylecore.media.index import SourceIndex, decode_leniently
from stylecore.media.opening import open_container

DEINTERLACE_REACH = 2
"""A deinterlaced frame looks at its neighbours: so many more are decoded on either side."""


def read_frames(
    path: Path,
    index: SourceIndex,
    start: int,
    stop: int,
    *,
    size: tuple[int, int] | None = None,
) -> Iterator[np.ndarray]:
    """Frames [start, stop) in order of presentation.

    Args:
        path, index: the video and what ``index_source`` found in it.
        size: (width, height) of the upright result; the source's own when None.

    Yields:
        (H, W, 3) RGB, uint8, or uint16 over the full range when the source has more than 8 bits.

    Raises:
        MediaError: the file has changed since it was indexed.
    """
    reach = DEINTERLACE_REACH if index.interlaced else 0
    first = max(0, start - reach)
    last = min(index.frame_count, stop + reach)
    with open_container(path) as container:
        stream = container.streams[index.stream]
        stream.thread_type = "AUTO"
        frames = _decoded(container, stream, index, first, last)
        yield from islice(_upright(frames, index, size), start - first, stop - first)


def _decoded(
    container: InputContainer, stream: VideoStream, index: SourceIndex, first: int, last: int
) -> Iterator[VideoFrame]:
    """Decoded frames [first, last), found by timestamp where that is exact, else by counting."""
    number = 0
    if first > 0 and index.exact_seeking:
        number = _seek(container, stream, index, first)
    for frame in decode_leniently(container, stream):
        if frame is None:
            continue
        if number >= first:
            if index.exact_seeking and frame.pts != index.pts[number]:
                raise _changed(number)
            yield frame
        number += 1
        if number == last:
            return
    if number < last:
        raise _changed(number)


def _seek(container: InputContainer, stream: VideoStream, index: SourceIndex, first: int) -> int:
    """Seeks to a keyframe at or before ``first``; returns the number of the frame that comes next.

    A keyframe whose timestamp the index does not know, or that lies too late, sends it back to the
    beginning of the file.
    """
    numbers = {pts: number for number, pts in enumerate(index.pts[: first + 1])}
    container.seek(index.pts[first], stream=stream, backward=True)
    landed = next((frame for frame in decode_leniently(container, stream) if frame), None)
    number = numbers.get(landed.pts) if landed is not None and landed.pts is not None else None
    if number is None:
        container.seek(min(0, index.pts[0]), stream=stream, backward=True)
        return 0
    container.seek(index.pts[first], stream=stream, backward=True)
    return number


def _upright(
    frames: Iterator[VideoFrame], index: SourceIndex, size: tuple[int, int] | None
) -> Iterator[np.ndarray]:
    graph: av.filter.Graph | None = None
    target = index.orientation.size(*(size or (index.width, index.height)))
    deep = index.bit_depth > 8
    for frame in frames:
        if graph is None:
            graph = decoding_graph(
                frame,
                index.seconds_per_unit,
                matrix=index.matrix,
                full_range=index.full_range,
                size=target,
                deep=deep,
                deinterlace=index.interlaced,
            )
        graph.push(frame)
        yield from _pulled(graph, index)
    if graph is not None:
        graph.push(None)
        yield from _pulled(graph, index)


def _pulled(graph: av.filter.Graph, index: SourceIndex) -> Iterator[np.ndarray]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield index.orientation.apply(frame.to_ndarray())


def _changed(number: int) -> MediaError:
    return MediaError(
        f"Frame {number} of the source is not where it was when the job was planned; the file has "
        "changed. Run the command again to begin a job with the new one."
    )
