"""Networks that repaint a frame in one pass, behind one protocol: our own and TensorFlow Hub's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import cv2
import numpy as np

from stylecore.colour import ColourStatistics, colour_statistics, colour_transport, mixed_colours
from stylecore.errors import SettingsError
from stylecore.networks.files import file_digest

Precision = Literal["float32", "bfloat16"]
COMPACT = "compact"
COMPACT_FAST_WEIGHTS = Path(__file__).parents[1] / "weights" / "compact_fast.npz"
MARGIN = 4
"""Pixels around a frame: between shuffles, no border is like the inside."""
COLOUR_STEP = 4
"""A frame's colours are taken from every pixel of every fourth row and column."""


class FastNetwork(Protocol):
    """Repaints frames; pictures are (H, W, 3) float32 RGB in [0, 1], of any size.

    Codes are made once for a style and are the network's own affair.
    """

    def encode(self, style: np.ndarray) -> Any:
        """What the network has to know of a style picture."""

    def mix(self, codes: Sequence[Any], weights: Sequence[float]) -> Any:
        """A code between others; weights sum to 1.

        Raises:
            SettingsError: the network cannot do that.
        """

    def paint(self, frame: np.ndarray, code: Any) -> np.ndarray:
        """The frame in a style, (H, W, 3) float32 in [0, 1]."""


@dataclass(frozen=True)
class StyleCode:
    """A style as the compact fast network knows it."""

    vector: np.ndarray
    """(CODE_LENGTH,)."""
    colours: ColourStatistics


class CompactFast:
    """The compact fast network (``stylecore/weights/compact_fast.md``)."""

    def __init__(
        self, weights: Path = COMPACT_FAST_WEIGHTS, *, dtype: Precision = "float32"
    ) -> None:
        """
        Args:
            weights: file of them.
            dtype: what the painter computes with; pixels are float32 in any case.

        Raises:
            WeightsError: the file is missing, damaged or of another network.
        """
        from stylecore.networks.backend import compiled, precision
        from stylecore.networks.files import load_variables
        from stylecore.networks.renderer import build_painter, build_renderer, build_style_encoder

        self._encoder, self._renderer = build_style_encoder(), build_renderer()
        load_variables((self._encoder, self._renderer), weights)
        with precision("float32" if dtype == "float32" else f"mixed_{dtype}"):
            self._painter = build_painter()
        self._paint = compiled(
            lambda kernels, frames: self._painter.stateless_call(kernels, [], frames)[0]
        )
        self._folded: tuple[StyleCode, list[Any]] | None = None

    def encode(self, style: np.ndarray) -> StyleCode:
        """The code of a style picture, seen at the size it comes in."""
        vector = np.asarray(self._encoder(style[None]))[0]
        return StyleCode(vector, colour_statistics(style))

    def mix(self, codes: Sequence[StyleCode], weights: Sequence[float]) -> StyleCode:
        """A style between others, by interpolation of codes; weights sum to 1."""
        vectors = [weight * code.vector for code, weight in zip(codes, weights, strict=True)]
        return StyleCode(
            np.sum(vectors, 0), mixed_colours([code.colours for code in codes], weights)
        )

    def paint(
        self, frame: np.ndarray, code: StyleCode, *, colours: ColourStatistics | None = None
    ) -> np.ndarray:
        """The frame in a style.

        Args:
            frame: (H, W, 3) float32 in [0, 1].
            code: of the style.
            colours: that are moved onto the style's; the frame's own when None.
        """
        from stylecore.networks.renderer import MULTIPLE

        height, width = frame.shape[:2]
        colours = colours or colour_statistics(frame[::COLOUR_STEP, ::COLOUR_STEP])
        matrix, offset = colour_transport(colours, code.colours)
        recoloured = cv2.transform(frame, np.column_stack([matrix, offset]))
        below, right = (MARGIN + -side % MULTIPLE for side in (height, width))
        padded = cv2.copyMakeBorder(recoloured, MARGIN, below, MARGIN, right, cv2.BORDER_REPLICATE)
        painted = np.asarray(self._paint(self._kernels(code), padded[None]))[0, MARGIN:, MARGIN:]
        return np.clip(painted[:height, :width], 0, 1)

    def _kernels(self, code: StyleCode) -> list[Any]:
        """The painter's variables for a code; frames mostly share one."""
        from stylecore.networks.renderer import fold

        if self._folded is None or self._folded[0] is not code:
            self._folded = code, fold(self._renderer, code.vector[None], self._painter)
        return self._folded[1]


def load_fast(model: str, *, dtype: Precision = "float32") -> FastNetwork:
    """The network that a setting names: ``compact``, or a Hub module's handle or folder.

    Raises:
        WeightsError: it is missing, unreachable, damaged or something else.
        SettingsError: it cannot compute with ``dtype``.
    """
    if model == COMPACT:
        return CompactFast(dtype=dtype)
    from stylecore.networks.hub import HubNetwork

    if dtype != "float32":
        raise SettingsError(
            f"a TensorFlow Hub module computes as it was saved: use --model compact for {dtype}."
        )

    return HubNetwork(model)


def can_mix(model: str) -> bool:
    """Whether the network that a setting names paints between styles; loads nothing."""
    return model == COMPACT


def fast_digest(model: str) -> str:
    """Stands for the network's weights, without loading them.

    Raises:
        WeightsError: they cannot be read.
    """
    if model == COMPACT:
        return f"compact-{file_digest(COMPACT_FAST_WEIGHTS)[:16]}"
    from stylecore.networks.hub import hub_digest

    return hub_digest(model)
