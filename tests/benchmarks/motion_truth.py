"""How right the judges of motion and of visibility are, where the truth is known.

    python -m tests.benchmarks.motion_truth [--flow ../shared/media/flow] [--frames 8]

The demo clip's program knows the motion of every point and whether it is seen in both frames;
Middlebury's pairs come with their motion, MPI Sintel's (a folder ``sintel`` with NAME/frame1.png,
frame2.png, flow.flo and occlusions.png) with what is hidden too. The error is the mean end-point
error over pixels whose motion is known, in the demo over those that are seen in both frames.

Two questions are asked of a mask. *Seen*: is what it trusts seen in both frames? *Right*: is the
motion of what it trusts right within a pixel? Precision is the share of its trust that is; recall
the share of what is that it trusts, each pixel counted for as much as it is trusted.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.make_demo import CUT, exact_motion, render_frame
from stylecore.arrays.metrics import endpoint_error, precision_and_recall
from stylecore.arrays.motion import consistency_mask, strict_mask
from stylecore.evaluation.estimators import ESTIMATORS, FLO_UNKNOWN, read_flo
from stylecore.media import read_picture

RIGHT_WITHIN = 1.0
"""Pixels."""
MASKS = {"soft": consistency_mask, "strict": strict_mask}


@dataclass(frozen=True)
class Pair:
    """Two frames, and the true motion from the first towards the second."""

    name: str
    frames: tuple[np.ndarray, np.ndarray]
    motion: np.ndarray
    known: np.ndarray
    """(H, W) bool: where the motion is known."""
    seen: np.ndarray | None = None
    """(H, W) 0 or 1: whether a point is seen in both frames; None where that is not known."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flow", type=Path, default=Path("../shared/media/flow"))
    parser.add_argument("--frames", type=int, default=8, help="pairs of the demo clip, each way")
    arguments = parser.parse_args()
    print(f"{'pairs':24}{'judge':11}{'error':>7}  {'mask':7}{'seen: prec.':>12}{'recall':>8}"
          f"{'right: prec.':>14}{'recall':>8}")  # fmt: skip
    for distance in (1, 10):
        _print(f"demo clip, i={distance}", list(_demo_pairs(arguments.frames, distance)))
    for pair in (*_middlebury_pairs(arguments.flow), *_sintel_pairs(arguments.flow)):
        _print(pair.name, [pair])


def _print(name: str, pairs: list[Pair]) -> None:
    for judge, estimate in ESTIMATORS.items():
        errors, figures = [], {mask: list[list[float]]() for mask in MASKS}
        for pair in pairs:
            one, other = pair.frames
            backward, forward = estimate(one, other), estimate(other, one)
            counted = pair.known if pair.seen is None else pair.known & (pair.seen > 0)
            errors.append(endpoint_error(backward, pair.motion, counted.astype(np.float32)))
            for mask, rule in MASKS.items():
                figures[mask].append(_mask_figures(rule(backward, forward), backward, pair))
        for mask, rows in figures.items():
            cells = [f"{value:.3f}" if value >= 0 else "-" for value in np.mean(rows, axis=0)]
            print(
                f"{name:24}{judge:11}{np.mean(errors):7.3f}  {mask:7}"
                f"{cells[0]:>12}{cells[1]:>8}{cells[2]:>14}{cells[3]:>8}",
                flush=True,
            )


def _mask_figures(mask: np.ndarray, motion: np.ndarray, pair: Pair) -> list[float]:
    """Precision and recall of seen, then of right; -1 where the truth is not known."""
    seen = (-1.0, -1.0)
    if pair.seen is not None:
        seen = precision_and_recall(mask, pair.seen)
    lengths = np.hypot(*np.moveaxis(motion - pair.motion, -1, 0))
    right = (lengths <= RIGHT_WITHIN).astype(np.float64)
    return [*seen, *precision_and_recall(mask, right, pair.known)]


def _demo_pairs(count: int, distance: int) -> Iterator[Pair]:
    """Pairs of the first shot, evenly spread."""
    for number in np.linspace(distance, CUT - 1, count).round().astype(int):
        motion, seen = exact_motion(int(number), int(number) - distance)
        frames = render_frame(int(number)), render_frame(int(number) - distance)
        yield Pair("demo", frames, motion, np.ones(seen.shape, bool), seen)


def _middlebury_pairs(folder: Path) -> Iterator[Pair]:
    for path in sorted((folder / "middlebury").glob("*/flow10.flo")):
        motion = read_flo(path)
        known = np.abs(motion).max(-1) < FLO_UNKNOWN
        one, other = (read_picture(path.with_name(f"frame{number}.png")) for number in (10, 11))
        yield Pair(f"Middlebury {path.parent.name}", (one, other), np.where(
            known[..., None], motion, 0
        ), known)  # fmt: skip


def _sintel_pairs(folder: Path) -> Iterator[Pair]:
    for path in sorted((folder / "sintel").glob("*/flow.flo")):
        one, other = (read_picture(path.with_name(f"frame{number}.png")) for number in (1, 2))
        motion = read_flo(path)
        hidden = read_picture(path.with_name("occlusions.png"))[..., 0] > 0.5
        seen = (~hidden).astype(np.float64)
        known = np.ones(seen.shape, bool)
        yield Pair(f"Sintel {path.parent.name}", (one, other), motion, known, seen)


if __name__ == "__main__":
    main()
