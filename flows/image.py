"""One still picture."""

from pathlib import Path

from prefect import flow

from stylecore.settings import ImageSettings
from tasks.policies import with_state_message
from tasks.still import stylize_still

DEFAULTS = ImageSettings()


@flow(name="stylize-image", flow_run_name="{source.name} in {style.stem}")
@with_state_message(by=str)
def stylize_image(
    source: Path,
    style: Path,
    output: Path,
    settings: ImageSettings = DEFAULTS,
    overwrite: bool = False,
) -> Path:
    """Repaints a still picture in the style of another; returns the output.

    Args:
        source: the picture.
        style: the style picture.
        output: where the result shall go; its suffix names the format.
        settings: every other choice.
        overwrite: replace an existing output.
    """
    return stylize_still(source, style, output, settings, overwrite=overwrite)
