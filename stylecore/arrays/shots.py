"""Finding the cuts of a video.

A cut is a frame whose picture and whose colours both differ from the frame before, much more than
neighbouring frames do. A fast pan changes the picture but not the colours, and does so for several
frames. A flash changes both, but only the light: shapes stay where they are while everything grows
brighter, or they drown in white and are there again a moment later. A shot of one frame differs
from both its neighbours, and these from one another.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np

ANALYSIS_SIZE = 160
"""Longer side in pixels of the frames that ``detect_shots`` is meant for."""
CUT_SCORE = 10.0
"""Product of picture difference (0 to 765) and colour difference (0 to 1) from which on a cut is
believed. Measured: cuts of street scenes 21 to 75; the fastest pans and passing cars below 7."""
FLASH_SECONDS = 0.4
"""How long all shapes may be drowned in a flash."""
FADING_SECONDS = 1.5
"""How long the light may then take until it is what it was; until then a camera has moved on."""
NEIGHBOURS = 2
PROMINENCE = 2.0
"""A cut's picture difference is so many times that of ``NEIGHBOURS`` frames on either side."""
MOST_CUTS = 3
"""Cuts in a row, one frame apart; more are the frames of a whip pan."""
DETOUR = 0.75
"""Two changes lead on to something new if they come to less than this part of their sum: of three
different scenes they come to half of it, of a blend and of slow movements to all of it."""
BLEND = 0.9
"""From this part on, two changes are one, with a blend of two shots in between."""
SHAPES_KEPT = 0.5
"""Agreement of gradients from which on two frames show the same shapes. Measured: other scenes -0.3
to 0.47; flashes of every kind 0.5 to 1, with a camera that moves."""
LIGHT_STEP = 8.0
"""A pixel is brighter, or darker, by so much of 255."""
OTHER_WAY = 0.1
"""A change of light makes pixels brighter or darker; so large a part of them may go the other way,
since things move."""
WHITE = (215.0, 12.0)
"""Mean lightness and standard deviation of a frame that is drowned in light: at least, at most."""
BLACK = (20.0, 6.0)
"""Likewise of one without light: at most both."""


@dataclass(frozen=True)
class Shot:
    """Frames [start, stop) between two cuts."""

    start: int
    stop: int


class _Look:
    """What a frame is compared by."""

    def __init__(self, frame: np.ndarray) -> None:
        lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
        colours = cv2.calcHist([lab], [0, 1, 2], None, [16, 8, 8], [0, 256] * 3).ravel()
        self.picture = cv2.GaussianBlur(lab, (0, 0), 2).astype(np.float32)
        self.colours = colours / colours.sum()

    @property
    def light(self) -> np.ndarray:
        return self.picture[..., 0]

    @cached_property
    def gradient(self) -> np.ndarray:
        """(2, H, W)."""
        return np.stack(
            [cv2.Sobel(self.light, cv2.CV_32F, 1, 0), cv2.Sobel(self.light, cv2.CV_32F, 0, 1)]
        )

    @cached_property
    def is_blank(self) -> bool:
        """Whether all shapes are drowned in white or black."""
        mean, deviation = float(self.light.mean()), float(self.light.std())
        is_white = mean >= WHITE[0] and deviation <= WHITE[1]
        return is_white or (mean <= BLACK[0] and deviation <= BLACK[1])

    def difference(self, other: "_Look") -> float:
        """Of the pictures."""
        return float(np.abs(self.picture - other.picture).mean(axis=(0, 1)).sum())

    def score(self, other: "_Look") -> float:
        return self.difference(other) * float(np.abs(self.colours - other.colours).sum() / 2)

    def is_relit(self, other: "_Look") -> bool:
        """Whether the two differ in light alone: the same shapes, brighter or darker throughout."""
        change = self.light - other.light
        shares = ((change > LIGHT_STEP).mean(), (change < -LIGHT_STEP).mean())
        if min(shares) > OTHER_WAY * max(shares):
            return False
        lengths = np.hypot(*self.gradient) * np.hypot(*other.gradient)
        agreement = float((self.gradient * other.gradient).sum()) / max(float(lengths.sum()), 1e-6)
        return agreement >= SHAPES_KEPT

    def is_lit_otherwise(self, other: "_Look") -> bool:
        return self.is_relit(other) or (self.is_blank and other.is_blank)

    def is_same_scene(self, other: "_Look") -> bool:
        return self.score(other) < CUT_SCORE or self.is_relit(other)


@dataclass
class _Step:
    """The change from one frame to the next.

    Attributes:
        pace: picture difference, less where the frame before was shown for longer than usual.
        is_abrupt: large enough for a cut.
        is_light: of the light, not of the scene.
        straight: for abrupt changes just before this one, by how many frames, what part of the sum
            of all differences since then the direct difference is.
    """

    time: float
    pace: float
    is_abrupt: bool = False
    is_light: bool = False
    straight: dict[int, float] = field(default_factory=dict)


