"""One look through a source and its result: the proxy video, sampled measures, stills."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from stylecore.arrays.images import fitted_size, of_8_bits, resize
from stylecore.arrays.motion import estimate_motion
from stylecore.evaluation import FrameFigures, Subject
from stylecore.evaluation.estimators import Estimator
from stylecore.evaluation.judge import FrameJudge
from stylecore.media.writing.proxy import write_proxy

SIDE = 480
"""Longer side in pixels of the source and of the result in the proxy, at most."""
MOST_SHOWN = 2000
"""Frames in the proxy; of more, every second or third and so on is shown."""
PROXY_BYTES = 5_500_000
"""About the largest proxy."""
MOST_PAIRS = 120
"""Pairs of frames whose motion is looked at."""
STILL_HEIGHT = 150
MOST_STILLS = 36
WORST_PER_SHOT = 3
JPEG_QUALITY = 72
ERROR, SOURCE_ERROR = "short_dis_strict_rmse", "short_dis_strict_source_rmse"


@dataclass
class Look:
    """What was seen of a result."""

    size: tuple[int, int]
    """Width and height of either half of the proxy."""
    step: int = 1
    """Frames from one in the proxy to the next."""
    shown: list[tuple[int, float]] = field(default_factory=list)
    """(number in the source, seconds) of the frames in the proxy."""
    figures: list[FrameFigures] = field(default_factory=list)
    """Of the frames that were measured."""
    stills: dict[int, bytes] = field(default_factory=dict)
    """JPEG of source and result side by side, by frame: the worst of the shots."""

    def worst(self) -> list[FrameFigures]:
        """The frames that err most beyond their source, by shot and there from the worst on."""
        shots = sorted({one.shot for one in self.figures})
        found = []
        for shot in shots:
            own = [one for one in self.figures if one.shot == shot and ERROR in one.figures]
            found += sorted(own, key=excess, reverse=True)[:WORST_PER_SHOT]
        kept = sorted(found, key=excess, reverse=True)[:MOST_STILLS]
        return [one for one in found if one in kept]


def excess(one: FrameFigures) -> float:
    """What the result adds to the source's own change along the motion."""
    return one.figures[ERROR] - one.figures[SOURCE_ERROR]


def look_through(subject: Subject, proxy: Path) -> Look:
    """Writes the proxy and measures a sample of the frames at its size.

    Memory holds a few frames, whatever the length.

    Args:
        subject: the result and its source.
        proxy: path of the video to write: the source above the result in every frame.

    Raises:
        StyleError: the source or the result cannot be read any more.
        OSError: the proxy cannot be written.
    """
    count = subject.excerpt.count
    aspect = Fraction(subject.excerpt.index.sample_aspect_ratio)
    look = Look(_even(subject.size, aspect), step=-(-count // MOST_SHOWN))
    seconds = max(0.1, subject.time(subject.excerpt.stop - 1))
    write_proxy(
        _stacked(subject, look),
        proxy,
        size=(look.size[0], 2 * look.size[1]),
        rate=Fraction(subject.excerpt.index.average_rate) / look.step,
        most_bits=8 * PROXY_BYTES / seconds,
    )
    return look


def _stacked(subject: Subject, look: Look) -> Iterator[tuple[float, np.ndarray]]:
    judge = FrameJudge(
        [Estimator("dis", partial(estimate_motion, effort="quick"))],
        every=-(-subject.excerpt.count // MOST_PAIRS), is_sample=True, masks=("strict",),
    )  # fmt: skip
    starts = {start: number for number, (start, _) in enumerate(subject.shots, start=1)}
    shot, stills = 1, _Stills()
    for number, source, result in subject.frames(SIDE):
        shot, time = starts.get(number, shot), subject.time(number)
        source, result = of_8_bits(source), of_8_bits(result)
        figures = judge.add(number, source, result, begins_shot=number in starts)
        halves = resize(source, look.size), resize(result, look.size)
        if figures:
            one = FrameFigures(frame=number, time=time, shot=shot, figures=figures)
            look.figures.append(one)
            stills.consider(one, halves)
        if (number - subject.excerpt.start) % look.step == 0:
            look.shown.append((number, time))
            yield time, np.concatenate(halves)
    look.stills = {
        one.frame: stills.kept[one.frame] for one in look.worst() if one.frame in stills.kept
    }


class _Stills:
    """Keeps a picture of the worst frames of every shot so far."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}
        self._ranks: dict[int, list[FrameFigures]] = {}

    def consider(self, one: FrameFigures, halves: tuple[np.ndarray, np.ndarray]) -> None:
        if ERROR not in one.figures:
            return
        rank = self._ranks.setdefault(one.shot, [])
        rank.append(one)
        rank.sort(key=excess, reverse=True)
        dropped = rank.pop() if len(rank) > WORST_PER_SHOT else None
        if dropped is not one:
            self.kept[one.frame] = _jpeg(halves)
        if dropped is not None:
            self.kept.pop(dropped.frame, None)


def _even(size: tuple[int, int], aspect: Fraction) -> tuple[int, int]:
    """The largest even size in SIDE x SIDE of a picture with pixels of this aspect."""
    width, height = round(size[0] * aspect), size[1]
    width, height = fitted_size(width, height, SIDE)
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def _jpeg(halves: tuple[np.ndarray, np.ndarray]) -> bytes:
    pair = np.concatenate(halves, axis=1)
    width = max(1, round(pair.shape[1] * STILL_HEIGHT / pair.shape[0]))
    small = cv2.resize(pair, (width, STILL_HEIGHT), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
    )
    return data.tobytes()
