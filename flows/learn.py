"""Learns one style, so that the fast engine paints it with brushes of its own."""

from pathlib import Path

from prefect import flow

from stylecore.training.settings import StyleLearning
from tasks.policies import with_state_message
from tasks.training import learn_style_file

DEFAULTS = StyleLearning()


@flow(name="learn-style", flow_run_name="learn {style.stem}")
@with_state_message(by=str)
def learn_style(
    style: Path,
    output: Path,
    content: Path | None = None,
    settings: StyleLearning = DEFAULTS,
    overwrite: bool = False,
) -> Path:
    """Learns a style, or goes on from the last checkpoint; returns its file.

    Args:
        style: the picture.
        output: where the file shall go; its name ends with ``.style``.
        content: folder of pictures, or a video, to learn on; synthetic scenes if there is none.
        settings: every other choice.
        overwrite: replace an existing file.
    """
    return learn_style_file(style, output, content, settings, overwrite=overwrite)
