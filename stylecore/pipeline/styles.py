"""What may be given as a style: a picture of it, or the file of one that was learned."""

from pathlib import Path
from typing import TypeVar

import numpy as np

from stylecore.arrays.images import to_float
from stylecore.errors import SettingsError
from stylecore.media import read_picture
from stylecore.media.opening import MAX_MEGAPIXELS
from stylecore.networks.style_file import is_learned, load_style
from stylecore.settings import FastSettings, FrameSettings
from stylecore.settings.choices import chosen_in, complaints


def read_style(path: Path, *, max_megapixels: float = MAX_MEGAPIXELS) -> np.ndarray:
    """The picture of a style, (H, W, 3) float32 RGB in [0, 1].

    Raises:
        MediaError: it cannot be read, or is larger than ``max_megapixels``.
        WeightsError: the file of the learned style is damaged or of another version.
    """
    if is_learned(path.name):
        return to_float(load_style(path).picture)
    return read_picture(path, max_megapixels=max_megapixels)


Chosen = TypeVar("Chosen", bound=FrameSettings)


def with_learned_painter(settings: Chosen, style: Path) -> Chosen:
    """The settings with which a style is painted: a learned one, by what was learned.

    Raises:
        SettingsError: something is chosen that a learned style cannot do.
    """
    is_default = settings.fast.model == FastSettings().model
    if not (is_learned(style.name) and settings.engine == "fast" and is_default):
        return settings
    fast = settings.fast.model_copy(update={"model": str(style.absolute())})
    settings = settings.model_copy(update={"fast": fast})
    if found := complaints(settings, chosen_in(settings) - {"model"}):
        raise SettingsError(f"{found}.")
    return settings
