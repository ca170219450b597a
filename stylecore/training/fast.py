"""Trains the compact fast network: style encoder and renderer together.

Runs on every Keras backend (``flows/train_fast.py`` is the command). A stopped run goes on from its
last checkpoint when it is started again, with the result it would have had. The loss of a batch is,
with weights,

    content at block4_conv2 + style at block1_conv1 ... block5_conv1, as the gatys engine has them,
    + total variation + what leaves [0, 1] + what is a grid
    + mean |painted next frame - painted frame moved along the known motion|^2 (Huang et al. 2017).

The style term t of a layer passes log(1 + k t) / k, and content t passes log(1 + t), so that a
picture far from its goal does not outweigh the others.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import to_float
from stylecore.losses.terms import (
    feature_distance,
    gram,
    gram_distance,
    temporal_loss,
    total_variation,
)
from stylecore.networks.backend import precision
from stylecore.networks.fast import CompactFast
from stylecore.networks.features import load_features
from stylecore.networks.files import load_variables, save_variables
from stylecore.networks.renderer import (
    MULTIPLE,
    STYLE_LAYERS,
    build_renderer,
    build_style_encoder,
)
from stylecore.settings import GATYS_CONTENT_LAYERS, GATYS_STYLE_LAYERS
from stylecore.training.fitting import OnEpoch, Products, fit
from stylecore.training.pictures import load_pictures
from stylecore.training.scenes import Scenes
from stylecore.training.settings import FastTraining
from stylecore.training.teachers import Teacher, load_teacher

WEIGHTS_FILE = "compact_fast.npz"
LAYERS = (*GATYS_STYLE_LAYERS, *GATYS_CONTENT_LAYERS)
RANGE_WEIGHT = 20.0
GRID_WEIGHT = 20000.0
EVEN_SIDE = 32
PLAIN_STYLE = "style_distance"
"""The style term before it is bent; shown only."""
STYLE_BEND = 10.0
"""k of the style term."""
MOVING_SHARE = 0.25
"""Of a batch; these are painted a second time, moved."""
SAMPLES = 5
SAMPLE_HEIGHT = 224


class Stylizer(keras.Model):
    """Style encoder, renderer and teacher in one model, from scenes to the terms of the loss."""

    def __init__(self, teacher: Teacher, perceptual: keras.Model, settings: FastTraining) -> None:
        super().__init__(dtype="float32")
        self.encoder = build_style_encoder(perceptual)
        self.renderer = build_renderer()
        self.teacher = teacher.model
        self.teacher.trainable = False
        self.weights_of_terms = {
            "content": 1.0,
            "style": settings.style_weight,
            "variation": settings.variation_weight,
            "temporal": settings.temporal_weight,
            "range": RANGE_WEIGHT,
            "grid": GRID_WEIGHT,
        }
        names = (*self.weights_of_terms, PLAIN_STYLE)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}

    def call(self, scenes, training=None):
        codes = self.encoder(scenes["style"])
        painted = self.renderer([scenes["frames"], codes])
        return {
            **self._perceptual(painted, scenes),
            "variation": total_variation(painted),
            "range": ops.mean(ops.relu(ops.abs(painted - 0.5) - 0.5)),
            "temporal": self._temporal(painted, codes, scenes),
            "grid": self._grid(codes, scenes) + phase_variance(painted),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        for name, value in y_pred.items():
            self.trackers[name].update_state(value)
        return sum(weight * y_pred[name] for name, weight in self.weights_of_terms.items())

    def _perceptual(self, painted, scenes):
        wanted, content, found = (
            {name: ops.cast(values, "float32") for name, values in self.teacher(images).items()}
            for images in (scenes["style"], scenes["content"], painted)
        )
        distances = [
            gram_distance(gram(found[name]), gram(wanted[name])) for name in GATYS_STYLE_LAYERS
        ]
        bent = [ops.mean(ops.log1p(STYLE_BEND * distance)) for distance in distances]
        return {
            PLAIN_STYLE: ops.mean(ops.stack(distances)),
            "style": sum(bent) / (STYLE_BEND * len(bent)),
            "content": sum(
                ops.mean(ops.log1p(feature_distance(found[name], content[name])))
                for name in GATYS_CONTENT_LAYERS
            ),
        }

    def _grid(self, codes, scenes):
        """How far an even surface is from staying one: shuffled pixels tend to leave a grid."""
        colours = scenes["frames"][:, :1, :1]
        even = ops.tile(colours, (1, EVEN_SIDE, EVEN_SIDE, 1))
        return ops.mean(ops.var(self.renderer([even, codes]), (1, 2)))

    def _temporal(self, painted, codes, scenes):
        count, height, width, _ = ops.shape(scenes["next_frames"])
        following = self.renderer([scenes["next_frames"], codes[:count]])
        pixels = ops.reshape(painted[:count], (-1, 3))
        first = ops.reshape(ops.arange(count, dtype="int32") * height * width, (count, 1, 1))
        near = ops.take(pixels, scenes["places"] + first, axis=0)
        shares = scenes["shares"][..., None]
        shape = (count, height, width, -1)
        warped = ops.reshape(ops.sum(near * shares, 2), shape)
        mask = ops.reshape(ops.sum(shares, 2), shape)
        return temporal_loss(following, warped, mask)


def phase_variance(images):
    """How far (N, H, W, C) repeat a pattern with the renderer's blocks: the mean square of it.

    Pixels that lie alike in their blocks are averaged; where there is no grid, all averages agree.
    """
    count, height, width, channels = ops.shape(images)
    rows, columns = height // MULTIPLE, width // MULTIPLE
    blocks = ops.reshape(images, (count, rows, MULTIPLE, columns, MULTIPLE, channels))
    return ops.mean(ops.var(ops.mean(blocks, (1, 3)), (1, 2)))


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
    scenes = Scenes(
        photographs, artworks, crop=settings.crop, style_crop=settings.style_crop,
        batch=settings.batch, moving=max(1, round(MOVING_SHARE * settings.batch)),
        batches=settings.epoch_steps, seed=settings.seed,
    )  # fmt: skip
    with precision(settings.precision):
        features = load_features("compact", STYLE_LAYERS, weights=settings.perceptual)
        judge = teacher or load_teacher(settings.teacher, settings.teacher_weights, LAYERS)
        model = Stylizer(judge, features.model, settings)
        model(scenes[0])
        shipped = (model.encoder, model.renderer)
        if settings.start:
            load_variables(shipped, settings.start)
        products = Products(
            lambda: save_variables(shipped, out / WEIGHTS_FILE),
            lambda: _samples(out / WEIGHTS_FILE, photographs, artworks),
        )
        fit(model, scenes, out, settings, products, on_epoch)


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
