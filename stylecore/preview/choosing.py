"""Choosing frames that stand for a video: spread over its shots, rich in contrast and movement.

Deterministic, and cheap: of each place only a handful of small frames is decoded. Faces are not
looked for, since OpenCV's packages have brought no detector along from version 5 on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from stylecore.arrays.images import fitted_size, to_float
from stylecore.arrays.light import LUMINANCE
from stylecore.arrays.shots import ANALYSIS_SIZE
from stylecore.media import Excerpt, read_frames

CANDIDATES = 5
"""Frames that are looked at in each place."""
FIRST_BONUS = 1.3
"""How much better another frame must be than the first of its shot, which the job paints in just
the way of a preview, so that it is kept."""


@dataclass(frozen=True)
class Candidate:
    """A frame and what speaks for it."""

    number: int
    contrast: float
    """Standard deviation of its luminance."""
    movement: float
    """Mean difference of luminance to the next frame of its shot."""


def representative_frames(
    excerpt: Excerpt, shots: Sequence[tuple[int, int]], count: int
) -> list[int]:
    """Numbers of up to ``count`` frames, in order.

    Args:
        excerpt: where they are looked for.
        shots: its shots [start, stop), in order.
    """
    chosen = []
    for start, stop in sections(shots, count):
        shot = next(shot for shot in shots if shot[0] <= start < shot[1])
        numbers = sorted({start + (stop - start) * k // CANDIDATES for k in range(CANDIDATES)})
        candidates = [_candidate(excerpt, number, shot[1]) for number in numbers]
        chosen.append(best_of(candidates, first=shot[0]))
    return chosen


def sections(shots: Sequence[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """Up to ``count`` places [start, stop), each within one shot, in order.

    Where there are more shots than places, shots at even distances; else every shot has one, and
    the longest ones have several, by the highest averages (d'Hondt).
    """
    if len(shots) >= count:
        return [shots[(2 * k + 1) * len(shots) // (2 * count)] for k in range(count)]
    lengths = [stop - start for start, stop in shots]
    places = [1] * len(shots)
    for _ in range(min(count, sum(lengths)) - len(shots)):
        shares = [length / (n + 1) if n < length else 0
                  for length, n in zip(lengths, places, strict=True)]  # fmt: skip
        places[shares.index(max(shares))] += 1
    return [
        (start + length * k // n, start + length * (k + 1) // n)
        for (start, _), length, n in zip(shots, lengths, places, strict=True)
        for k in range(n)
    ]


def best_of(candidates: Sequence[Candidate], *, first: int) -> int:
    """The candidate with the most contrast and movement, as shares of the largest of both.

    Args:
        first: the first frame of the shot, which is preferred.
    """
    contrast = max(candidate.contrast for candidate in candidates) or 1.0
    movement = max(candidate.movement for candidate in candidates) or 1.0

    def merit(candidate: Candidate) -> float:
        sum_of_shares = candidate.contrast / contrast + 0.5 * candidate.movement / movement
        return sum_of_shares * (FIRST_BONUS if candidate.number == first else 1.0)

    return max(candidates, key=lambda candidate: (merit(candidate), -candidate.number)).number


def _candidate(excerpt: Excerpt, number: int, shot_stop: int) -> Candidate:
    size = fitted_size(excerpt.index.width, excerpt.index.height, ANALYSIS_SIZE)
    part = excerpt.part(number, min(number + 2, shot_stop))
    light = [
        cv2.transform(to_float(frame), LUMINANCE[None]) for frame in read_frames(part, size=size)
    ]
    movement = float(np.abs(light[1] - light[0]).mean()) if len(light) > 1 else 0.0
    return Candidate(number, float(light[0].std()), movement)
