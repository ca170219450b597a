"""The time of day that is written into professional video, ``10:20:30:12``, and of a part of it.

Where the last separator is no colon, minutes leave out numbers of frames, so that 29.97 frames a
second, counted as 30, keep to the clock (SMPTE ST 12-1, drop-frame).
"""

import re
from collections.abc import Mapping
from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from stylecore.media.excerpt import Excerpt

NAME = "timecode"
"""Of the metadata, of the file or a stream, in any case."""
PATTERN = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.,])(\d{2,3})")
DROPPING = 30
"""Rates that leave out numbers are counted as a multiple of this."""


def later(timecode: str, rate: Fraction, frames: int) -> str:
    """Counts a timecode on by so many frames (SMPTE ST 12-1), over midnight too.

    Args:
        timecode: what is no timecode is returned as it is.
        rate: frames a second.
    """
    written = PATTERN.fullmatch(timecode.strip())
    count = round(rate)
    if written is None or not count:
        return timecode
    hours, minutes, seconds, frame = (int(written[group]) for group in (1, 2, 3, 5))
    left_out = 2 * count // DROPPING if written[4] != ":" and count % DROPPING == 0 else 0
    passed = 60 * hours + minutes
    number = (60 * passed + seconds) * count + frame - left_out * (passed - passed // 10)
    a_day = 86_400 * count - left_out * (1440 - 144)
    number = (number + frames) % a_day
    tens, rest = divmod(number, 600 * count - 9 * left_out)
    number += left_out * (9 * tens + max(rest - left_out, 0) // (60 * count - left_out))
    rest, frame = divmod(number, count)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{clock}{written[4] if left_out else ':'}{frame:02}"


def timecode_at(excerpt: Excerpt) -> str:
    """The timecode of an excerpt's first frame; "" where the source has none."""
    return moved({NAME: excerpt.index.timecode}, excerpt)[NAME]


def moved(metadata: Mapping[str, str], excerpt: Excerpt) -> dict[str, str]:
    """Metadata with the timecode of the excerpt's first frame, where it holds one."""
    rate = Fraction(excerpt.index.average_rate)
    frames = round(excerpt.shift * rate)
    return {
        key: later(value, rate, frames) if key.lower() == NAME else value
        for key, value in metadata.items()
    }


def has_timecode(metadata: Mapping[str, str]) -> bool:
    """Whether metadata of a file or a stream says a timecode."""
    return any(key.lower() == NAME and value for key, value in metadata.items())


def timecode_of(container: InputContainer, picture: VideoStream) -> str:
    """The timecode of the picture, else of the file; "" where there is none."""
    for metadata in (picture.metadata, container.metadata):
        for key, value in metadata.items():
            if key.lower() == NAME and value:
                return value
    return ""
