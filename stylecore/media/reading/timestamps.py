"""Presentation timestamps as a picture's frames need them: one for each, strictly increasing."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from av.video.stream import VideoStream

USUAL_RATE = 25
"""Frames a second of a stream that does not say."""
MILLISECOND = Fraction(1, 1000)
"""What every container can tell apart."""


def average_rate(stream: VideoStream) -> Fraction:
    """Frames a second."""
    return Fraction(stream.average_rate or stream.base_rate or USUAL_RATE)


def frame_units(stream: VideoStream) -> int:
    """Duration of a frame at the average rate, in units of the stream's time base; 1 at least."""
    return max(1, round(1 / (average_rate(stream) * Fraction(stream.time_base))))


def increasing(found: Sequence[int | None], stream: VideoStream) -> tuple[list[int], bool]:
    """Mends timestamps until they increase strictly; whether the found ones did so already.

    From the first one on that has to be mended they are a millisecond apart at least.

    Args:
        found: timestamps of the frames in units of the stream's time base; None where one has none.
        stream: the picture.
    """
    unit, step = frame_units(stream), ceil(MILLISECOND / Fraction(stream.time_base))
    pts: list[int] = []
    exact = True
    for value in found:
        soonest = pts[-1] + (1 if exact else step) if pts else None
        if value is None:
            exact = False
            value = pts[-1] + unit if pts else 0
        elif soonest is not None and value < soonest:
            exact = False
            value = pts[-1] + step
        pts.append(value)
    return pts, exact


def last_duration(pts: Sequence[int], said: int, steady: int, *, rounded: bool) -> int:
    """How long the last frame is shown, in the units of all arguments.

    Args:
        pts: of all frames.
        said: by the decoder, of the last frame that says one; 0 for none.
        steady: ``frame_units`` of the stream.
        rounded: whether said durations are cut to whole units, as FFmpeg does with the one that
            Matroska has for all frames.
    """
    duration = said or (pts[-1] - pts[-2] if len(pts) > 1 else steady)
    return steady if rounded and abs(duration - steady) <= 1 else duration
