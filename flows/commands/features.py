"""``stylecore features``."""

import argparse
from functools import partial

from flows.commands.arguments import add_picture, add_quiet, beside
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from stylecore.settings.inspection import FeatureSettings


def run(arguments: argparse.Namespace) -> None:
    """Draws what a network sees in a picture or a video's frame: its feature maps."""
    from flows.inspection import draw_features, write_sheet

    settings = read_options(arguments, FeatureSettings)
    write_sheet(
        arguments.picture,
        arguments.output or beside(arguments.picture, f"features-{settings.network}"),
        partial(draw_features, settings=settings),
        overwrite=arguments.overwrite,
        quiet=arguments.quiet,
    )


def add_arguments(parser: Parser) -> None:
    add_picture(parser)
    add_quiet(parser)
    add_options(parser, FeatureSettings)


COMMAND = Command("features", run, add_arguments)
