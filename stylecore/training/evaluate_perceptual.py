"""Measures the compact perceptual network against a teacher, on pictures it was not trained on.

    python -m stylecore.training.evaluate_perceptual --training DIR DIR --pictures DIR DIR \
        --teacher vgg19 [--optimise CONTENT STYLE ...]

prints a table with a line for each layer: the cosine between the Gram matrices of the teacher's
features and of what a 1x1 projection with ReLU makes of the student's, and the share of the
teacher's variance that the projection explains. The projections are fitted to training pictures
here, whatever they were in training. With ``--optimise`` it also paints pictures once with each
network and judges both with the teacher, and times one step beside a full-width VGG19.
"""

import argparse
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.arrays.images import at_side
from stylecore.engines.base import FrameInput
from stylecore.engines.gatys.engine import GatysEngine
from stylecore.media import read_picture
from stylecore.networks.features import load_features
from stylecore.networks.vgg import build_vgg
from stylecore.settings import GATYS_STYLE_LAYERS, GatysSettings
from stylecore.training.judging import Features, paint, pictures_in, style_distance
from stylecore.training.teachers import load_teacher

LAYERS = (*GATYS_STYLE_LAYERS, "block4_conv2")
LONGER_SIDE = 384
FITTED_PICTURES = 100
PLACES_A_PICTURE = 400
RIDGE = 1e-4
CENSORED_ROUNDS = 8
TIMED_STEPS = 5


@dataclass(frozen=True)
class Projection:
    """relu(F K + b): from a student's features to a teacher's, of unit mean activation."""

    kernel: np.ndarray
    bias: np.ndarray
    scale: np.ndarray
    """1 / mean activation of the teacher's channels."""

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return np.maximum(features @ self.kernel + self.bias, 0)


@dataclass(frozen=True)
class Agreement:
    """Of student and teacher at one layer: the mean over pictures, and the worst."""

    gram_cosine: float
    worst_gram_cosine: float
    explained: float
    """1 - |P - T|² / |T - mean(T)|² over all pictures and channels."""


def fit_projections(
    student: Features, teacher: Features, pictures: Iterable[np.ndarray], *, seed: int = 0
) -> dict[str, Projection]:
    """The best projection of each layer, from random places of (H, W, 3) pictures in [0, 1]."""
    random = np.random.default_rng(seed)
    rows: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in LAYERS}
    for picture in pictures:
        for name, (features, target) in _activations(student, teacher, picture).items():
            count = min(len(target), PLACES_A_PICTURE)
            places = random.choice(len(target), count, replace=False)
            rows[name].append((features[places], target[places]))
    return {
        name: _fit(*(np.concatenate(side) for side in zip(*found, strict=True)))
        for name, found in rows.items()
    }


def agreements(
    student: Features,
    teacher: Features,
    projections: Mapping[str, Projection],
    pictures: Iterable[np.ndarray],
) -> dict[str, Agreement]:
    """How well the projected student tells what the teacher tells, by layer name."""
    cosines: dict[str, list[float]] = {name: [] for name in projections}
    errors: dict[str, list[tuple[float, float]]] = {name: [] for name in projections}
    for picture in pictures:
        for name, (features, target) in _activations(student, teacher, picture).items():
            target = target * projections[name].scale
            projected = projections[name](features)
            cosines[name].append(gram_cosine(projected, target))
            spread = np.square(target - target.mean(0)).mean()
            errors[name].append((float(np.square(projected - target).mean()), float(spread)))
    return {
        name: Agreement(
            float(np.mean(cosines[name])),
            min(cosines[name]),
            1 - sum(error for error, _ in errors[name]) / sum(spread for _, spread in errors[name]),
        )
        for name in projections
    }


def gram_cosine(features: np.ndarray, target: np.ndarray) -> float:
    """Cosine between the Gram matrices of two (places, C) activations, as vectors."""
    a, b = (values.T @ values for values in (features, target))
    return float(np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-12))


def step_seconds(features: Features, shape: tuple[int, int]) -> float:
    """Time of one optimisation step at (height, width) after the first ones."""
    random = np.random.default_rng(0)
    content = random.random((*shape, 3), np.float32)
    times = {}
    for steps in (TIMED_STEPS, 3 * TIMED_STEPS):
        engine = GatysEngine(GatysSettings(iterations=steps), features=features)
        engine.prepare([content], shape=shape)
        frame = FrameInput(
            number=1,
            content=content,
            previous=content,
            warped=content,
            mask=np.ones(shape, np.float32),
        )
        engine.render(frame)
        began = time.perf_counter()
        engine.render(frame)
        times[steps] = time.perf_counter() - began
    return (times[3 * TIMED_STEPS] - times[TIMED_STEPS]) / (2 * TIMED_STEPS)


