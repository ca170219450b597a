"""``stylecore image``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.arguments import (
    add_prefect,
    add_quiet,
    add_source_and_style,
    default_output,
)
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import RESULT
from stylecore.errors import InputError, SettingsError
from stylecore.settings import ImageSettings

if TYPE_CHECKING:
    from stylecore.inspection.transition import TransitionFilm


def run(arguments: argparse.Namespace) -> None:
    """Repaints a still picture."""
    from flows import screen
    from stylecore.media import VIDEO_SUFFIXES

    if arguments.source.suffix.lower() in VIDEO_SUFFIXES:
        raise InputError(
            f"{arguments.source} ends like a video; repaint it with: stylecore video, or name one "
            f"of its frames: {arguments.source}@0"
        )
    settings = read_options(arguments, ImageSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    screen.run_image(
        arguments.source, arguments.style, output, settings, overwrite=arguments.overwrite,
        prefect=arguments.prefect, quiet=arguments.quiet,
        film=_film(arguments, output, settings),
    )  # fmt: skip


def _film(
    arguments: argparse.Namespace, output: Path, settings: ImageSettings
) -> "TransitionFilm | None":
    """What collects the picture's way, where that is asked for.

    Raises:
        SettingsError: there is no way to show, or the name is one of the pictures'.
        OutputError: the film exists or cannot be written.
    """
    if arguments.transition is None:
        return None
    from stylecore.inspection.transition import TransitionFilm
    from stylecore.pipeline.checks import real

    pictures = (arguments.source, arguments.style, output)
    if real(arguments.transition) in map(real, pictures):
        raise SettingsError(
            f"{arguments.transition} is one of the pictures; choose another name for --transition."
        )
    return TransitionFilm(arguments.transition, settings, overwrite=arguments.overwrite)


def add_arguments(parser: Parser) -> None:
    add_source_and_style(
        parser, "picture to repaint, or a video's frame by its number from 0, like clip.mp4@48"
    )
    parser.topic(RESULT).add_argument(
        "--transition", type=Path, metavar="FILM",
        help="also save the way from the source to the result as an animation or a video (.gif, "
        ".mp4, ...), evenly by change and not by step; gatys only",
    )  # fmt: skip
    add_prefect(parser)
    add_quiet(parser)
    add_options(parser, ImageSettings)


COMMAND = Command(
    "image",
    run,
    add_arguments,
    matters={
        "What is painted": ("source", "style", "output", "size"),
        "How it is painted": ("engine", "colours"),
        "With --engine gatys": (
            "style_weight",
            "content_weight",
            "style_scale",
            "first_iterations",
        ),
        "With --engine fast": ("strength", "style_size"),
    },
    examples=(
        (
            "stylecore image photo.jpg --style wave.jpg --engine fast",
            "in seconds, beside the photograph",
        ),
        (
            "stylecore image photo.jpg --style wave.jpg -o painted.png --style-weight 40",
            "with gatys, painted freely: the finest, and minutes of it",
        ),
    ),
)
