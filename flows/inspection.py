"""Sheets that show what a network sees in a picture."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from flows.printing import printable
from stylecore.media import (
    check_picture_name,
    on_white,
    read_single,
    require_free,
    write_picture,
)
from stylecore.settings import ImageSettings
from stylecore.settings.inspection import FeatureSettings, ReconstructionSettings


def draw_features(image: np.ndarray, settings: FeatureSettings) -> np.ndarray:
    """A sheet of the feature maps of a picture (H, W, 3) in [0, 1].

    Raises:
        InputError: the weights cannot be had, or do not reach to a layer.
    """
    from stylecore.inspection.feature_maps import feature_sheet

    return feature_sheet(image, settings)


def draw_reconstructions(
    image: np.ndarray, settings: ReconstructionSettings, *, style: Path | None, quiet: bool
) -> np.ndarray:
    """A sheet of what layers know of a picture, and of its style or another's; shows a bar.

    Raises:
        InputError: the style or the weights cannot be read.
    """
    style_image = None if style is None else read_image(style)
    from stylecore.inspection.reconstruction import reconstruction_sheet, reconstructions

    made = reconstructions(image, settings, style=style_image)
    console = Console(quiet=quiet, stderr=True)
    with_bar = track(made, "reconstructing", 2 * len(settings.layers), console=console)
    return reconstruction_sheet(image, list(with_bar), settings, style=style_image)


def write_sheet(
    picture: Path,
    output: Path,
    drawn: Callable[[np.ndarray], np.ndarray],
    *,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Has a sheet drawn of a picture, and says where it is.

    Raises:
        InputError: the picture cannot be read.
        OutputError: the sheet exists or cannot be written.
    """
    check_picture_name(output)
    require_free(output, overwrite=overwrite)
    write_picture(output, drawn(read_image(picture)))
    if not quiet:
        print(printable(str(output)))


def read_image(picture: Path) -> np.ndarray:
    """A still or a frame that is named like ``clip.mp4@48``, (H, W, 3) float32 in [0, 1]."""
    return on_white(read_single(picture, max_megapixels=ImageSettings().max_megapixels))
