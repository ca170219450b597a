"""Trains the compact perceptual network: its features learn to tell what a large network's tell.

    python -m stylecore.training.perceptual --content DIR --style DIR --teacher vgg19 --out DIR

Runs on every Keras backend. A stopped run goes on from its last checkpoint when it is started
again, with the result it would have had. The loss is that of ``stylecore.training.distillation``.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.networks.perceptual import build_compact
from stylecore.training.distillation import (
    LAYER_SHARE,
    Distiller,
    channel_statistics,
    standardise_channels,
)
from stylecore.training.pictures import Crops, load_pictures
from stylecore.training.teachers import Teacher, load_teacher

WEIGHTS_FILE = "compact_perceptual.npz"
LOG_FILE = "log.jsonl"
STATISTICS_BATCHES = 16
CALIBRATION_BATCHES = 16
EMA_MOMENTUM = 0.998
PEAKED = 2.5
"""A channel's root mean square is at most this many times its scaled mean: the square of a rare,
strong activation would rule a Gram matrix, and a few places of a picture could satisfy it."""
RARE = 0.25
"""For the same reason no channel counts as weaker than this share of its layer's median."""


class Export(keras.callbacks.Callback):
    """After each epoch writes the averaged student, ready for use, and a line of the log."""

    def __init__(self, out: Path, calibration: np.ndarray) -> None:
        super().__init__()
        self.out = out
        self.calibration = calibration

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        live = self.model.get_weights()
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        weights = normalised_weights(self.model.student, self.calibration)
        self.model.set_weights(live)
        save_weights(weights, self.out / WEIGHTS_FILE)
        with (self.out / LOG_FILE).open("a") as log:
            log.write(json.dumps({"epoch": epoch + 1, **(logs or {})}) + "\n")


def normalised_weights(student: keras.Model, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """The student's weights, rescaled so that channels have a mean activation of 1.

    Scaling a channel by a > 0 before its ReLU scales its activation by a; the next layer's kernel
    takes 1 / a in turn, so the function the network computes stays the same.
    """
    model = build_compact()
    model.set_weights(student.get_weights())
    activations = model(pictures)
    weights = {}
    incoming = np.ones(3, np.float32)
    for name, features in activations.items():
        kernel, bias = (np.array(value) for value in model.get_layer(name).get_weights())
        values = ops.cast(features, "float32")
        mean = ops.convert_to_numpy(ops.mean(values, (0, 1, 2)))
        square = ops.convert_to_numpy(ops.mean(ops.square(values), (0, 1, 2)))
        size = np.maximum(mean, np.sqrt(square) / PEAKED)
        active = size[size > 0]  # a channel that never fires keeps a finite weight
        scale = 1 / np.maximum(size, RARE * (np.median(active) if active.size else 1.0))
        weights[f"{name}/kernel"] = kernel / incoming[:, None] * scale
        weights[f"{name}/bias"] = bias * scale
        incoming = scale
    return weights


def save_weights(weights: dict[str, np.ndarray], path: Path) -> None:
    """Writes the weights as float16, whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        halves = {key: value.astype(np.float16) for key, value in weights.items()}
        np.savez_compressed(file, **halves)  # type: ignore[arg-type]
    temporary.replace(path)


def train(
    content: Path,
    style: Path,
    out: Path,
    *,
    teacher: Teacher,
    steps: int = 20_000,
    epoch_steps: int = 250,
    batch: int = 8,
    crop: int = 128,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> None:
    """Trains, or goes on training, and exports the weights after each epoch.

    Args:
        content: folder of photographs.
        style: folder of artworks and textures.
        out: folder for checkpoints, ``log.jsonl`` and ``compact_perceptual.npz``.
        teacher: what the student learns from; see ``load_teacher``.
        steps: of the optimiser in all, those before an interruption included.
        epoch_steps: steps between two checkpoints.
        batch: crops a step.
        crop: side of a crop in pixels, at least 32.
        learning_rate: the largest; reached over the first steps, then falling on a half cosine.
        seed: of the weights and of the crops.

    Raises:
        MediaError: a folder holds no pictures.
    """
    keras.utils.set_random_seed(seed)
    crops = Crops(
        load_pictures(content), load_pictures(style),
        crop=crop, batch=batch, batches=epoch_steps, seed=seed,
    )  # fmt: skip
    statistics = channel_statistics(teacher, crops, batches=STATISTICS_BATCHES)
    distiller = Distiller(build_compact(), teacher, statistics)
    distiller.compile(_optimizer(learning_rate, steps), jit_compile=False)
    _fit(distiller, crops, out, epochs=max(1, steps // epoch_steps))


def _optimizer(learning_rate: float, steps: int) -> keras.optimizers.Optimizer:
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, steps, alpha=0.02, warmup_target=learning_rate,
        warmup_steps=min(200, steps // 10),
    )  # fmt: skip
    return keras.optimizers.Adam(schedule, clipnorm=1.0, use_ema=True, ema_momentum=EMA_MOMENTUM)


def _fit(distiller: Distiller, crops: Crops, out: Path, *, epochs: int) -> None:
    out.mkdir(parents=True, exist_ok=True)
    calibration = np.concatenate([crops[number] for number in range(CALIBRATION_BATCHES)])
    standardise_channels(distiller.student, calibration)
    distiller(crops[0])
    distiller.fit_projections(calibration)
    distiller.fit(
        crops,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[
            keras.callbacks.BackupAndRestore(
                str(out / "checkpoint"), delete_checkpoint=False, double_checkpoint=True
            ),
            keras.callbacks.LambdaCallback(on_epoch_begin=crops.begin_epoch),
            Export(out, calibration),
        ],
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the training."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--content", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--style", type=Path, required=True, help="folder of artworks")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints, log and weights")
    parser.add_argument("--teacher", choices=("vgg19", "mixed"), default="vgg19")
    parser.add_argument("--teacher-weights", type=Path, help="file (vgg19) or folder (mixed)")
    parser.add_argument("--steps", type=int, default=20_000, help="of the optimiser, in all")
    parser.add_argument("--epoch-steps", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--batch", type=int, default=8, help="crops a step")
    parser.add_argument("--crop", type=int, default=128, help="side of a crop in pixels")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="the largest")
    parser.add_argument("--precision", default="mixed_bfloat16", help="Keras' dtype policy")
    parser.add_argument("--seed", type=int, default=0)
    options = vars(parser.parse_args(arguments))
    keras.config.set_dtype_policy(options.pop("precision"))
    name, weights = options.pop("teacher"), options.pop("teacher_weights")
    train(teacher=load_teacher(name, weights, tuple(LAYER_SHARE)), **options)


if __name__ == "__main__":
    main()
