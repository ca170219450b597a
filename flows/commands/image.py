"""``stylecore image``."""

import argparse

from flows.commands.arguments import (
    add_prefect,
    add_quiet,
    add_source_and_style,
    default_output,
)
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from stylecore.errors import InputError
from stylecore.settings import ImageSettings


def run(arguments: argparse.Namespace) -> None:
    """Repaints a still picture."""
    from flows import screen
    from stylecore.media import VIDEO_SUFFIXES

    if arguments.source.suffix.lower() in VIDEO_SUFFIXES:
        raise InputError(f"{arguments.source} ends like a video; repaint it with: stylecore video")
    settings = read_options(arguments, ImageSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    screen.run_image(
        arguments.source, arguments.style, output, settings, overwrite=arguments.overwrite,
        prefect=arguments.prefect, quiet=arguments.quiet,
    )  # fmt: skip


def add_arguments(parser: Parser) -> None:
    add_source_and_style(parser, "picture to repaint")
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
