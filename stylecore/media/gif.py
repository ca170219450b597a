"""GIF, each frame with the 256 colours that suit it."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import numpy as np
from av.video.frame import VideoFrame

from stylecore.images import of_8_bits
from stylecore.media.opening import inert_name

HUNDREDTH = Fraction(1, 100)
DITHER = "sierra2_4a"
"""Diffuses the error of the colours; the nearest to the picture of those that FFmpeg has."""


def write_gif(
    frames: Iterable[np.ndarray],
    target: Path,
    times: Sequence[int],
    on_frame: Callable[[int], None],
) -> None:
    """Writes an animation that begins again for ever.

    Args:
        frames: (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16; opacity below half is none.
        times: hundredths of a second, when each frame begins and the last one ends.
        on_frame: called with the number of frames that are written.
    """
    options = {"loop": "0", "final_delay": str(times[-1] - times[-2]), "fflags": "+bitexact"}
    with av.open(inert_name(target), "w", format="gif", options=options) as container:
        stream = container.add_stream("gif")
        stream.time_base = stream.codec_context.time_base = HUNDREDTH
        stream.pix_fmt = "pal8"
        graph: av.filter.Graph | None = None
        for done, (pixels, time) in enumerate(zip(frames, times[:-1], strict=True), start=1):
            layout = "rgb24" if pixels.shape[2] == 3 else "rgba"
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(of_8_bits(pixels)), format=layout)
            frame.pts, frame.time_base = time, HUNDREDTH
            if graph is None:
                graph = _palette_graph(frame)
                stream.width, stream.height = frame.width, frame.height
            graph.push(frame)
            coloured = graph.pull()
            coloured.pts, coloured.time_base, coloured.pict_type = time, HUNDREDTH, 0
            container.mux(stream.encode(coloured))
            on_frame(done)
        container.mux(stream.encode(None))


def _palette_graph(frame: VideoFrame) -> av.filter.Graph:
    """Filters from packed RGB or RGBA like ``frame`` to a palette of its own for every frame."""
    transparent = int(frame.format.name == "rgba")
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=HUNDREDTH
    )
    both = graph.add("split")
    palette = graph.add("palettegen", f"stats_mode=single:reserve_transparent={transparent}")
    used = graph.add("paletteuse", f"new=1:dither={DITHER}")
    sink = graph.add("buffersink")
    source.link_to(both)
    both.link_to(used, 0, 0)
    both.link_to(palette, 1, 0)
    palette.link_to(used, 0, 1)
    used.link_to(sink)
    graph.configure()
    return graph
