"""From the figures of frames to those of shots and of the whole, and to what stands out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

PROTOCOL_VERSION = 1
"""Raised whenever a figure of the same name means something else."""
DEVIATIONS = 6.0
"""A figure stands out if it is further from the median than so many robust standard deviations."""
NORMAL_OF_MAD = 1.4826
"""Standard deviation of normal numbers over their median absolute deviation."""
NOTABLE = 1.25
"""... and if it is so many times the median at least."""
MOST_OUTLIERS = 12
STABLE = ("content", "structure", "style", "drift")
LEAST_DRIFT = 3.0
"""Of 255: less is not seen."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class FrameFigures(_Model):
    """What was measured of one frame."""

    frame: int
    """Number in the source, from 0."""
    time: float
    """Seconds at which it is shown in the result."""
    shot: int
    """From 1."""
    figures: dict[str, float]


class ShotFigures(_Model):
    """Means over the frames [start, stop) of a shot."""

    shot: int
    start: int
    stop: int
    figures: dict[str, float]


class Outlier(_Model):
    """A frame whose figure is far from those of the others."""

    figure: str
    frame: int
    time: float
    shot: int
    value: float
    usual: float
    """Median of all frames."""


class Evaluation(_Model):
    """The verdict on a result; the content of the JSON file."""

    protocol: int = PROTOCOL_VERSION
    source: str
    result: str
    styles: tuple[str, ...]
    size: tuple[int, int]
    """Width and height at which everything was measured."""
    frames: int
    features: str
    """Network that style and content were judged by."""
    estimators: tuple[str, ...]
    every: int
    figures: dict[str, float]
    """Means over all frames."""
    shots: tuple[ShotFigures, ...]
    outliers: tuple[Outlier, ...]
    by_frame: tuple[FrameFigures, ...]


def summarised(frames: Sequence[FrameFigures], **facts: Any) -> Evaluation:
    """The verdict from what was measured of each frame.

    Args:
        frames: in order.
        facts: the other fields of ``Evaluation``.
    """
    numbers = sorted({frame.shot for frame in frames})
    shots = []
    for number in numbers:
        own = [frame for frame in frames if frame.shot == number]
        figures = means(frame.figures for frame in own)
        shots.append(
            ShotFigures(shot=number, start=own[0].frame, stop=own[-1].frame + 1, figures=figures)
        )
    return Evaluation(
        frames=len(frames),
        figures=means(frame.figures for frame in frames),
        shots=tuple(shots),
        outliers=tuple(outliers(frames)),
        by_frame=tuple(frames),
        **facts,
    )


def means(figures: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Mean of every figure over the frames that have it, and the ratios to the source's own.

    A ratio is the quotient of the two means of roots; it is missing where the source's own error is
    0 and the result's is not.
    """
    values: dict[str, list[float]] = {}
    for one in figures:
        for name, value in one.items():
            values.setdefault(name, []).append(value)
    found = {name: float(np.mean(all_of)) for name, all_of in values.items()}
    for name in [name for name in found if name.endswith("_rmse") and "_source_" not in name]:
        own = found[name.removesuffix("rmse") + "source_rmse"]
        if own > 0 or found[name] == 0:
            ratio = found[name] / own if own > 0 else 1.0
            found[f"{name.removesuffix('rmse')}ratio"] = ratio
    return found


def outliers(frames: Sequence[FrameFigures]) -> list[Outlier]:
    """Frames that a person should look at, those that stand out most first.

    Looked at are what the result adds to the source's own warping errors, and the figures that
    change little from frame to frame in a good result.
    """
    found: list[tuple[float, Outlier]] = []
    for name, added in _watched(frames).items():
        values = np.array([value for _, value in added])
        usual = float(np.median(values))
        deviation = NORMAL_OF_MAD * float(np.median(np.abs(values - usual)))
        least = max(NOTABLE * usual, LEAST_DRIFT if name == "drift" else 1e-3)
        for frame, value in added:
            excess = (value - usual) / max(deviation, 1e-6)
            if excess > DEVIATIONS and value > least:
                outlier = Outlier(
                    figure=name, frame=frame.frame, time=frame.time, shot=frame.shot, value=value,
                    usual=usual,
                )  # fmt: skip
                found.append((excess, outlier))
    found.sort(key=lambda pair: -pair[0])
    return [outlier for _, outlier in found[:MOST_OUTLIERS]]


def _watched(frames: Sequence[FrameFigures]) -> dict[str, list[tuple[FrameFigures, float]]]:
    watched: dict[str, list[tuple[FrameFigures, float]]] = {}
    for frame in frames:
        for name, value in frame.figures.items():
            if name.endswith("_soft_rmse") and "_source_" not in name:
                value -= frame.figures[name.removesuffix("rmse") + "source_rmse"]
                name = name.removesuffix("_rmse") + "_excess"
            elif name not in STABLE:
                continue
            watched.setdefault(name, []).append((frame, value))
    return watched
