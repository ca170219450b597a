"""The curves of a report, each with a value or none for every point of one common axis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stylecore.evaluation import FrameFigures

MOST_POINTS = 2000
DIGITS = 4
"""Significant ones that a value is given with."""
Value = Callable[[int], float | None]
"""Of a frame, by its number; None where there is none."""


@dataclass(frozen=True)
class Line:
    """One line of a chart."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """Lines that share a scale."""

    title: str
    meaning: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Curves:
    """All charts."""

    frames: tuple[int, ...]
    """Number in the source of the first frame of each point."""
    times: tuple[float, ...]
    """Seconds of the same."""
    charts: tuple[Chart, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


CHARTS = (
    ("Change along the motion, short", "neighbouring frames; lower is steadier", (
        ("result", "short_dis_strict_rmse"), ("source", "short_dis_strict_source_rmse"),
    )),
    ("Change along the motion, long", "ten frames apart; lower is steadier", (
        ("result", "long_dis_strict_rmse"), ("source", "long_dis_strict_source_rmse"),
    )),
    ("Sharpness", "mean gradient of the luminance", (
        ("result", "sharpness"), ("source", "sharpness_source"),
    )),
    ("Drift of colour", "since the shot's first frame, beyond the source's, of 255", (
        ("result", "drift"),
    )),
)  # fmt: skip
"""Title, meaning and lines of the charts of measures."""
LOSSES = ("total", "style", "content", "temporal")
"""Losses that come first; others follow by name."""


def drawn_curves(
    frames: Sequence[tuple[int, float]],
    figures: Sequence[FrameFigures],
    records: Mapping[int, Mapping[str, Any]],
    pace: Mapping[int, float],
) -> Curves:
    """The charts of what was measured and of how frames were made.

    Args:
        frames: (number, seconds) of every frame of the result.
        figures: of those that were measured.
        records: of the frames as the store keeps them.
        pace: seconds that each took.
    """
    stride = max(1, -(-len(frames) // MOST_POINTS))
    measured = {one.frame: one.figures for one in figures}
    axis = _Axis([number for number, _ in frames], stride)
    charts = []
    for title, meaning, lines in CHARTS:
        drawn = [(name, axis.line(_by_number(measured, key))) for name, key in lines]
        charts.append(_chart(title, meaning, drawn))
    losses = {number: record.get("losses", {}) for number, record in records.items()}
    known = {name for one in losses.values() for name in one}
    ordered = [name for name in LOSSES if name in known] + sorted(known.difference(LOSSES))
    for name in ordered:
        line = axis.line(_by_number(losses, name))
        charts.append(_chart(f"Loss: {name}", "last value of the optimisation", [("loss", line)]))
    charts.append(
        _chart("Seconds a frame", "from one stored frame to the next", [
            ("seconds", axis.line(pace.get)),
        ])
    )  # fmt: skip
    return Curves(
        frames=tuple(number for number, _ in frames[::stride]),
        times=tuple(round(time, 4) for _, time in frames[::stride]),
        charts=tuple(chart for chart in charts if chart is not None),
    )


def _by_number(values: Mapping[int, Mapping[str, float]], name: str) -> Value:
    return lambda number: values.get(number, {}).get(name)


class _Axis:
    """Points of one or more frames; the largest value of them is a point's."""

    def __init__(self, numbers: Sequence[int], stride: int) -> None:
        self._numbers = numbers
        self._stride = stride

    def line(self, value: Value) -> tuple[float | None, ...]:
        found: list[float | None] = []
        for first in range(0, len(self._numbers), self._stride):
            known = [
                float(one) for number in self._numbers[first : first + self._stride]
                if (one := value(number)) is not None
            ]  # fmt: skip
            found.append(float(f"{max(known):.{DIGITS}g}") if known else None)
        return tuple(found)


def _chart(
    title: str, meaning: str, lines: Sequence[tuple[str, tuple[float | None, ...]]]
) -> Chart | None:
    """None where there is nothing to draw."""
    drawn = tuple(
        Line(name, values) for name, values in lines if any(value is not None for value in values)
    )
    return Chart(title, meaning, drawn) if drawn else None
