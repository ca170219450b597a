"""Networks that repaint a frame in one pass, behind one protocol: our own and TensorFlow Hub's."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

import cv2
import numpy as np

from stylecore.arrays.colour import (
    ColourStatistics,
    colour_root,
    colour_statistics,
    colour_transport,
    mixed_colours,
)
from stylecore.arrays.moments import Moments
from stylecore.errors import SettingsError
from stylecore.networks.files import file_digest
from stylecore.networks.style_file import is_learned, load_style

Precision = Literal["float32", "bfloat16"]
COMPACT = "compact"
COMPACT_FAST_WEIGHTS = Path(__file__).parents[1] / "weights" / "compact_fast.npz"
MARGIN = 8
"""Pixels around a frame: no border is like the inside, and the painter spoils SPOILT of them."""
KEPT_KERNELS = 16
"""Codes whose kernels are kept: frames mostly share one, and masks have one for each style."""
COLOUR_STEP = 4
"""A frame's colours are taken from every pixel of every fourth row and column."""


class FastNetwork(Protocol):
    """Repaints frames; pictures are (H, W, 3) float32 RGB in [0, 1], of any size.

    Codes are made once for a style and are the network's own affair. All methods may be called
    from several threads.
    """

    bytes_per_pixel: int
    """Of memory at work; 0 when a frame cannot be painted in tiles."""

    def encode(self, style: np.ndarray) -> Any:
        """What the network has to know of a style picture."""

    def mix(self, codes: Sequence[Any], weights: Sequence[float]) -> Any:
        """A code between others; weights sum to 1."""

    def measure(self, frame: np.ndarray, code: Any) -> Moments:
        """What ``paint`` finds out about a frame as a whole; empty where it cannot be reached."""

    def paint(
        self, frames: Sequence[np.ndarray], code: Any, moments: Sequence[Moments] = ()
    ) -> list[np.ndarray]:
        """Frames of one size in a style.

        Args:
            frames: at least one.
            code: of the style.
            moments: to hold, for each frame, in place of its own; none to hold when empty.

        Returns:
            Each (H, W, 3) float32 in [0, 1]; a frame's does not depend on the others.
        """


@dataclass(frozen=True)
class StyleCode:
    """A style as the compact fast network knows it."""

    vector: np.ndarray
    """(CODE_LENGTH,)."""
    colours: ColourStatistics


class Painting:
    """Paints with the painter's kernels for a code; subclasses know how codes are made."""

    bytes_per_pixel = 256

    def __init__(self, dtype: Precision) -> None:
        """
        Args:
            dtype: what the painter computes with; pixels are float32 in any case.
        """
        import keras

        from stylecore.networks.backend import compiled, has_accelerator, precision
        from stylecore.networks.renderer import build_painter

        with precision("float32" if dtype == "float32" else f"mixed_{dtype}"):
            self._painter = build_painter(winograd=dtype == "float32" and not has_accelerator())
        self._paint = compiled(
            lambda kernels, frames: keras.ops.clip(
                self._painter.stateless_call(kernels, [], frames)[0], 0, 1
            )
        )

    def kernels(self, code: StyleCode) -> list[Any]:
        """The painter's variables for a code."""
        raise NotImplementedError

    def measure(self, frame: np.ndarray, code: StyleCode) -> Moments:
        """Mean (3,) and covariance (3, 3) of the frame's colours."""
        colours = colour_statistics(frame[::COLOUR_STEP, ::COLOUR_STEP])
        return colours.mean, colours.covariance

    def paint(
        self, frames: Sequence[np.ndarray], code: StyleCode, moments: Sequence[Moments] = ()
    ) -> list[np.ndarray]:
        """See ``FastNetwork.paint``; the moments are of colours that move onto the style's."""
        height, width = frames[0].shape[:2]
        moments = moments or [self.measure(frame, code) for frame in frames]
        moved = [
            _in_colours(frame, ColourStatistics(*colours), code.colours)
            for frame, colours in zip(frames, moments, strict=True)
        ]
        batch = moved[0][None] if len(moved) == 1 else np.stack(moved)
        painted = np.asarray(self._paint(self.kernels(code), batch))
        return list(painted[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width])


