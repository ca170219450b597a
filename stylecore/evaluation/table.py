"""A verdict as a table of text."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from stylecore.evaluation.measures import MASKS, MEASURES, TERMS, pair_name, tof_name
from stylecore.evaluation.summary import Evaluation, Outlier

MOST_SHOTS = 6
"""More do not fit beside one another: then the table holds the whole alone."""
LABEL_WIDTH, CELL_WIDTH = 28, 16

Figures = Mapping[str, float]


def written_table(found: Evaluation) -> str:
    """Lines of at most 28 + 16 characters for each column; figures as in the JSON."""
    shots = found.shots if len(found.shots) <= MOST_SHOTS else ()
    columns = [("all", found.figures)]
    if len(found.shots) > 1:
        columns += [(f"shot {shot.shot}", shot.figures) for shot in shots]
    lines = list(_heading(found))
    lines += ["", _line("", [title for title, _ in columns])]
    for label, cells in _rows(found, [figures for _, figures in columns]):
        lines.append(_line(label, cells))
    if found.outliers:
        lines += ["", "frames to look at"]
        lines += [f"  {_described(outlier)}" for outlier in found.outliers]
    return "\n".join(lines) + "\n"


def _heading(found: Evaluation) -> Iterator[str]:
    count = "1 shot" if len(found.shots) == 1 else f"{len(found.shots)} shots"
    size = f"{found.size[0]}x{found.size[1]}"
    yield f"{found.result} of {found.source}: {found.frames} frames, {count}, judged at {size}"
    if found.styles:
        yield f"style {', '.join(found.styles)}, features {found.features}"
    if found.every > 1:
        yield f"motion, style and content at every {found.every}th frame of a shot"
    yield "warping error: root mean square of what changes along the motion (x the source's own)"


def _rows(found: Evaluation, columns: list[Figures]) -> Iterator[tuple[str, list[str]]]:
    for term, distance in TERMS.items():
        for estimator in found.estimators:
            for mask in MASKS:
                rmse, ratio = (pair_name(term, estimator, mask, what) for what in ("rmse", "ratio"))
                if rmse in found.figures:
                    label = f"{term} i={distance} {estimator} {mask}"
                    yield label, [_with_ratio(figures, rmse, ratio) for figures in columns]
    for estimator in found.estimators:
        if (name := tof_name(estimator)) in found.figures:
            yield f"tOF {estimator} (pixels)", [_number(figures.get(name)) for figures in columns]
    for name, measure in MEASURES.items():
        if name in found.figures:
            yield measure.title, [_number(figures.get(name)) for figures in columns]


def _with_ratio(figures: Figures, rmse: str, ratio: str) -> str:
    if rmse not in figures:
        return "-"
    times = f" x{figures[ratio]:.2f}" if ratio in figures else ""
    return f"{_number(figures[rmse])}{times}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _line(label: str, cells: list[str]) -> str:
    return (f"{label:<{LABEL_WIDTH}}" + "".join(f"{cell:>{CELL_WIDTH}}" for cell in cells)).rstrip()


def _described(outlier: Outlier) -> str:
    return (
        f"frame {outlier.frame} at {clock(outlier.time)}, shot {outlier.shot}: "
        f"{outlier.figure} {_number(outlier.value)}, usually {_number(outlier.usual)}"
    )


def clock(seconds: float) -> str:
    """``1:02:03.045``, or ``0:03.045`` within the first hour."""
    whole = round(Fraction(seconds) * 1000)
    minutes, rest = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    clocked = f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{hours}:{clocked}" if hours else clocked.removeprefix("0")
