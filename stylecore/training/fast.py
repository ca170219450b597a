"""Trains the compact fast network: style encoder, brushes and painter together.

Runs on every Keras backend (``flows/train_fast.py`` is the command). A stopped run goes on from its
last checkpoint when it is started again, with the result it would have had. What its pictures are
judged by: ``stylecore.training.judge``.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import to_float
from stylecore.networks.backend import precision
from stylecore.networks.fast import CompactFast, load_fast
from stylecore.networks.features import load_features
from stylecore.networks.files import load_variables, save_variables
from stylecore.networks.renderer import (
    STYLE_LAYERS,
    build_brushes,
    build_painter,
    build_style_encoder,
    tinted,
)
from stylecore.training.fitting import OnEpoch, Products, Schedule, fit
from stylecore.training.judge import LAYERS, PLAIN_STYLE, Judge, moved_difference, repeated
from stylecore.training.pictures import load_pictures
from stylecore.training.scenes import Scenes, Sizes
from stylecore.training.settings import FastTraining
from stylecore.training.teachers import Teacher, load_teacher

WEIGHTS_FILE = "compact_fast.npz"
SAMPLES = 5
SAMPLE_HEIGHT = 224


class Stylizer(keras.Model):
    """Style encoder, brushes, painter and teacher in one: from scenes to terms of the loss."""

    def __init__(self, teacher: Teacher, perceptual: keras.Model, settings: FastTraining) -> None:
        super().__init__(dtype="float32")
        self.encoder = build_style_encoder(perceptual)
        self.brushes = build_brushes()
        self.painter = build_painter()
        self.painter.trainable = False
        self.teacher = teacher.model
        self.teacher.trainable = False
        self.styles, self.photographs = settings.styles, settings.photographs
        self.judge = Judge(self.teacher, settings)
        if settings.painting:
            self.judge.weights |= {
                "painting": settings.painting_weight,
                "painting_features": settings.painting_features_weight,
                "painting_style": settings.painting_style_weight,
            }
        names = (*self.judge.weights, PLAIN_STYLE)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}

    def call(self, scenes, training=None):
        codes = self.encoder(scenes["style"])
        kernels = [
            tinted(self.brushes(codes[i : i + 1]), scenes["root"][i]) for i in range(self.styles)
        ]
        painted = [self._paint(kernels[i], scenes["frames"][i]) for i in range(self.styles)]
        following = self._paint(kernels[0], scenes["next_frames"])
        together = ops.concatenate(painted, 0)
        content, painting = (
            None if images is None else ops.reshape(images, (-1, *together.shape[1:]))
            for images in (scenes["content"], scenes.get("painting"))
        )
        wanted = repeated(self.judge.grams(scenes["style"]), self.photographs)
        colours = (ops.repeat(scenes[name], self.photographs, 0) for name in ("mean", "inverse"))
        return {
            **self.judge.of_features(together, content, wanted, painting),
            **self.judge.of_surface(together, *colours),
            "temporal": moved_difference(painted[0], following, scenes["places"], scenes["shares"]),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        for name, value in y_pred.items():
            self.trackers[name].update_state(value)
        return self.judge.total(y_pred)

    def _paint(self, kernels, frames):
        return self.painter.stateless_call([], kernels, frames)[0]


def train(
    content: Path,
    style: Path,
    out: Path,
    settings: FastTraining,
    *,
    teacher: Teacher | None = None,
    on_epoch: OnEpoch | None = None,
) -> None:
    """Trains, or goes on training, and exports the weights after each epoch.

    Args:
        content: folder of photographs.
        style: folder of artworks and textures.
        out: folder for checkpoints, log, plot, samples and ``compact_fast.npz``.
        settings: every other choice.
        teacher: judges content and style, in place of the settings' own.
        on_epoch: is told of every epoch.

    Raises:
        MediaError: a folder holds no pictures.
        WeightsError: weights of the teacher, or those to start from, cannot be had or do not fit.
    """
    photographs, artworks = load_pictures(content), load_pictures(style)
    keras.utils.set_random_seed(settings.seed)
    sizes = Sizes(
        settings.crop, settings.style_crop, settings.styles, settings.photographs,
        settings.epoch_steps,
    )  # fmt: skip
    painter = load_fast(settings.painting) if settings.painting else None
    scenes = Scenes(photographs, artworks, sizes, seed=settings.seed, painter=painter)
    with precision(settings.precision):
        features = load_features("compact", STYLE_LAYERS, weights=settings.perceptual)
        judge = teacher or load_teacher(settings.teacher, settings.teacher_weights, LAYERS)
        model = Stylizer(judge, features.model, settings)
        model(scenes[0])
        shipped = (model.encoder, model.brushes)
        if settings.start:
            load_variables(shipped, settings.start)
        products = Products(
            lambda: save_variables(shipped, out / WEIGHTS_FILE),
            lambda: _samples(out / WEIGHTS_FILE, photographs, artworks),
        )
        schedule = Schedule(settings.steps, settings.learning_rate, settings.sample_epochs)
        fit(model, scenes, out, schedule, products, on_epoch)


def _samples(
    weights: Path, photographs: Sequence[np.ndarray], artworks: Sequence[np.ndarray]
) -> np.ndarray:
    """Photographs as the network paints them, a row for each artwork."""
    with precision("float32"):
        network = CompactFast(weights)
    contents = [to_float(picture) for picture in photographs[:: len(photographs) // SAMPLES + 1]]
    rows = []
    for artwork in artworks[:: len(artworks) // SAMPLES + 1]:
        style = to_float(artwork)
        code = network.encode(style)
        rows.append(("", [style, *(network.paint([content], code)[0] for content in contents)]))
    return contact_sheet(rows, height=SAMPLE_HEIGHT)
