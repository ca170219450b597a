"""How a teacher judges a picture, how a network paints one, and pictures to do it with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stylecore.arrays.images import at_side
from stylecore.engines.base import FrameInput
from stylecore.engines.gatys.engine import GatysEngine
from stylecore.errors import MediaError
from stylecore.losses.terms import gram, style_loss
from stylecore.media import PICTURE_SUFFIXES, read_picture
from stylecore.settings import GATYS_STYLE_LAYERS, GatysSettings

Features = Callable[[Any], Mapping[str, Any]]
"""(N, H, W, 3) RGB in [0, 1] to activations by layer name."""


def style_distance(teacher: Features, picture: np.ndarray, style: np.ndarray) -> float:
    """Style loss of Gatys et al. (2016) between two (H, W, 3) pictures, by the teacher."""
    found, wanted = teacher(picture[None]), teacher(style[None])
    targets = {name: gram(wanted[name]) for name in GATYS_STYLE_LAYERS}
    return float(style_loss(found, targets, GATYS_STYLE_LAYERS)[0])


def paint(features: Features, content: np.ndarray, style: np.ndarray) -> np.ndarray:
    """``content`` in the style of ``style``, optimised with the engine's own settings."""
    engine = GatysEngine(GatysSettings(), features=features)
    engine.prepare([style], shape=content.shape[:2])
    return engine.render(FrameInput(number=0, content=content))[0]


def pictures_in(
    folders: Sequence[Path], longer_side: int, *, most: int | None = None
) -> Iterator[np.ndarray]:
    """Pictures of the folders in order of name, evenly thinned out to ``most``, in [0, 1].

    Raises:
        MediaError: a folder holds none.
    """
    paths = [path for folder in folders for path in picture_paths(folder)]
    step = max(1, len(paths) // most) if most else 1
    return (at_side(read_picture(path), longer_side) for path in paths[::step])


def picture_paths(folder: Path) -> list[Path]:
    """The pictures of a folder in order of name.

    Raises:
        MediaError: there are none.
    """
    paths = [path for path in folder.glob("*") if path.suffix.lower() in PICTURE_SUFFIXES]
    if not paths:
        raise MediaError(f"{folder} holds no pictures: give a folder with some.")
    return sorted(paths)
