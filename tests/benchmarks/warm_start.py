"""What a warm start along the motion is worth, on the demo clip, whose motion is exactly known.

    python -m tests.benchmarks.warm_start [--frames 16] [--style data/styles/brush_strokes.jpg]

All runs share the first frame's settings; only what a later frame starts from, and whether the
temporal loss holds it, differ. The warp between frames is exact, so that this measures the engine
and not the estimate of motion.
"""

import argparse
from pathlib import Path

import numpy as np

from data.make_demo import exact_motion, render_frame
from stylecore.config import GatysSettings
from stylecore.engines import FrameInput
from stylecore.engines.gatys import GatysEngine
from stylecore.images import to_float, to_integers
from stylecore.media import read_picture
from stylecore.metrics import sharpness, warping_error
from stylecore.motion import warp

RUNS = {
    "previous": GatysSettings(start="previous"),
    "flow, no temporal loss": GatysSettings(start="flow", temporal_weight=0),
    "flow": GatysSettings(start="flow"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--style", type=Path, default=Path("data/styles/brush_strokes.jpg"))
    arguments = parser.parse_args()
    style = read_picture(arguments.style)
    frames = [stored(render_frame(number)) for number in range(arguments.frames)]
    motions = [exact_motion(number, number - 1) for number in range(1, arguments.frames)]
    print(f"source's own warping error {mean_warping_error(frames, motions):.2e}")
    print(f"{'start':24}{'warping error':>15}{'style loss':>12}{'sharpness':>11}{'s/frame':>9}")
    for name, settings in RUNS.items():
        results, style_losses, seconds = stylised(frames, motions, style, settings)
        error = mean_warping_error(results, motions)
        print(
            f"{name:24}{error:15.2e}{np.mean(style_losses):12.5f}"
            f"{np.mean([sharpness(image) for image in results]):11.4f}{np.mean(seconds):9.2f}",
            flush=True,
        )


def stylised(
    frames: list[np.ndarray],
    motions: list[tuple[np.ndarray, np.ndarray]],
    style: np.ndarray,
    settings: GatysSettings,
) -> tuple[list[np.ndarray], list[float], list[float]]:
    """Results of one shot, and the style loss and the seconds of every frame but the first."""
    engine = GatysEngine(settings)
    engine.prepare([style], shape=frames[0].shape[:2])
    first, _ = engine.render(FrameInput(number=0, content=frames[0]))
    results, style_losses, seconds = [stored(first)], [], []
    for number, (motion, mask) in enumerate(motions, start=1):
        previous = results[-1]
        frame = FrameInput(
            number=number,
            content=frames[number],
            previous=previous,
            warped=warp(previous, motion),
            mask=mask,
        )
        image, record = engine.render(frame)
        results.append(stored(image))
        style_losses.append(record.losses["style"])
        seconds.append(record.seconds)
    return results, style_losses, seconds


def mean_warping_error(
    frames: list[np.ndarray], motions: list[tuple[np.ndarray, np.ndarray]]
) -> float:
    pairs = zip(frames, frames[1:], motions, strict=False)
    return float(np.mean([warping_error(a, b, motion, mask) for a, b, (motion, mask) in pairs]))


def stored(image: np.ndarray) -> np.ndarray:
    """As it comes back from the store: 8 bits a channel."""
    return to_float(to_integers(image, bit_depth=8))


if __name__ == "__main__":
    main()
