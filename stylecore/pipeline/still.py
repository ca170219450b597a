"""One still picture, which needs no job."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stylecore.arrays.colour import colour_statistics
from stylecore.arrays.images import fitted_size, resize, to_float
from stylecore.engines import FrameInput, OnStep
from stylecore.errors import OutputExistsError, SettingsError
from stylecore.media import check_picture_name, on_white, read_single, write_picture
from stylecore.pipeline.checks import real
from stylecore.pipeline.engine_pool import prepared_engine
from stylecore.pipeline.styles import with_learned_painter
from stylecore.sequence.masks import MaskedFrames, open_masks
from stylecore.sequence.style_plan import StylePlan
from stylecore.settings import ImageSettings


def stylize_image(
    source: str | Path,
    style: str | Path,
    output: str | Path,
    settings: ImageSettings | None = None,
    *,
    overwrite: bool = False,
    on_step: OnStep | None = None,
) -> Path:
    """Repaints a still picture in the style of another; returns the output's path.

    Args:
        source: a picture, or a frame of a video by its number from 0, like ``clip.mp4@48``.
        style: the style picture.
        output: a picture's name; its suffix names the format.
        settings: every other choice.
        overwrite: replace an existing output.
        on_step: is shown the picture on its way; see ``FrameInput.on_step``.

    Raises:
        SettingsError: an option or the output does not fit the rest.
        MediaError: the source, a style or a mask cannot be read or is not supported.
        WeightsError: the engine's weights are missing or do not fit.
        OutputError: the output exists or cannot be written.
    """
    source, style, output = Path(source), Path(style), Path(output)
    settings = with_learned_painter(settings or ImageSettings(), style)
    given = (source, style, *settings.mixing.more_styles, *settings.mixing.style_masks)
    _check_output(output, given, overwrite=overwrite)
    pixels = read_single(source, max_megapixels=settings.max_megapixels)
    width, height = fitted_size(pixels.shape[1], pixels.shape[0], settings.size)
    pixels = resize(pixels, (width, height))
    content = on_white(pixels)
    engine = prepared_engine(
        settings, (style, *settings.mixing.more_styles), (height, width), colour_statistics(content)
    )
    weights, masks = _styles_of(settings, (width, height))
    image, _ = engine.render(
        FrameInput(
            number=0, content=content, style_weights=weights, style_masks=masks, on_step=on_step
        )
    )
    write_picture(
        output,
        image,
        opacity=to_float(pixels[..., 3:]) if pixels.shape[2] == 4 else None,
        bit_depth=8 * pixels.itemsize,
    )
    return output


def _styles_of(
    settings: ImageSettings, size: tuple[int, int]
) -> tuple[tuple[float, ...], np.ndarray | None]:
    """Weights and masks of the styles, for a picture of (width, height)."""
    frames = MaskedFrames(size=size, stop=1, max_megapixels=settings.max_megapixels)
    masks = open_masks(settings.mixing.style_masks, frames)
    return StylePlan(settings.mixing, masks).at(0)


def _check_output(output: Path, given: Sequence[Path], *, overwrite: bool) -> None:
    """Checks that the result can be written and replaces nothing that it is made from.

    Raises:
        SettingsError: it would, or its name is no picture's.
        OutputExistsError: there is one already.
    """
    check_picture_name(output)
    if os.path.lexists(output) and any(real(path) == real(output) for path in given):
        raise SettingsError(
            f"{output} is one of the pictures that the result is made from; choose another name "
            "with -o."
        )
    if os.path.lexists(output) and not overwrite:
        raise OutputExistsError(output)
