"""Measures frame after frame, holding no more than the last few of them."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stylecore.arrays.images import of_8_bits, to_float
from stylecore.arrays.metrics import edges_kept, endpoint_error, grid, sharpness, warping_error
from stylecore.arrays.motion import consistency_mask, strict_mask
from stylecore.evaluation.appearance import Appearance
from stylecore.evaluation.estimators import Estimator
from stylecore.evaluation.measures import LONG_DISTANCE, SHORT, TERMS, pair_name, tof_name

MASK_RULES = {"soft": consistency_mask, "strict": strict_mask}


@dataclass(frozen=True)
class _Seen:
    number: int
    source: np.ndarray
    result: np.ndarray


class FrameJudge:
    """Measures the frames of a video in their order.

    Pairs never reach over a cut. Of every frame the cheap figures are measured; those that cost
    (motion and features) of every ``every``-th of a shot, counted from its second frame.
    """

    def __init__(
        self,
        estimators: Sequence[Estimator],
        appearance: Appearance | None = None,
        *,
        every: int = 1,
        is_sample: bool = False,
        masks: Sequence[str] = tuple(MASK_RULES),
    ) -> None:
        """Takes those who judge.

        Args:
            estimators: of motion.
            appearance: what compares style and content; neither is measured when None.
            every: distance of the frames of which everything is measured.
            is_sample: of the others nothing is, but for the first of a shot; and grids and edges,
                which cost as much as motion, are left out.
            masks: names of the masks to judge by.
        """
        self._estimators = estimators
        self._appearance = appearance
        self._every = every
        self._is_sample = is_sample
        self._masks = {name: MASK_RULES[name] for name in masks}
        self._recent: deque[_Seen] = deque(maxlen=LONG_DISTANCE)
        self._first: tuple[np.ndarray, np.ndarray] | None = None
        self._count = 0

    def add(
        self, number: int, source: np.ndarray, result: np.ndarray, *, begins_shot: bool
    ) -> dict[str, float]:
        """Measures one frame.

        Args:
            number: of the frame in the source.
            source, result: (H, W, 3) RGB uint8 or uint16, of one size.
            begins_shot: whether a cut is just before it.

        Returns:
            Figures by name (see ``stylecore.evaluation.measures``).
        """
        if begins_shot:
            self._recent.clear()
            self._first, self._count = None, 0
        now = _Seen(number, of_8_bits(source), of_8_bits(result))
        is_chosen = self._count % self._every == min(1, self._every - 1)
        found: dict[str, float] = {}
        before, after = to_float(source), to_float(result)
        if is_chosen or begins_shot or not self._is_sample:
            found = self._cheap(before, after)
        if is_chosen:
            if self._appearance is not None:
                found |= self._appearance.measures(before, after)
            for term, distance in TERMS.items():
                if len(self._recent) >= distance:
                    found |= self._pair(term, now, self._recent[-distance])
        self._recent.append(now)
        self._count += 1
        return found

    def _cheap(self, source: np.ndarray, result: np.ndarray) -> dict[str, float]:
        means = source.mean((0, 1), np.float64), result.mean((0, 1), np.float64)
        if self._first is None:
            self._first = means
        change = [mean - first for mean, first in zip(means, self._first, strict=True)]
        found = {
            "sharpness": sharpness(result),
            "sharpness_source": sharpness(source),
            "drift": float(np.abs(change[1] - change[0]).max()) * 255,
        }
        if not self._is_sample:
            found |= {
                "edges": edges_kept(source, result),
                "grid": grid(result),
                "grid_source": grid(source),
            }
        return found

    def _pair(self, term: str, now: _Seen, then: _Seen) -> dict[str, float]:
        found: dict[str, float] = {}
        sources, results = ((to_float(then.source), to_float(now.source)),
                            (to_float(then.result), to_float(now.result)))  # fmt: skip
        for estimator in self._estimators:
            motions = estimator.there_and_back((now.source, then.source), (now.number, then.number))
            if motions is None:
                continue
            for mask_name, rule in self._masks.items():
                mask = rule(*motions)
                for prefix, pair in (("", results), ("source_", sources)):
                    error = warping_error(*pair, motions[0], mask)
                    found[pair_name(term, estimator.name, mask_name, f"{prefix}mse")] = error
                    found[pair_name(term, estimator.name, mask_name, f"{prefix}rmse")] = math.sqrt(
                        error
                    )
                trusted = float(mask.mean(dtype=np.float64))
                found[pair_name(term, estimator.name, mask_name, "trusted")] = trusted
            if term == SHORT:
                in_result = estimator.of_result(now.result, then.result)
                if in_result is not None:
                    found[tof_name(estimator.name)] = endpoint_error(in_result, motions[0])
        return found
