"""Learns one style into the painter's own kernels (Johnson et al. 2016; Huang et al. 2017).

The general network's painter for the style is where it starts; then every kernel is free. A run
that was stopped goes on from its last checkpoint and ends with the bytes that it would have had.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import keras
import numpy as np
from keras import ops

from stylecore.arrays.colour import colour_statistics
from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import at_side, fitted_size, of_8_bits, to_float, to_integers
from stylecore.errors import MediaError, OutputError, SettingsError
from stylecore.media import (
    Excerpt,
    hidden_beside,
    index_source,
    publish,
    read_frames,
    read_picture,
    require_free,
    write_picture,
)
from stylecore.media.files import temporary_beside
from stylecore.networks.backend import make_deterministic, precision
from stylecore.networks.fast import COMPACT, CompactFast, FastNetwork, LearnedFast, fast_digest
from stylecore.networks.renderer import build_painter
from stylecore.networks.style_file import PICTURE_SIDE, SUFFIX, LearnedStyle, is_learned, pack_style
from stylecore.training.dead_leaves import dead_leaves
from stylecore.training.fitting import OnEpoch, Products, Schedule, fit, optimiser
from stylecore.training.judge import LAYERS, PLAIN_STYLE, Judge, moved_difference
from stylecore.training.pictures import load_pictures
from stylecore.training.scenes import ScenesOfOneStyle, Sizes
from stylecore.training.settings import StyleLearning
from stylecore.training.teachers import Teacher, load_teacher

SCENES, SCENE_SIDE = 24, 512
"""Synthetic scenes, where there are no pictures, and their sides in pixels."""
CLIP_FRAMES, CLIP_SIDE = 32, 640
"""Of a video that a style is learned on, at most."""
TIMED_STEPS = 4
SAMPLES, SAMPLE_HEIGHT = 4, 256
LEAST_SIDE = 64
KEY_FILE, PLAN_FILE, WEIGHTS_FILE, SHEET = "key", "plan.json", "learned.style", "learn.png"


class StylePainter(keras.Model):
    """A painter and its judge in one: from scenes to terms of the loss."""

    def __init__(self, teacher: Teacher, style: np.ndarray, settings: StyleLearning) -> None:
        super().__init__(dtype="float32")
        self.painter = build_painter()
        self.teacher = teacher.model
        self.teacher.trainable = False
        self.judge = Judge(self.teacher, settings)
        self.wanted = {
            kind: {name: ops.convert_to_numpy(matrix) for name, matrix in grams.items()}
            for kind, grams in self.judge.grams(style[None]).items()
        }
        names = (*self.judge.weights, PLAIN_STYLE)
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}

    def call(self, scenes, training=None):
        painted = self.painter(scenes["frames"][0])
        following = self.painter(scenes["next_frames"])
        return {
            **self.judge.of_features(painted, scenes["content"][0], self.wanted),
            **self.judge.of_surface(painted, scenes["mean"], scenes["inverse"]),
            "temporal": moved_difference(painted, following, scenes["places"], scenes["shares"]),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        for name, value in y_pred.items():
            self.trackers[name].update_state(value)
        return self.judge.total(y_pred)


def learn_style(
    style: np.ndarray,
    output: Path,
    settings: StyleLearning,
    *,
    content: Sequence[np.ndarray] = (),
    overwrite: bool = False,
    on_epoch: OnEpoch | None = None,
) -> None:
    """Learns a style, or goes on learning it, and writes its file.

    Args:
        style: the picture, (H, W, 3) float32 RGB in [0, 1].
        output: the file, ``NAME.style``; ``folder_of(output)`` is there until it is done.
        content: pictures to learn on, (H, W, 3) uint8 RGB; synthetic scenes if there are none.

    Raises:
        MediaError: a picture is too small to be learned from.
        OutputError: there is a file, or something where the checkpoints shall be.
        WeightsError: weights of the teacher cannot be had.
    """
    make_deterministic()
    content = list(content) or _scenes(settings.seed)
    if min(min(picture.shape[:2]) for picture in (style, *content)) < LEAST_SIDE:
        raise MediaError(f"pictures to learn from need at least {LEAST_SIDE} pixels a side.")
    seen = at_side(style, settings.style_size)
    require_free(output, overwrite=overwrite)
    folder = _folder_for(output, _key(seen, content, settings))
    sizes = Sizes(settings.crop, 0, 1, settings.photographs, settings.epoch_steps)
    scenes = ScenesOfOneStyle(content, [seen], sizes, seed=settings.seed)
    with precision(settings.precision):
        model = _begun(seen, settings, scenes)
        steps = _planned_steps(folder, model, scenes, settings)
    written = folder / WEIGHTS_FILE
    made_with = _made_with(steps, settings)

    def write() -> None:
        weights = np.concatenate([np.ravel(values) for values in model.painter.get_weights()])
        learned = LearnedStyle(weights, colour_statistics(seen), _thumbnail(style), made_with)
        written.write_bytes(pack_style(learned))

    products = Products(write, lambda: _samples(written, seen, content))
    schedule = Schedule(steps, settings.learning_rate, settings.sample_epochs)
    with precision(settings.precision):
        fit(model, scenes, folder, schedule, products, on_epoch)
    write()  # again, for a run that was stopped between its last checkpoint and what follows it
    finished = hidden_beside(output, "learned")
    shutil.copyfile(written, finished)
    publish(finished, output, overwrite=overwrite)
    shutil.rmtree(folder)


def learn_from_files(
    style: Path,
    output: Path,
    settings: StyleLearning,
    *,
    content: Path | None = None,
    overwrite: bool = False,
    on_epoch: OnEpoch | None = None,
) -> None:
    """``learn_style`` of files: ``content`` is a folder of pictures or a video.

    Raises:
        SettingsError: the output's name does not end with ``.style``.
        InputError: the style or the content cannot be read.
    """
    if not is_learned(output.name):
        raise SettingsError(f"{output.name} is no name for a learned style: end it with {SUFFIX}.")
    if content is None:
        pictures: list[np.ndarray] = []
    else:
        pictures = load_pictures(content) if content.is_dir() else _frames_of(content)
    learn_style(
        read_picture(style), output, settings, content=pictures, overwrite=overwrite,
        on_epoch=on_epoch,
    )  # fmt: skip


def _frames_of(video: Path) -> list[np.ndarray]:
    """Frames from all over a video, (H, W, 3) uint8 RGB, of at most CLIP_SIDE pixels a side."""
    index = index_source(video)
    size = fitted_size(index.width, index.height, CLIP_SIDE)
    step = -(-index.frame_count // CLIP_FRAMES)
    frames = islice(read_frames(Excerpt.of_all(video, index), size=size), 0, None, step)
    return [of_8_bits(frame) for frame in frames]


def folder_of(output: Path) -> Path:
    """Where checkpoints, log and ``learn.png`` are until the style is learned."""
    return output.with_name(f"{output.name}.learning")


def _key(style: np.ndarray, content: Sequence[np.ndarray], settings: StyleLearning) -> str:
    """Of all that a learning depends on."""
    key = hashlib.sha256(settings.model_dump_json().encode())
    for picture in (style, *content):
        key.update(str(picture.shape).encode() + np.ascontiguousarray(picture).tobytes())
    return f"{key.hexdigest()}-{fast_digest(COMPACT)}"


def _folder_for(output: Path, key: str) -> Path:
    """The folder of a learning; what another one left there is removed.

    Raises:
        OutputError: there is a folder that no learning has made.
    """
    folder = folder_of(output)
    known = folder / KEY_FILE
    if folder.exists() and not known.is_file():
        raise OutputError(f"{folder} is in the way: rename it, or choose another name with -o.")
    if folder.exists() and known.read_text() != key:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    known.write_text(key)
    return folder


def _scenes(seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [dead_leaves(SCENE_SIDE, random) for _ in range(SCENES)]


def _begun(style: np.ndarray, settings: StyleLearning, scenes: ScenesOfOneStyle) -> StylePainter:
    """The general network's painter for the style, with its judge."""
    keras.utils.set_random_seed(settings.seed)
    teacher = load_teacher(settings.teacher, settings.teacher_weights, LAYERS)
    model = StylePainter(teacher, style, settings)
    model(scenes[0])
    with precision("float32"):
        general = CompactFast()
        model.painter.set_weights([np.asarray(k) for k in general.kernels(general.encode(style))])
    return model


