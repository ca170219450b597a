"""Distils the compact perceptual network from a large teacher.

For each teacher layer T the student's features S pass a 1x1 projection P (thrown away afterwards),
and the loss is

    |P S - T|^2 / var(T)  +  |G(P S) - G(T)|^2 / |G(T)|^2,

G being the Gram matrix: equal features where they can be, equal style statistics in any case.
Teacher channels are scaled to unit mean activation first, so that every channel counts.

    python -m stylecore.training.perceptual --content DIR --style DIR --teacher vgg19 --out DIR

Runs on every Keras backend; a stopped run goes on from its last checkpoint.
"""

import argparse
import json
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.networks.perceptual import build_compact
from stylecore.training.pictures import Crops, load_pictures
from stylecore.training.teachers import Teacher, load_teacher

LAYER_SHARE = {
    "block1_conv1": 1.0,
    "block2_conv1": 1.0,
    "block3_conv1": 1.0,
    "block4_conv1": 1.0,
    "block4_conv2": 0.5,
    "block5_conv1": 1.0,
}
GRAM_SHARE = 0.5


class Distiller(keras.Model):
    """Student, projections and teacher in one model, whose call adds the distillation loss."""

    def __init__(self, student: keras.Model, teacher: Teacher, scales: dict[str, np.ndarray]):
        super().__init__()
        self.student = student
        self.teacher = teacher.model
        self.teacher.trainable = False
        self.scales = scales
        self.projections = {
            name: keras.layers.Conv2D(scale.size, 1, activation="relu", name=f"project_{name}")
            for name, scale in scales.items()
        }
        self.trackers = [keras.metrics.Mean(name=name.replace("block", "b")) for name in scales]

    def call(self, pictures, training=None):
        wanted, features = self.teacher(pictures), self.student(pictures)
        total = 0.0
        for tracker, (name, scale) in zip(self.trackers, self.scales.items(), strict=True):
            target = ops.stop_gradient(ops.cast(wanted[name], "float32")) * scale
            projected = ops.cast(self.projections[name](features[name]), "float32")
            loss = relative_error(projected, target) + GRAM_SHARE * relative_gram_error(
                projected, target
            )
            tracker.update_state(loss)
            total = total + LAYER_SHARE[name] * loss
        self.add_loss(total)
        return ops.reshape(total, (1,))


def relative_error(features, target):
    """Mean square of ``features - target`` relative to the target's variance."""
    return ops.mean(ops.square(features - target)) / (ops.mean(ops.var(target, (0, 1, 2))) + 1e-6)


def relative_gram_error(features, target):
    """Mean over pictures of |G(features) - G(target)|^2 / |G(target)|^2."""
    difference = ops.sum(ops.square(gram(features) - gram(target)), (1, 2))
    return ops.mean(difference / (ops.sum(ops.square(gram(target)), (1, 2)) + 1e-6))


def gram(features):
    """(N, H, W, C) to (N, C, C), averaged over pixels."""
    _, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (-1, height * width, channels))
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / ops.cast(height * width, "float32")


def channel_scales(teacher: Teacher, pictures: Crops, *, batches: int) -> dict[str, np.ndarray]:
    """1 / mean activation of every teacher channel; rarely active ones are not blown up."""
    means: dict[str, list[np.ndarray]] = {}
    for number in range(batches):
        for name, features in teacher.model(pictures[number]).items():
            means.setdefault(name, []).append(
                ops.convert_to_numpy(ops.mean(ops.cast(features, "float32"), (0, 1, 2)))
            )
    scales = {}
    for name in LAYER_SHARE:
        if name in means:
            mean = np.mean(means[name], axis=0)
            scales[name] = (1 / np.maximum(mean, 0.1 * mean.mean())).astype(np.float32)
    return scales


class Export(keras.callbacks.Callback):
    """After each epoch writes the averaged student where others can pick it up, and a log line."""

    def __init__(self, out: Path, calibration: np.ndarray):
        super().__init__()
        self.out = out
        self.calibration = calibration

    def on_epoch_end(self, epoch, logs=None):
        live = self.model.get_weights()
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        weights = normalised_weights(self.model.student, self.calibration)
        self.model.set_weights(live)
        save_weights(weights, self.out / "compact_perceptual.npz")
        with (self.out / "log.jsonl").open("a") as log:
            log.write(json.dumps({"epoch": epoch, **(logs or {})}) + "\n")


def normalised_weights(student: keras.Model, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """The student's weights, rescaled so that every channel's mean activation is 1.

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
        mean = ops.convert_to_numpy(ops.mean(ops.cast(features, "float32"), (0, 1, 2)))
        scale = 1 / np.maximum(mean, 0.02 * mean.mean())
        weights[f"{name}/kernel"] = kernel / incoming[:, None] * scale
        weights[f"{name}/bias"] = bias * scale
        incoming = scale
    return weights


def save_weights(weights: dict[str, np.ndarray], path: Path) -> None:
    """Writes the weights as float16, whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        np.savez_compressed(
            file, **{key: value.astype(np.float16) for key, value in weights.items()}
        )
    temporary.replace(path)


def train(
    content: Path,
    style: Path,
    out: Path,
    *,
    teacher: str,
    teacher_weights: Path | None,
    steps: int,
    batch: int,
    crop: int,
    epoch_steps: int,
    learning_rate: float,
    seed: int,
) -> None:
    """Trains for ``steps`` steps of ``batch`` crops of ``crop`` pixels, exporting as it goes."""
    keras.utils.set_random_seed(seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    out.mkdir(parents=True, exist_ok=True)
    crops = Crops(
        load_pictures(content), load_pictures(style),
        crop=crop, batch=batch, batches=epoch_steps, seed=seed,
    )  # fmt: skip
    loaded = load_teacher(teacher, teacher_weights)
    distiller = Distiller(build_compact(), loaded, channel_scales(loaded, crops, batches=8))
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / 20, steps, alpha=0.02, warmup_target=learning_rate,
        warmup_steps=min(500, steps // 10),
    )  # fmt: skip
    distiller.compile(
        keras.optimizers.Adam(schedule, clipnorm=1.0, use_ema=True, ema_momentum=0.998),
        jit_compile=False,
    )
    distiller(crops[0])
    calibration = np.concatenate([crops[number] for number in range(8)])
    distiller.fit(
        crops,
        epochs=max(1, steps // epoch_steps),
        verbose=2,
        callbacks=[
            keras.callbacks.BackupAndRestore(str(out / "checkpoint")),
            Export(out, calibration),
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--content", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--style", type=Path, required=True, help="folder of artworks")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints, log and weights")
    parser.add_argument("--teacher", choices=("vgg19", "mixed"), default="vgg19")
    parser.add_argument("--teacher-weights", type=Path, help="file or folder with the weights")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--epoch-steps", type=int, default=250)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=192)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    train(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
