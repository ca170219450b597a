"""Optimises the picture itself (Gatys et al. 2016), frame after frame (Ruder et al. 2016).

The picture is moved by gradient descent until a network sees the source's content in the style's
statistics. A shot's first frame is painted from coarse to fine (Gatys et al. 2017, section 6), each
later one from the frame before, moved along the motion and held there where the motion is sure.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from keras import ops

from stylecore.arrays.colour import colour_statistics, transfer_colours
from stylecore.arrays.images import resize
from stylecore.arrays.motion import warp
from stylecore.engines.base import Engine, FrameInput, FrameRecord, OnStep, Reference
from stylecore.engines.gatys import lbfgs
from stylecore.engines.gatys.adam import Descent
from stylecore.engines.gatys.frame_statistics import Features, Tensor
from stylecore.engines.gatys.objective import Objective
from stylecore.engines.gatys.targets import StyleTargets
from stylecore.engines.small import LEAST_SIDE, continued, large_enough
from stylecore.errors import SettingsError, WeightsError
from stylecore.networks.backend import is_out_of_memory, make_deterministic
from stylecore.settings import GatysSettings

COARSE_SIDE = 160
"""A first frame begins no smaller than this on its longer side."""
COARSE_SHARE = 0.6
"""Share of the first frame's steps that go into all sizes but the finest."""
LATER_RATE = 0.4
"""Step size of later frames, as a share of the first frame's: their start is nearly right."""
FEWEST_STEPS, MOST_STEPS = 0.75, 1.5
"""Share of a later frame's steps that it takes where nothing in it is new, and where half is."""
LINE = 5
"""Pixels; what cannot be trusted and is thinner is an edge of motion."""
NETWORK_BYTES = {"compact": 1200, "vgg19": 4800, "vgg16": 4800}
"""Memory of one gradient of a network for each pixel: compact's is measured, with a third of it to
spare for the libraries, the others follow by their widths."""
GAUSSIAN_BYTES = 900
"""What the Gaussian kernel adds to it, measured."""
FRAME_BYTES = {"adam": 280, "lbfgs": 1600}
"""Memory of a frame's own arrays for each pixel, measured: pictures, moments or corrections."""
FEWEST_PIXELS = 256 * 256
BOIL_REACH = 0.012
"""Largest wandering of strokes at full boil, as a share of the frame's longer side."""

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Level:
    """One size on the way from coarse to fine."""

    height: int
    width: int
    steps: int
    styles: StyleTargets