class CompactFast(Painting):
    """The compact fast network (``stylecore/weights/compact_fast.md``)."""

    def __init__(
        self, weights: Path = COMPACT_FAST_WEIGHTS, *, dtype: Precision = "float32"
    ) -> None:
        """
        Args:
            weights: file of them.
            dtype: what the painter computes with.

        Raises:
            WeightsError: the file is missing, damaged or of another network.
        """
        from stylecore.networks.files import load_variables
        from stylecore.networks.renderer import build_brushes, build_style_encoder

        super().__init__(dtype)
        self._encoder, self._brushes = build_style_encoder(), build_brushes()
        load_variables((self._encoder, self._brushes), weights)
        self._kept = lru_cache(KEPT_KERNELS)(self._kernels_of)

    def encode(self, style: np.ndarray) -> StyleCode:
        """The code of a style picture, seen at the size it comes in."""
        vector = np.asarray(self._encoder(style[None]))[0]
        return StyleCode(vector, colour_statistics(style))

    def mix(self, codes: Sequence[StyleCode], weights: Sequence[float]) -> StyleCode:
        """A style between others, by interpolation of codes; weights sum to 1."""
        return StyleCode(
            np.tensordot(weights, [code.vector for code in codes], 1).astype(np.float32),
            mixed_colours([code.colours for code in codes], weights),
        )

    def kernels(self, code: StyleCode) -> list[Any]:
        root, _ = colour_root(code.colours)
        return self._kept(code.vector.tobytes(), root.tobytes())

    def _kernels_of(self, vector: bytes, root: bytes) -> list[Any]:
        from stylecore.networks.renderer import tinted

        kernels = self._brushes(np.frombuffer(vector, np.float32)[None])
        return tinted(kernels, np.frombuffer(root, np.float32).reshape(3, 3))


class LearnedFast(Painting):
    """The painter of one learned style, whatever picture it is asked to encode."""

    def __init__(self, path: Path, *, dtype: Precision = "float32") -> None:
        """
        Args:
            path: file of the style.
            dtype: what the painter computes with.

        Raises:
            WeightsError: the file is missing, damaged or of another version.
        """
        super().__init__(dtype)
        style = load_style(path)
        shapes = [tuple(variable.shape) for variable in self._painter.variables]
        self._learned = style.kernels(shapes)
        self._code = StyleCode(np.zeros(0, np.float32), style.colours)

    def encode(self, style: np.ndarray) -> StyleCode:
        """The learned style's own code."""
        return self._code

    def mix(self, codes: Sequence[StyleCode], weights: Sequence[float]) -> StyleCode:
        """Refused: what is between a learned style and another was not learned.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(
            "a learned style is painted by itself and at full strength: leave --strength and "
            "--more-style out, or use --model compact."
        )

    def kernels(self, code: StyleCode) -> list[Any]:
        return self._learned


def _in_colours(
    frame: np.ndarray, colours: ColourStatistics, wanted: ColourStatistics
) -> np.ndarray:
    """A frame with its colours moved onto the style's, and a margin."""
    from stylecore.networks.renderer import MULTIPLE

    matrix, offset = colour_transport(colours, wanted)
    recoloured = cv2.transform(frame, np.column_stack([matrix, offset]))
    below, right = (MARGIN + -(side + 2 * MARGIN) % MULTIPLE for side in frame.shape[:2])
    return cv2.copyMakeBorder(recoloured, MARGIN, below, MARGIN, right, cv2.BORDER_REPLICATE)


def load_fast(model: str, *, dtype: Precision = "float32") -> FastNetwork:
    """The network that a setting names: ``compact``, a learned style, or a Hub module.

    Raises:
        WeightsError: it is missing, unreachable, damaged or something else.
        SettingsError: it cannot compute with ``dtype``.
    """
    if model == COMPACT:
        return CompactFast(dtype=dtype)
    if is_learned(model):
        return LearnedFast(Path(model), dtype=dtype)
    from stylecore.networks.hub import load_hub

    if dtype != "float32":
        raise SettingsError(
            f"a TensorFlow Hub module computes as it was saved: use --model compact for {dtype}."
        )

    return load_hub(model)


def fast_digest(model: str) -> str:
    """Stands for the network's weights, without loading them.

    Raises:
        WeightsError: they cannot be read.
    """
    if model == COMPACT:
        return f"compact-{file_digest(COMPACT_FAST_WEIGHTS)[:16]}"
    if is_learned(model):
        return f"learned-{file_digest(Path(model))[:16]}"
    from stylecore.networks.hub import hub_digest

    return hub_digest(model)
