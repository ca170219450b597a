"""Trains the compact perceptual network: its features learn to tell what a large network's tell.

Runs on every Keras backend (``flows/train_perceptual.py`` is the command). A stopped run goes on
from its last checkpoint when it is started again, with the result it would have had. The loss is
that of ``stylecore.training.distillation``.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import at_side, to_float
from stylecore.networks.backend import precision
from stylecore.networks.features import load_features
from stylecore.networks.files import read_weights, save_weights
from stylecore.networks.perceptual import build_compact
from stylecore.training.distillation import LAYER_SHARE, Distiller, channel_statistics
from stylecore.training.fitting import OnEpoch, Products, Schedule, fit
from stylecore.training.judging import paint
from stylecore.training.pictures import Crops, load_pictures
from stylecore.training.settings import PerceptualTraining
from stylecore.training.start import continue_from, standardise_channels
from stylecore.training.teachers import Teacher, load_teacher

WEIGHTS_FILE = "compact_perceptual.npz"
STATISTICS_BATCHES = 16
CALIBRATION_BATCHES = 16
SAMPLES = 2
SAMPLE_SIDE = 160
PEAKED = 2.5
"""A channel's root mean square is at most this many times its scaled mean: the square of a rare,
strong activation would rule a Gram matrix, and a few places of a picture could satisfy it."""
RARE = 0.25
"""For the same reason no channel counts as weaker than this share of its layer's median."""


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


def train(
    content: Path,
    style: Path,
    out: Path,
    settings: PerceptualTraining,
    *,
    teacher: Teacher | None = None,
    on_epoch: OnEpoch | None = None,
) -> None:
    """Trains, or goes on training, and exports the weights after each epoch.

    Args:
        content: folder of photographs.
        style: folder of artworks and textures.
        out: folder for checkpoints, log, plot, samples and ``compact_perceptual.npz``.
        settings: every other choice.
        teacher: what the student learns from, in place of the settings' own.
        on_epoch: is told of every epoch.

    Raises:
        MediaError: a folder holds no pictures.
        WeightsError: the weights of the teacher, or those to start from, cannot be had.
    """
    photographs, artworks = load_pictures(content), load_pictures(style)
    keras.utils.set_random_seed(settings.seed)
    crops = Crops(
        photographs, artworks, crop=settings.crop, batch=settings.batch,
        batches=settings.epoch_steps, seed=settings.seed,
    )  # fmt: skip
    calibration = np.concatenate([crops[number] for number in range(CALIBRATION_BATCHES)])
    with precision(settings.precision):
        distiller = _distiller(crops, calibration, settings, teacher)
        products = Products(
            lambda: save_weights(
                normalised_weights(distiller.student, calibration), out / WEIGHTS_FILE
            ),
            lambda: _samples(out / WEIGHTS_FILE, photographs, artworks),
        )
        schedule = Schedule(settings.steps, settings.learning_rate, settings.sample_epochs)
        fit(distiller, crops, out, schedule, products, on_epoch)


def _distiller(
    crops: Crops, calibration: np.ndarray, settings: PerceptualTraining, teacher: Teacher | None
) -> Distiller:
    teacher = teacher or load_teacher(
        settings.teacher, settings.teacher_weights, tuple(LAYER_SHARE)
    )
    student = build_compact()
    if settings.start:
        continue_from(student, read_weights(settings.start), calibration)
    else:
        standardise_channels(student, calibration)
    statistics = channel_statistics(teacher, crops, batches=STATISTICS_BATCHES)
    distiller = Distiller(student, teacher, statistics)
    distiller(crops[0])
    distiller.fit_projections(calibration)
    return distiller


def _samples(
    weights: Path, photographs: Sequence[np.ndarray], artworks: Sequence[np.ndarray]
) -> np.ndarray:
    """Photographs optimised on the student's features, a row for each artwork."""
    with precision("float32"):
        features = load_features("compact", tuple(LAYER_SHARE), weights=weights)
    contents = [at_side(to_float(picture), SAMPLE_SIDE) for picture in photographs[:SAMPLES]]
    rows = []
    for artwork in artworks[:SAMPLES]:
        style = at_side(to_float(artwork), SAMPLE_SIDE)
        rows.append(("", [style, *(paint(features, content, style) for content in contents)]))
    return contact_sheet(rows, height=SAMPLE_SIDE)