class GatysEngine(Engine):
    """Content + style + total-variation + temporal loss, minimised on the pixels."""

    def __init__(
        self,
        settings: GatysSettings,
        *,
        coherence: float = 0.8,
        seed: int = 0,
        memory: float = 4.0,
        features: Features | None = None,
    ) -> None:
        """
        Args:
            settings: what the picture is judged by, and how long it is worked on.
            coherence: factor of the temporal weight; at 0 a frame takes nothing from others.
            seed: of every random draw.
            memory: gigabytes that one frame may take.
            features: the judging network, instead of the one that ``settings`` names.

        Raises:
            WeightsError: the network's weights are missing or do not fit.
        """
        make_deterministic()
        self._settings = settings
        self._start = settings.start
        if coherence == 0 and settings.start in ("flow", "previous"):
            self._start = "content"
        self._temporal_weight = settings.temporal_weight * coherence
        self._seed = seed
        self._memory = memory
        self._objective = Objective(
            features or _load_features(settings), settings, temporal=self._temporal_weight
        )
        self._on_step: OnStep | None = None
        self._descent = Descent(self._gradient)
        self._levels: tuple[_Level, ...] = ()
        self._styles: tuple[np.ndarray, ...] = ()
        self._shape: tuple[int, int] | None = None
        self._pixels = 0

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Computes the styles' statistics for every size that will be worked at.

        A style is scaled so that its area is that of the frame times style_scale².

        Raises:
            SettingsError: the frame does not fit the memory that the settings allow.
        """
        self._styles = tuple(styles)
        self._shape, shape = shape, large_enough(shape)
        self._pixels = min(pixels_at_once(self._settings, shape, self._memory), shape[0] * shape[1])
        self._with_less_when_full(lambda: self._set_levels(shape))

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Paints one frame, from its warm start if it has one and from coarse to fine if not.

        Raises:
            SettingsError: the frame has another shape than ``prepare`` was told, or does not fit
                into memory even in small windows.
            WeightsError: the loss is not a number; nothing is returned that is not a picture.
        """
        if frame.content.shape[:2] != self._shape:
            raise SettingsError(
                f"the engine was prepared for frames of shape {self._shape}, not "
                f"{frame.content.shape[:2]}: call prepare with the shape of the frames."
            )
        began = time.perf_counter()
        height, width = frame.content.shape[:2]
        whole = continued(frame)
        self._on_step = whole.on_step
        image, losses, steps = self._with_less_when_full(lambda: self._paint(whole))
        if not np.isfinite(losses["total"]) or not np.isfinite(image).all():
            raise WeightsError(
                f"Frame {frame.number} could not be optimised because its loss is not a number: "
                "the network's weights are damaged, or a loss weight is far too large."
            )
        self._show(image)
        return image[:height, :width], FrameRecord(steps, losses, time.perf_counter() - began)

    def _set_levels(self, shape: tuple[int, int]) -> None:
        self._levels = tuple(
            _Level(*size, steps, self._objective.targets.of_styles(self._styles, size,
                                                                   pixels=self._pixels))
            for size, steps in coarse_to_fine(shape, self._settings.first_iterations)
        )  # fmt: skip

    def _with_less_when_full(self, work: Callable[[], Result]) -> Result:
        """Does the work, in smaller and smaller windows while memory does not suffice.

        Windows of another size add up in another order: results then agree to rounding only.
        """
        while True:
            try:
                return work()
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                if self._pixels <= FEWEST_PIXELS:
                    raise SettingsError(
                        "There is not enough memory for frames of this size, even in small "
                        "windows: choose a smaller --size, or free some memory."
                    ) from error
                self._pixels = max(FEWEST_PIXELS, self._pixels // 2)
                logger.warning("out of memory; going on in windows of %d pixels", self._pixels)

    # --- one frame -------------------------------------------------------------------------------

    def _paint(self, frame: FrameInput) -> tuple[np.ndarray, dict[str, float], int]:
        start = self._warm_start(frame)
        if start is None:
            return self._paint_from_coarse(frame)
        trust, is_first_pass = self._trust(frame), frame.previous_pass is None
        return self._minimise(
            start,
            frame,
            self._levels[-1],
            steps=self._later_steps(trust) if is_first_pass else self._settings.iterations,
            rate=self._settings.learning_rate * self._rate_map(trust),
        )

    def _paint_from_coarse(self, frame: FrameInput) -> tuple[np.ndarray, dict[str, float], int]:
        coarsest = self._levels[0]
        image = resize(frame.content, (coarsest.width, coarsest.height))
        if self._start == "noise":
            random = np.random.default_rng((self._seed, frame.number))
            image = random.random(image.shape, np.float32)
        else:
            self._show(frame.content)
        losses: dict[str, float] = {}
        steps = 0
        for level in self._levels:
            image = resize(image, (level.width, level.height))
            image, losses, done = self._minimise(
                image, frame, level, steps=level.steps, rate=self._settings.learning_rate
            )
            steps += done
        return image, losses, steps

    def _minimise(
        self,
        start: np.ndarray,
        frame: FrameInput,
        level: _Level,
        *,
        steps: int,
        rate: float | np.ndarray,
    ) -> tuple[np.ndarray, dict[str, float], int]:
        chosen = self._settings
        is_finest = level is self._levels[-1]
        masks = frame.style_masks
        targets = self._objective.targets.of_frame(
            resize(frame.content, (level.width, level.height)),
            level.styles,
            pixels=self._pixels,
            style_weights=frame.style_weights,
            style_masks=None if masks is None else _resized_masks(masks, level),
            references=self._references(frame) if is_finest else (),
        )
        if chosen.optimiser == "lbfgs":
            result, losses, done = lbfgs.minimise(
                self._gradient, start[None], targets, steps=steps, plateau=chosen.plateau
            )
        else:
            result, losses, done = self._descent.minimise(
                start[None],
                targets,
                steps=steps,
                rate=rate,
                averaging=chosen.averaging,
                plateau=chosen.plateau,
            )
        return result[0], losses, done

    def _gradient(self, images: Tensor, targets: Any) -> tuple[dict[str, Tensor], Tensor]:
        """The objective's, of images (1, H, W, 3), which are shown."""
        if self._on_step is not None:
            self._show(ops.convert_to_numpy(images)[0])
        return self._objective.gradient(images, targets)

    def _show(self, image: np.ndarray) -> None:
        if self._on_step is not None:
            self._on_step(image)

    # --- what other frames say -------------------------------------------------------------------

    def _warm_start(self, frame: FrameInput) -> np.ndarray | None:
        """The frame before on this one, mixed with what the pass before made (Ruder et al. 2016,
        section 3.5); where neither shows anything, the source in the colours of its painting: new
        areas need not find the palette again."""
        if self._start == "previous" and frame.previous_pass is None:
            return frame.previous
        before = self._before(frame)
        if before is None:
            return frame.previous_pass
        moved = self._boiled(before.image, frame.number)
        trust = before.mask[..., None]
        if frame.previous_pass is not None:
            return (frame.previous_pass + trust * moved) / (1 + trust)
        revealed = revealed_areas(1 - trust)
        fresh = transfer_colours(frame.content, colour_statistics(moved))
        return revealed * fresh + (1 - revealed) * moved

    def _before(self, frame: FrameInput) -> Reference | None:
        """The frame before on this one; None without a motion."""
        if self._start != "flow" or frame.warped is None or frame.mask is None:
            return None
        return Reference(frame.warped, frame.mask)

    def _trust(self, frame: FrameInput) -> np.ndarray | None:
        """(1, H, W, 1), where the warm start is known to be nearly right; None without one."""
        before = self._before(frame)
        if frame.previous_pass is not None:
            return np.ones((1, *frame.content.shape[:2], 1), np.float32)
        return None if before is None else before.mask[None, ..., None]

    def _rate_map(self, trust: np.ndarray | None) -> np.ndarray | float:
        """Share of the learning rate for a later frame: all of it where nothing is known yet."""
        return LATER_RATE if trust is None else 1 - (1 - LATER_RATE) * trust

    def _later_steps(self, trust: np.ndarray | None) -> int:
        """Fewer where the warm start is right already, more where much is new."""
        if trust is None:
            return self._settings.iterations
        new = min(1.0, 2 * (1 - float(trust.mean())))
        share = FEWEST_STEPS + (MOST_STEPS - FEWEST_STEPS) * new
        return max(1, round(self._settings.iterations * share))

    def _references(self, frame: FrameInput) -> list[Reference]:
        """What the temporal loss holds the frame to, weaker where strokes shall boil."""
        before = self._before(frame)
        if not self._temporal_weight or before is None:
            return []
        hold = 1 - self._settings.boil if self._boils(frame.number) else 1.0
        every = [before, *frame.references]
        return [Reference(one.image, hold * one.mask) for one in every] if hold else []

    def _boils(self, number: int) -> bool:
        return bool(self._settings.boil) and number % self._settings.boil_hold == 0

    def _boiled(self, image: np.ndarray, number: int) -> np.ndarray:
        """``image`` with its strokes moved by a smooth random field, where they shall boil."""
        if not self._boils(number):
            return image
        height, width = image.shape[:2]
        random = np.random.default_rng((self._seed, number))
        cells = random.uniform(-1, 1, (max(2, height // 32), max(2, width // 32), 2))
        field = cv2.resize(cells.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        return warp(image, self._settings.boil * BOIL_REACH * max(height, width) * field)


def pixels_at_once(settings: GatysSettings, shape: tuple[int, int], memory: float) -> int:
    """Most pixels of a frame that the network may look at at once, in ``memory`` gigabytes.

    Raises:
        SettingsError: not even a small window would fit.
    """
    frame_bytes = shape[0] * shape[1] * FRAME_BYTES[settings.optimiser]
    per_pixel = NETWORK_BYTES[settings.features]
    per_pixel += GAUSSIAN_BYTES if "gaussian" in settings.representations else 0
    pixels = int((memory * 1e9 - frame_bytes) / per_pixel)
    if pixels < FEWEST_PIXELS:
        least = frame_bytes + FEWEST_PIXELS * per_pixel
        raise SettingsError(
            f"Frames of {shape[1]}x{shape[0]} need at least {least / 1e9:.1f} GB: raise --memory "
            "or choose a smaller --size."
        )
    return pixels


def coarse_to_fine(shape: tuple[int, int], steps: int) -> list[tuple[tuple[int, int], int]]:
    """Sizes from coarse to fine, each half the next, and the share of ``steps`` for each."""
    sizes = [shape]
    while max(sizes[0]) // 2 >= COARSE_SIDE and (min(sizes[0]) + 1) // 2 >= LEAST_SIDE:
        sizes.insert(0, ((sizes[0][0] + 1) // 2, (sizes[0][1] + 1) // 2))
    coarse = int(COARSE_SHARE * steps) // (len(sizes) - 1) if len(sizes) > 1 else 0
    plan = [(size, coarse) for size in sizes[:-1] if coarse]
    return [*plan, (shape, steps - coarse * len(plan))]


def _load_features(settings: GatysSettings) -> Features:
    from stylecore.networks.backend import precision
    from stylecore.networks.features import load_features

    names = sorted({*settings.style_layers, *settings.content_layers})
    with precision(
        {"float32": "float32", "bfloat16": "mixed_bfloat16"}[settings.feature_precision]
    ):
        return load_features(settings.features, names, weights=settings.weights)


def _resized_masks(masks: np.ndarray, level: _Level) -> np.ndarray:
    size = (level.width, level.height)
    return np.stack([cv2.resize(mask, size, interpolation=cv2.INTER_AREA) for mask in masks])


def revealed_areas(mask: np.ndarray) -> np.ndarray:
    """``mask`` (H, W, 1) without what is thinner than LINE pixels: edges of motion, nothing new.

    Beyond the border all is new: the few pixels that a slow pan brings in with every frame are
    the end of that, and no line.
    """
    beyond = cv2.copyMakeBorder(mask, *[LINE] * 4, cv2.BORDER_CONSTANT, value=1)
    opened = cv2.morphologyEx(beyond, cv2.MORPH_OPEN, np.ones((LINE, LINE), np.uint8))
    return opened[LINE:-LINE, LINE:-LINE, None]