def _planned_steps(
    folder: Path, model: StylePainter, scenes: ScenesOfOneStyle, settings: StyleLearning
) -> int:
    """How many steps the minutes are worth on this machine; measured once, then kept."""
    plan = folder / PLAN_FILE
    if plan.is_file():
        return int(json.loads(plan.read_text())["steps"])
    before = model.get_weights()
    model.compile(optimiser(settings.learning_rate, TIMED_STEPS))
    model.train_on_batch(scenes[0])
    began = time.perf_counter()
    for number in range(1, TIMED_STEPS + 1):
        model.train_on_batch(scenes[number])
    seconds = (time.perf_counter() - began) / TIMED_STEPS
    model.set_weights(before)
    epochs = max(1, round(60 * settings.minutes / seconds / settings.epoch_steps))
    with temporary_beside(plan) as temporary:
        temporary.write_text(json.dumps({"steps": epochs * settings.epoch_steps}))
        temporary.replace(plan)
    return epochs * settings.epoch_steps


def _made_with(steps: int, settings: StyleLearning) -> dict[str, str]:
    return {
        "steps": str(steps),
        "teacher": settings.teacher,
        "style_size": str(settings.style_size),
        "started_from": fast_digest(COMPACT),
    }


def _thumbnail(style: np.ndarray) -> np.ndarray:
    return to_integers(at_side(style, PICTURE_SIDE), bit_depth=8)


def _samples(learned: Path, style: np.ndarray, content: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures as the general network and the learned style paint them; also kept as SHEET."""
    with precision("float32"):
        networks: dict[str, FastNetwork] = {
            "general": CompactFast(),
            "learned": LearnedFast(learned),
        }
    shown = [to_float(picture) for picture in content[:: len(content) // SAMPLES + 1]]
    rows: list[tuple[str, list[np.ndarray]]] = [("style, source", [style, *shown])]
    for name, network in networks.items():
        code = network.encode(style)
        rows.append((name, [network.paint([picture], code)[0] for picture in shown]))
    sheet = contact_sheet(rows, height=SAMPLE_HEIGHT)
    write_picture(learned.with_name(SHEET), sheet)
    return sheet
