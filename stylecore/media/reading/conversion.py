"""From decoded frames to upright RGB of the size that is asked for.

ffmpeg's defaults convert with BT.601 whatever the tags say, and round coarsely; that is a visible
shift of colour. So matrix, range and rounding are named, and where its scaler is not exact all the
same it only brings the frames into one layout, and ``yuv`` converts.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import av
import av.filter
import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from stylecore.arrays.images import of_8_bits
from stylecore.media.index import SourceIndex
from stylecore.media.reading.profiles import pixels_in_srgb
from stylecore.media.reading.tonemap import tone_mapped
from stylecore.media.reading.yuv import plane_values, rgb_of, whole_size, with_whole_colours

Filters = Sequence[tuple[str, str]]
"""Names of ffmpeg's filters with their options, one after the other."""
ROUNDING = "accurate_rnd+full_chroma_int"
AS_THEY_ARE = "in_color_matrix=bt709:out_color_matrix=bt709:in_range=tv:out_range=tv"
"""The same on both sides, whatever it is, so that levels are shifted up and nothing else."""
BWDIF = {"mode": "send_frame", "deint": "interlaced"}
"""Deinterlaces the frames that the decoder marks, each to one frame."""


def upright_pixels(
    frames: Iterable[VideoFrame],
    index: SourceIndex,
    *,
    size: tuple[int, int] | None,
    alpha: bool,
    deinterlace: bool,
) -> Iterator[np.ndarray]:
    """Deinterlaces, crops, scales, converts to RGB, turns upright and tone-maps decoded frames.

    Args:
        frames: all of one size and format.
        index: of the source.
        size: (width, height) of the upright result; the source's own when None.
        alpha: give the opacity too.
        deinterlace: make whole frames of fields.
    """
    shown = index.orientation.size(index.width, index.height)
    first_of_all: list[tuple[str, str]] = []
    if deinterlace:
        first_of_all.append(("bwdif", ":".join(f"{key}={value}" for key, value in BWDIF.items())))
    if index.margins.any:
        left_top = f"{index.margins.left}:{index.margins.top}"
        first_of_all.append(("crop", f"{shown[0]}:{shown[1]}:{left_top}:exact=1"))
    if first_of_all:
        frames = _filtered(frames, first_of_all, index)
    plain = map(with_whole_colours, frames)
    target = index.orientation.size(*(size or (index.width, index.height)))
    for frame in _filtered(plain, _to_one_layout(index, target, alpha), index):
        pixels = _packed(frame, index) if _is_yuv(index) else frame.to_ndarray()
        pixels = index.orientation.apply(pixels)
        pixels = pixels_in_srgb(pixels, bytes.fromhex(index.colour_profile))
        yield _in_standard_range(pixels, index) if index.tone_mapped_from else pixels


def _to_one_layout(index: SourceIndex, target: tuple[int, int], alpha: bool) -> Filters:
    """Filters from frames with whole colours to the layout that pixels are taken from."""
    shown = index.orientation.size(index.width, index.height)
    layout = VideoFormat(index.pixel_format, *shown)
    if _is_yuv(index):
        result, meaning = "yuva444p16le" if alpha else "yuv444p16le", f":{AS_THEY_ARE}"
    else:
        names = ("rgba", "rgba64le") if alpha else ("rgb24", "rgb48le")
        span = "pc" if index.full_range else "tv"
        result = names[_is_deep(index)]
        meaning = f":in_color_matrix={index.matrix}:in_range={span}:out_range=pc"
    if layout.is_rgb:
        meaning = ""
    here = ("scale", f"flags=neighbor+{ROUNDING}{meaning}")
    there = f"w={target[0]}:h={target[1]}:flags=area+{ROUNDING}"
    as_result = ("format", result)
    if whole_size(layout) == shown:
        return [here if target == shown else ("scale", f"{there}{meaning}"), as_result]
    filters = [here, as_result, ("crop", f"{shown[0]}:{shown[1]}:0:0")]
    if target != shown:
        filters += [("scale", f"{there}:{AS_THEY_ARE}" if _is_yuv(index) else there), as_result]
    return filters


def _is_deep(index: SourceIndex) -> bool:
    """Whether frames are converted with 16 bits; PQ and HLG need them, however few are stored."""
    return index.bit_depth > 8 or bool(index.tone_mapped_from)


def _is_yuv(index: SourceIndex) -> bool:
    """Whether the conversion to RGB is ours: ffmpeg's is exact to 8 bits."""
    layout = VideoFormat(index.pixel_format)
    return _is_deep(index) and not (layout.is_rgb or layout.has_palette)


def _packed(frame: VideoFrame, index: SourceIndex) -> np.ndarray:
    """(H, W, 3) RGB or (H, W, 4) RGBA, uint16, of YUV in planes of 16 bits."""
    planes = [plane_values(plane, frame.format) for plane in frame.planes]
    rgb = rgb_of(
        cv2.merge(planes[:3]),
        matrix=index.matrix,
        full_range=index.full_range,
        bit_depth=index.bit_depth,
    )
    return np.dstack([rgb, planes[3]]) if len(planes) == 4 else rgb


def _in_standard_range(pixels: np.ndarray, index: SourceIndex) -> np.ndarray:
    """PQ or HLG of 16 bits tone-mapped, with as many bits as the source's frames are given."""
    pixels[..., :3] = tone_mapped(pixels[..., :3], index.tone_mapped_from)
    return pixels if index.bit_depth > 8 else of_8_bits(pixels)


def _filtered(
    frames: Iterable[VideoFrame], filters: Filters, index: SourceIndex
) -> Iterator[VideoFrame]:
    """Frames after ffmpeg's filters, which are set up for the first one."""
    graph: av.filter.Graph | None = None
    for frame in frames:
        graph = graph or _graph(frame, filters, index)
        graph.push(frame)
        yield from _pulled(graph)
    if graph is not None:
        graph.push(None)
        yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _graph(frame: VideoFrame, filters: Filters, index: SourceIndex) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=index.seconds_per_unit,
    )
    nodes = [source, *(graph.add(name, options) for name, options in filters)]
    nodes.append(graph.add("buffersink"))
    for before, after in pairwise(nodes):
        before.link_to(after)
    graph.configure()
    return graph
