"""How long the tutorial's loop takes to the loss that our frames reach, on one clip, in one run.

    python -m tests.benchmarks.time_to_loss [--frames 24] [--size 240]

Both minimise the same loss of the same features. The tutorial's loop starts every frame from the
source and takes 200 steps (4 epochs of 50) of Adam with its hyper-parameters, in one compiled step.
Ours is the engine as it comes: the first frame from coarse to fine, the later ones from the frame
before, the estimate of motion included. The loss is content + style + total variation; what the
temporal loss costs ours counts against it. A frame on which the tutorial never gets there counts
with all its steps, so that the ratio is "at least".
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np
from keras import ops

from data.make_demo import render_frame
from stylecore.arrays.images import fitted_size, resize, to_float, to_integers
from stylecore.arrays.motion import consistency_mask, estimate_motion, warp
from stylecore.engines import FrameInput
from stylecore.engines.gatys.engine import GatysEngine
from stylecore.engines.gatys.objective import Objective
from stylecore.engines.gatys.targets import Targets
from stylecore.media import read_picture
from stylecore.networks.backend import compiled
from stylecore.networks.features import load_features
from stylecore.settings import GatysSettings

PIXELS = 10**8
STEPS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", type=int, default=240)
    parser.add_argument("--style", type=Path, default=Path("data/styles/brush_strokes.jpg"))
    arguments = parser.parse_args()
    style = read_picture(arguments.style)
    size = fitted_size(480, 270, arguments.size)
    frames = [resize(render_frame(number), size) for number in range(arguments.frames)]
    settings = GatysSettings()
    layers = sorted({*settings.style_layers, *settings.content_layers})
    judge = Objective(load_features(settings.features, layers), settings, temporal=0)
    styles = judge.targets.of_styles([style], frames[0].shape[:2], pixels=PIXELS)
    targets = [judge.targets.of_frame(frame, styles, pixels=PIXELS) for frame in frames]

    images, ours = painted_by_us(frames, style, settings)
    reached = [
        float(judge.gradient(ops.convert_to_tensor(image[None]), target)[0]["total"])
        for image, target in zip(images, targets, strict=True)
    ]
    theirs = tutorial(judge, frames, targets)
    seconds, missed, last = 0.0, 0, []
    for wanted, curve in zip(reached, theirs, strict=True):
        there = [moment for moment, loss in curve if loss <= wanted]
        seconds += there[0] if there else curve[-1][0]
        missed += not there
        last.append(curve[-1][1])
    print(f"{len(frames)} frames of {size[0]}x{size[1]}")
    print(f"mean loss: ours {np.mean(reached):.4f}, the tutorial's loop {np.mean(last):.4f}")
    print(f"ours {sum(ours):.1f} s; tutorial's loop to the same loss {seconds:.1f} s "
          f"(not reached on {missed} frames); ratio {seconds / sum(ours):.1f}")  # fmt: skip
    loop = np.mean([curve[-1][0] for curve in theirs])
    print(f"a later frame: ours {np.mean(ours[1:]):.2f} s, the tutorial's loop {loop:.2f} s")


def painted_by_us(
    frames: list[np.ndarray], style: np.ndarray, settings: GatysSettings
) -> tuple[list[np.ndarray], list[float]]:
    """Our frames, and the seconds that each took with its motion."""
    engine = GatysEngine(settings)
    engine.prepare([style], shape=frames[0].shape[:2])
    first = FrameInput(number=0, content=frames[0])
    warm, _ = engine.render(first)
    engine.render(later(1, frames, warm))  # compiles
    images: list[np.ndarray] = []
    seconds = []
    for number in range(len(frames)):
        began = time.perf_counter()
        frame = later(number, frames, images[-1]) if images else first
        image, _ = engine.render(frame)
        seconds.append(time.perf_counter() - began)
        images.append(to_float(to_integers(image, bit_depth=8)))
    return images, seconds


def later(number: int, frames: list[np.ndarray], previous: np.ndarray) -> FrameInput:
    backward = estimate_motion(frames[number], frames[number - 1])
    forward = estimate_motion(frames[number - 1], frames[number])
    return FrameInput(
        number=number,
        content=frames[number],
        previous=previous,
        warped=warp(previous, backward),
        mask=consistency_mask(backward, forward),
    )


def tutorial(
    judge: Objective, frames: list[np.ndarray], targets: list[Targets]
) -> list[list[tuple[float, float]]]:
    """For each frame, (seconds since its start, loss) after every step."""
    image = keras.Variable(frames[0][None])
    optimiser = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)
    optimiser.build([image])

    def step(target: Targets) -> float:
        terms, gradient = judge.gradient(image.value, target)
        optimiser.apply([gradient], [image])
        image.assign(ops.clip(image, 0.0, 1.0))
        return terms["total"]

    step = compiled(step)
    step(targets[0])
    curves = []
    for frame, target in zip(frames, targets, strict=True):
        image.assign(frame[None])
        for variable in optimiser.variables:
            variable.assign(ops.zeros_like(variable))
        optimiser.learning_rate.assign(0.02)
        began, curve = time.perf_counter(), []
        for _ in range(STEPS):
            curve.append((time.perf_counter() - began, float(step(target))))
        curves.append(curve)
    return curves


if __name__ == "__main__":
    main()
