"""What is measured, in the words of a table; the one list of names.

Names of figures that are measured by several estimators and masks are put together:
``short_dis_strict_rmse`` is the short-term warping error along the motion of ``dis`` where the mask
``strict`` trusts it. The protocol of each is in ``docs/evaluation.md``.
"""

from dataclasses import dataclass
from typing import Literal

SHORT, LONG = "short", "long"
LONG_DISTANCE = 10
"""Frames between the two of a long-term pair."""
MASKS = ("soft", "strict")
TERMS = {SHORT: 1, LONG: LONG_DISTANCE}
Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Measure:
    """A figure of one frame."""

    title: str
    better: Better
    meaning: str


MEASURES = {
    "style": Measure("style distance", "lower", "Gram matrices from those of the nearest style"),
    "style_source": Measure("  of the source", "neither", "the same of the unpainted frame"),
    "strokes": Measure(
        "strokes", "lower", "grey Gram matrices from the style's, over the source's from them"
    ),
    "recognised": Measure("recognised", "higher", "1 where no other picture is nearer in strokes"),
    "rank": Measure("rank", "lower", "place of the style among all pictures, from 1"),
    "content": Measure("content distance", "lower", "features from the source's"),
    "structure": Measure(
        "structure distance", "lower", "how otherwise the frame's places resemble one another"
    ),
    "edges": Measure("edges kept", "higher", "share of the source's edges that are edges still"),
    "sharpness": Measure("sharpness", "neither", "mean gradient of the luminance"),
    "sharpness_source": Measure("  of the source", "neither", "the same of the source"),
    "grid": Measure("grid", "lower", "pattern that repeats within 8 pixels"),
    "grid_source": Measure("  of the source", "neither", "the same of the source"),
    "drift": Measure(
        "drift of colour", "lower",
        "change of the mean colour since the shot's first frame, beyond the source's own, of 255",
    ),
}  # fmt: skip
"""Figures of one frame by itself, in the order of a table."""

EXPLAINED = {
    "rmse": "root of the mean square of result - warped result, over what the mask trusts",
    "ratio": "the same over the source's own: 1 is as steady as the source",
    "tof": "pixels by which the motion in the result differs from the source's",
}


def pair_name(term: str, estimator: str, mask: str, what: str) -> str:
    """Name of a figure of a pair: ``what`` is mse, rmse, source_mse, source_rmse or trusted."""
    return f"{term}_{estimator}_{mask}_{what}"


def tof_name(estimator: str) -> str:
    return f"tof_{estimator}"
