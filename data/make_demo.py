"""Renders the demo clip, data/demo.mp4, and knows its exact motion and occlusions.

    python -m data.make_demo [TARGET]

Two shots painted by program: a lake at dusk, then a windmill over tulip fields. Every layer of a
shot moves by an affine map, so that the way of each point between any two frames is known.
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from data import scene_lake, scene_mill, sound
from data.layers import Layer, render
from data.layers import exact_motion as layers_motion

SIZE = (480, 270)
"""Width and height at scale 1."""
FRAME_RATE = 24
FRAME_COUNT = 96
CUT = 56
"""First frame of the second shot."""
TARGET = Path(__file__).with_name("demo.mp4")


def render_frame(t: int, *, scale: float = 1.0) -> np.ndarray:
    """Frame ``t`` as (H, W, 3) float32 RGB in [0, 1]; H, W are ``SIZE`` times ``scale``."""
    layers, time = _shot(t)
    return np.clip(render(layers, time, SIZE, scale), 0, 1)


def exact_motion(t: int, s: int, *, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Motion from frame ``t`` towards frame ``s`` of the same shot.

    Returns:
        motion (H, W, 2) float32 in pixels, of whatever is foremost in frame ``t``; mask (H, W)
        float32, 1 where that point is visible in both frames. Pixels in which layers mix have 0.

    Raises:
        ValueError: a cut lies between the frames.
    """
    layers, time = _shot(t)
    other_layers, other = _shot(s)
    if layers is not other_layers:
        raise ValueError(f"There is a cut between frames {t} and {s}: they have no common motion.")
    return layers_motion(layers, time, other, SIZE, scale)


def write_clip(target: Path) -> None:
    """Renders and encodes the whole clip: H.264, BT.709, with AAC sound."""
    temporary = target.with_name(f".{target.name}.part")
    with av.open(
        str(temporary), "w", format="mp4", options={"movflags": "+faststart"}
    ) as container:
        video = container.add_stream("libx264", rate=FRAME_RATE)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.time_base = Fraction(1, 12800)
        # One thread, no macroblock tree (stylecore.media.writing.writer): the same bytes each time.
        video.options = {
            "crf": "20", "preset": "slow", "threads": "1", "colorprim": "bt709",
            "x264-params": "mbtree=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv",
        }  # fmt: skip
        audio = container.add_stream("aac", rate=sound.RATE, bit_rate=96000, layout="stereo")
        for frame in _video_frames():
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for frame in _audio_frames():
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    temporary.replace(target)


@cache
def _layers(scene: int) -> list[Layer]:
    return (scene_lake, scene_mill)[scene].build()


def _shot(t: int) -> tuple[list[Layer], float]:
    """The layers of the shot that frame ``t`` is in, and the time since it began, in frames."""
    if not 0 <= t < FRAME_COUNT:
        raise ValueError(f"The demo clip has the frames 0 to {FRAME_COUNT - 1}, not {t}.")
    return (_layers(0), float(t)) if t < CUT else (_layers(1), float(t - CUT))


def _video_frames() -> Iterator[av.VideoFrame]:
    for number in range(FRAME_COUNT):
        pixels = np.rint(render_frame(number) * 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
        )
        frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
        yield frame


def _audio_frames() -> Iterator[av.AudioFrame]:
    samples = sound.compose(FRAME_COUNT / FRAME_RATE)
    for start in range(0, len(samples), 1024):
        block = np.ascontiguousarray(samples[start : start + 1024].T)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = sound.RATE, start
        yield frame


if __name__ == "__main__":
    write_clip(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