def _activations(
    student: Features, teacher: Features, picture: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Layer name -> (places, C) of the student and (places, D) of the teacher."""
    seen, wanted = student(picture[None]), teacher(picture[None])
    found = {}
    for name in LAYERS:
        a, b = (ops.convert_to_numpy(ops.cast(side[name], "float32"))[0] for side in (seen, wanted))
        height, width = (min(sizes) for sizes in zip(a.shape[:2], b.shape[:2], strict=True))
        found[name] = tuple(side[:height, :width].reshape(height * width, -1) for side in (a, b))
    return found


def _fit(features: np.ndarray, target: np.ndarray) -> Projection:
    """Least squares behind a ReLU.

    Where the target is 0, any value below is as good: there the values fitted so far take its place
    as long as they are negative, and the fit is made again.
    """
    mean = target.mean(0)
    scale = 1 / np.maximum(mean, 0.1 * mean.mean())
    inputs = np.hstack([features, np.ones((len(features), 1))]).astype(np.float64)
    covariance = inputs.T @ inputs
    covariance += RIDGE * np.diag(np.diag(covariance) + covariance.trace() / len(covariance))
    solver = np.linalg.solve(covariance, inputs.T)
    wanted = goal = target * scale
    for _ in range(CENSORED_ROUNDS):
        kernel = solver @ goal
        goal = np.where(wanted > 0, wanted, np.minimum(inputs @ kernel, 0))
    return Projection(kernel[:-1].astype(np.float32), kernel[-1].astype(np.float32), scale)


def _print_agreements(student: Features, teacher: Features, options: argparse.Namespace) -> None:
    training = pictures_in(options.training, LONGER_SIDE, most=FITTED_PICTURES)
    projections = fit_projections(student, teacher, training)
    found = agreements(student, teacher, projections, pictures_in(options.pictures, LONGER_SIDE))
    print(f"{'layer':14} {'Gram cosine':>11} {'worst':>7} {'explained':>10}")
    for name, layer in found.items():
        print(
            f"{name:14} {layer.gram_cosine:11.3f} {layer.worst_gram_cosine:7.3f} "
            f"{layer.explained:10.3f}"
        )


def _print_optimised(
    student: Features, teacher: Features, pairs: Sequence[tuple[Path, Path]], side: int
) -> None:
    ratios = []
    for paths in pairs:
        picture, painting = (at_side(read_picture(path), side) for path in paths)
        mine, ideal = (
            style_distance(teacher, paint(network, picture, painting), painting)
            for network in (student, teacher)
        )
        ratios.append(mine / ideal)
        print(
            f"{paths[0].stem} in {paths[1].stem}: style distance by the teacher, optimised on "
            f"student / on teacher: {mine:.4f} / {ideal:.4f} = {ratios[-1]:.2f}"
        )
    print(f"mean ratio {np.mean(ratios):.2f}")


def _print_step(student: Features, side: int) -> None:
    wide = build_vgg("vgg19", deepest=max(LAYERS))
    seconds = [step_seconds(network, (side, side)) for network in (student, wide)]
    print(
        f"one step at {side}x{side}, student / VGG19: {seconds[0]:.3f} s / {seconds[1]:.3f} s, "
        f"{seconds[1] / seconds[0]:.1f} times faster"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the evaluation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--training", type=Path, nargs="+", required=True, help="folders to fit projections to"
    )
    parser.add_argument(
        "--pictures", type=Path, nargs="+", required=True, help="folders to measure on"
    )
    parser.add_argument("--weights", type=Path, help="of the student; those that ship by default")
    parser.add_argument("--teacher", choices=("vgg19", "mixed"), default="vgg19")
    parser.add_argument("--teacher-weights", type=Path, help="file (vgg19) or folder (mixed)")
    parser.add_argument(
        "--optimise", type=Path, nargs=2, action="append", default=[],
        metavar=("CONTENT", "STYLE"), help="pictures to paint; may be given again",
    )  # fmt: skip
    parser.add_argument("--side", type=int, default=256, help="longer side of what is painted")
    options = parser.parse_args(arguments)
    student = load_features("compact", LAYERS, weights=options.weights)
    teacher: keras.Model = load_teacher(options.teacher, options.teacher_weights, LAYERS).model
    _print_agreements(student, teacher, options)
    if options.optimise:
        _print_optimised(student, teacher, options.optimise, options.side)
        _print_step(student, options.side)


if __name__ == "__main__":
    main()