def detect_shots(frames: Iterable[np.ndarray], times: Sequence[float]) -> list[Shot]:
    """Cuts a sequence of frames into shots.

    Args:
        frames: (H, W, 3) RGB uint8 of one size, about ``ANALYSIS_SIZE`` pixels on the longer side.
        times: seconds, when each frame begins; and, at least where the last frame is part of a
            flash, when it ends.

    Returns:
        Shots that follow one another and cover all frames; none for no frames.
    """
    usual = float(np.median(np.diff(times[: 1 << 20]))) if len(times) > 1 else 1.0
    steps = _steps(frames, times, usual)
    cuts = [number for number in range(1, len(steps)) if _is_cut(number, steps)]
    edges = [0, *cuts, len(steps)] if steps else []
    return [Shot(start, stop) for start, stop in pairwise(edges)]


def _steps(frames: Iterable[np.ndarray], times: Sequence[float], usual: float) -> list[_Step]:
    """The change at every frame; nothing changes at the first."""
    steps: list[_Step] = []
    recent: deque[_Look] = deque(maxlen=NEIGHBOURS + 2)
    differences: deque[float] = deque(maxlen=NEIGHBOURS + 1)
    flash = _Flash(steps)
    for number, frame in enumerate(frames):
        look, time = _Look(frame), float(times[number])
        step = _Step(time, 0.0)
        steps.append(step)
        if recent:
            before = recent[-1]
            difference = look.difference(before)
            differences.append(difference)
            gap = max(time - steps[number - 1].time, usual)
            step.pace = difference * usual / gap if gap else difference
            step.is_abrupt = look.score(before) >= CUT_SCORE
            step.is_light = step.is_abrupt and look.is_lit_otherwise(before)
        recent.append(look)
        if step.is_abrupt:
            step.straight = _straightness(number, steps, recent, differences)
        flash.add(number, look, recent[-2] if len(recent) > 1 else None)
    flash.end(float(times[-1]) if len(times) else 0.0)
    return steps


def _straightness(
    number: int, steps: list[_Step], recent: deque[_Look], differences: deque[float]
) -> dict[int, float]:
    found = {}
    for back in range(1, NEIGHBOURS + 1):
        if back < len(differences) and steps[number - back].is_abrupt:
            direct = recent[-1].difference(recent[-2 - back])
            found[back] = direct / max(sum(list(differences)[-1 - back :]), 1e-6)
    return found


class _Flash:
    """Marks the changes to and from frames that are blank for a moment as changes of light."""

    def __init__(self, steps: list[_Step]) -> None:
        self.steps = steps
        self.lit: _Look | None = None
        """The last frame before."""
        self.began: int | None = None
        """The first blank frame of those that are blank now."""
        self.left: int | None = None
        """The frame at which shapes were there again, while it is open which."""
        self.entry = 0

    def add(self, number: int, look: _Look, before: _Look | None) -> None:
        if look.is_blank:
            if self.began is None:
                self.lit = before if self.left is None else self.lit
                self.entry = number if self.left is None else self.entry
                self.began, self.left = number, None
            return
        if self.began is not None:
            self._leave(number)
        if self.left is not None:
            self._look_for_return(number, look)

    def end(self, time: float) -> None:
        """The frames end at ``time``, be it before it is known what came back."""
        is_short = self.began is not None and time - self.steps[self.began].time <= FLASH_SECONDS
        if is_short or self.left is not None:
            self.steps[self.entry].is_light = True

    def _leave(self, number: int) -> None:
        assert self.began is not None
        is_short = self.steps[number].time - self.steps[self.began].time <= FLASH_SECONDS
        if is_short and self.lit is None:
            self.steps[number].is_light = True  # the video begins with it
        self.left = number if is_short and self.lit is not None else None
        self.began = None

    def _look_for_return(self, number: int, look: _Look) -> None:
        assert self.left is not None and self.lit is not None
        left = self.steps[self.left]
        returned = look.is_same_scene(self.lit)
        if returned:
            self.steps[self.entry].is_light = left.is_light = True
        elif left.is_abrupt:
            self.steps[self.entry].is_light = True  # a flash on a cut; the new shot begins after it
        if returned or left.is_abrupt or self.steps[number].time - left.time > FADING_SECONDS:
            self.left = None


def _is_cut(number: int, steps: list[_Step]) -> bool:
    step = steps[number]
    if not step.is_abrupt or step.is_light:
        return False
    is_whip = _row(number, steps) > MOST_CUTS
    around = (*range(number - NEIGHBOURS, number), *range(number + 1, number + 1 + NEIGHBOURS))
    for other in (other for other in around if 0 < other < len(steps)):
        neighbour = steps[other]
        if neighbour.is_light or abs(neighbour.time - step.time) > FLASH_SECONDS:
            continue
        straight = steps[max(number, other)].straight.get(abs(number - other))
        if straight is not None and neighbour.is_abrupt and not is_whip:
            if straight < DETOUR:
                continue  # a cut of its own
            if straight > BLEND and abs(number - other) == 1 and _row(number, steps) == 2:
                earlier, later = sorted([number, other])
                more_at_once = steps[earlier].pace > PROMINENCE * steps[later].pace
                if number != (earlier if more_at_once else later):
                    return False  # the new shot begins behind the blend
                continue
        if step.pace < PROMINENCE * neighbour.pace:
            return False
    return True


def _row(number: int, steps: list[_Step]) -> int:
    """How many changes in a row, this one among them, are abrupt and not of the light."""

    def counts(other: int) -> bool:
        return 0 < other < len(steps) and steps[other].is_abrupt and not steps[other].is_light

    first = last = number
    while counts(first - 1):
        first -= 1
    while counts(last + 1):
        last += 1
    return last - first + 1
