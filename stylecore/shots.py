"""Finding the cuts of a video.

A cut is a frame whose picture and whose colours both differ from the frames before, much more than
neighbouring frames do. A fast pan changes the picture but not the colours, and does so for several
frames; a flash changes both, but the frames on its two sides are alike.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

ANALYSIS_SIZE = 160
"""Longer side in pixels of the frames that ``detect_shots`` is meant for."""
CUT_SCORE = 10.0
"""Product of picture difference (0 to 765) and colour difference (0 to 1) from which on a cut is
believed. Measured: cuts of street scenes 21 to 75; the fastest pans and passing cars below 7."""
LONGEST_FLASH = 2
"""Frames that a flash may last."""
NEIGHBOURS = 2
PROMINENCE = 2.0
"""A cut's picture difference is so many times that of ``NEIGHBOURS`` frames on either side."""


@dataclass(frozen=True)
class Shot:
    """Frames [start, stop) between two cuts."""

    start: int
    stop: int


@dataclass(frozen=True)
class _Look:
    """What a frame is compared by."""

    picture: np.ndarray
    colours: np.ndarray

    @classmethod
    def of(cls, frame: np.ndarray) -> "_Look":
        lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
        colours = cv2.calcHist([lab], [0, 1, 2], None, [16, 8, 8], [0, 256] * 3).ravel()
        blurred = cv2.GaussianBlur(lab, (0, 0), 2).astype(np.float32)
        return cls(blurred, colours / colours.sum())

    def difference(self, other: "_Look") -> tuple[float, float]:
        """(picture difference, score)."""
        picture = float(np.abs(self.picture - other.picture).mean(axis=(0, 1)).sum())
        return picture, picture * float(np.abs(self.colours - other.colours).sum() / 2)


def detect_shots(frames: Iterable[np.ndarray]) -> list[Shot]:
    """Cuts a sequence of frames into shots.

    Args:
        frames: (H, W, 3) RGB uint8 of one size, about ``ANALYSIS_SIZE`` pixels on the longer side.

    Returns:
        Shots that follow one another and cover all frames; none for no frames.
    """
    reach = LONGEST_FLASH + 1
    recent: deque[_Look] = deque(maxlen=reach)
    differences: list[float] = [0.0]
    scores: list[list[float]] = []
    for frame in frames:
        look = _Look.of(frame)
        compared = [look.difference(earlier) for earlier in reversed(recent)]
        if compared:
            differences.append(compared[0][0])
        scores.append([score for _, score in compared])
        recent.append(look)
    cuts = [number for number in range(1, len(scores)) if _is_cut(number, differences, scores)]
    edges = [0, *cuts, len(scores)] if scores else []
    return [Shot(start, stop) for start, stop in pairwise(edges)]


def _is_cut(number: int, differences: list[float], scores: list[list[float]]) -> bool:
    if scores[number][0] < CUT_SCORE:
        return False
    before = differences[max(1, number - NEIGHBOURS) : number]
    after = differences[number + 1 : number + 1 + NEIGHBOURS]
    if differences[number] < PROMINENCE * max(before + after, default=0.0):
        return False
    return all(score >= CUT_SCORE / 2 for score in _scores_across(number, scores))


def _scores_across(number: int, scores: list[list[float]]) -> Iterator[float]:
    """Scores of all pairs of frames, a few apart, on the two sides of a cut at ``number``."""
    for later in range(number, min(number + LONGEST_FLASH + 1, len(scores))):
        for distance, score in enumerate(scores[later], start=1):
            if later - distance < number:
                yield score
