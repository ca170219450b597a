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
from stylecore.settings import GATYS_CONTENT_LAYERS, GATYS_STYLE_LAYERS
from stylecore.training.fitting import OnEpoch, Products, fit
from stylecore.training.pictures import load_pictures
from stylecore.training.scenes import Scenes
from stylecore.training.settings import FastTraining
from stylecore.training.teachers import Teacher, load_teacher

WEIGHTS_FILE = "compact_fast.npz"
LAYERS = (*GATYS_STYLE_LAYERS, *GATYS_CONTENT_LAYERS)
RANGE_WEIGHT = 20.0
GRID_WEIGHT = 1.0
PALETTE_WEIGHT = 2.0
PHASES = 8
LUMINANCE = (0.299, 0.587, 0.114)
PAINTING_LAYERS = ("block2_conv1", "block3_conv1", "block4_conv1")
PLAIN_STYLE = "style_distance"
"""The style term before it is bent; shown only."""
STYLE_BEND = 10.0
"""k of the style term."""
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
        self.weights_of_terms = {
            "content": settings.content_weight,
            "style": settings.style_weight,
            "variation": settings.variation_weight,
            "temporal": settings.temporal_weight,
            "range": RANGE_WEIGHT,
            "grid": GRID_WEIGHT,
            "palette": PALETTE_WEIGHT,
        }
        if settings.grey_style_weight:
            self.weights_of_terms["grey_style"] = settings.grey_style_weight
        if settings.painting:
            self.weights_of_terms |= {
                "painting": settings.painting_weight,
                "painting_features": settings.painting_features_weight,
                "painting_style": settings.painting_style_weight,
            }
        names = (*self.weights_of_terms, PLAIN_STYLE)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}

    def call(self, scenes, training=None):
        codes = self.encoder(scenes["style"])
        kernels = [
            tinted(self.brushes(codes[i : i + 1]), scenes["root"][i]) for i in range(self.styles)
        ]
        painted = [self._paint(kernels[i], scenes["frames"][i]) for i in range(self.styles)]
        following = self._paint(kernels[0], scenes["next_frames"])
        together = ops.concatenate(painted, 0)
        return {
            **self._perceptual(together, scenes),
            "variation": total_variation(together),
            "range": ops.mean(ops.relu(ops.abs(together - 0.5) - 0.5)),
            "temporal": _moved_difference(painted[0], following, scenes),
            "grid": ops.mean(ops.log1p(phase_variance(together))),
            "palette": ops.mean(ops.log1p(self._palette(together, scenes))),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        for name, value in y_pred.items():
            self.trackers[name].update_state(value)
        return sum(weight * y_pred[name] for name, weight in self.weights_of_terms.items())

    def _paint(self, kernels, frames):
        return self.painter.stateless_call([], kernels, frames)[0]

    def _palette(self, painted, scenes):
        """Squared distance of the colours' two moments, in units of the style's own, (N,)."""
        mean, inverse = (
            ops.repeat(scenes[name], self.photographs, 0) for name in ("mean", "inverse")
        )
        pixels = ops.reshape(painted, (painted.shape[0], -1, 3)) - mean[:, None]
        pixels = ops.matmul(pixels, inverse)
        mean = ops.mean(pixels, 1, keepdims=True)
        pixels = pixels - mean
        covariance = ops.matmul(ops.transpose(pixels, (0, 2, 1)), pixels) / pixels.shape[1]
        change = ops.square(covariance - ops.eye(3))
        return ops.sum(ops.square(mean), (1, 2)) / 3 + ops.sum(change, (1, 2)) / 9

    def _features(self, images):
        return {name: ops.cast(values, "float32") for name, values in self.teacher(images).items()}

    def _perceptual(self, painted, scenes):
        flat = (-1, *painted.shape[1:])
        wanted, content, found = (
            self._features(images)
            for images in (scenes["style"], ops.reshape(scenes["content"], flat), painted)
        )
        wanted = self._grams(wanted, repeats=self.photographs)
        grams = self._grams(found)
        plain, style = self._style_distance(grams, wanted)
        terms = {
            PLAIN_STYLE: plain,
            "style": style,
            "content": sum(
                ops.mean(ops.log1p(feature_distance(found[name], content[name])))
                for name in GATYS_CONTENT_LAYERS
            ),
        }
        if "grey_style" in self.weights_of_terms:
            greys = [
                self._grams(self._features(grey_alike(images)))
                for images in (painted, scenes["style"])
            ]
            greys[1] = {
                name: ops.repeat(gram, self.photographs, 0) for name, gram in greys[1].items()
            }
            terms["grey_style"] = self._style_distance(*greys)[1]
        if "painting" in scenes:
            painting = ops.reshape(scenes["painting"], flat)
            aim = self._features(painting)
            terms |= {
                "painting": ops.mean(ops.abs(painted - painting)),
                "painting_features": sum(
                    ops.mean(ops.log1p(feature_distance(found[name], aim[name])))
                    for name in PAINTING_LAYERS
                ),
                "painting_style": self._style_distance(grams, self._grams(aim))[1],
            }
        return terms

    def _grams(self, features, repeats: int = 1):
        return {name: ops.repeat(gram(features[name]), repeats, 0) for name in GATYS_STYLE_LAYERS}

    def _style_distance(self, found, wanted):
        """Mean over layers, plain and bent."""
        distances = [gram_distance(found[name], wanted[name]) for name in GATYS_STYLE_LAYERS]
        bent = [ops.mean(ops.log1p(STYLE_BEND * distance)) for distance in distances]
        return ops.mean(ops.stack(distances)), sum(bent) / (STYLE_BEND * len(bent))


def grey_alike(images):
    """(N, H, W, 3) without colour: luminance brought to a mean of 0.5 and a deviation of 0.2."""
    grey = ops.tensordot(images, np.array(LUMINANCE, np.float32), 1)[..., None]
    centred = grey - ops.mean(grey, (1, 2), keepdims=True)
    deviation = ops.sqrt(ops.mean(ops.square(centred), (1, 2), keepdims=True) + 1e-4)
    return ops.repeat(0.5 + 0.2 * centred / deviation, 3, -1)


def _moved_difference(painted, following, scenes):
    count, height, width, _ = ops.shape(following)
    pixels = ops.reshape(painted, (-1, 3))
    first = ops.reshape(ops.arange(count, dtype="int32") * height * width, (count, 1, 1))
    near = ops.take(pixels, scenes["places"] + first, axis=0)
    shares = scenes["shares"][..., None]
    shape = (count, height, width, -1)
    warped = ops.reshape(ops.sum(near * shares, 2), shape)
    mask = ops.reshape(ops.sum(shares, 2), shape)
    return temporal_loss(following, warped, mask)


def phase_variance(images):
    """The grid of (N, H, W, 3), (N,): 0 where none, about 0.06 for photographs.

    Along each axis, the variance over PHASES phases of the mean squared difference of neighbouring
    grey values, divided by its squared mean; both axes added.
    """
    grey = ops.mean(images, -1)
    total = 0.0
    for axis in (1, 2):
        square = ops.square(_differences(grey, axis))
        by_line = ops.mean(square, 3 - axis)
        lines = by_line.shape[1] // PHASES * PHASES
        phases = ops.mean(ops.reshape(by_line[:, :lines], (-1, lines // PHASES, PHASES)), 1)
        mean = ops.mean(phases, -1, keepdims=True) + 1e-6
        total = total + ops.mean(ops.square(phases / mean - 1), -1)
    return total


def _differences(grey, axis: int):
    return grey[:, 1:] - grey[:, :-1] if axis == 1 else grey[:, :, 1:] - grey[:, :, :-1]


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
        styles=settings.styles, photographs=settings.photographs,
        batches=settings.epoch_steps, seed=settings.seed,
        painter=load_fast(settings.painting) if settings.painting else None,
    )  # fmt: skip
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
