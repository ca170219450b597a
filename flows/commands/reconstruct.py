"""``stylecore reconstruct``."""

import argparse
from functools import partial
from pathlib import Path

from flows.commands.arguments import add_picture, add_quiet, beside
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import STYLE
from stylecore.settings.inspection import ReconstructionSettings


def run(arguments: argparse.Namespace) -> None:
    """Draws what each layer of a network knows of a picture: its content and its style, rebuilt."""
    from flows.inspection import draw_reconstructions, write_sheet

    settings = read_options(arguments, ReconstructionSettings)
    write_sheet(
        arguments.picture,
        arguments.output or beside(arguments.picture, f"reconstructions-{settings.network}"),
        partial(
            draw_reconstructions, settings=settings, style=arguments.style, quiet=arguments.quiet
        ),
        overwrite=arguments.overwrite,
        quiet=arguments.quiet,
    )


def add_arguments(parser: Parser) -> None:
    add_picture(parser)
    parser.topic(STYLE).add_argument(
        "--style", type=Path, metavar="PICTURE",
        help="whose style is reconstructed, a picture or frame [PICTURE]",
    )  # fmt: skip
    add_quiet(parser)
    add_options(parser, ReconstructionSettings)


COMMAND = Command("reconstruct", run, add_arguments)
