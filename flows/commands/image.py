"""``stylecore image``."""

import argparse

from flows.commands.arguments import add_quiet, add_source_and_style, default_output
from flows.commands.command import Command
from flows.options import add_options, read_options
from flows.printing import printable
from stylecore.settings import ImageSettings


def run(arguments: argparse.Namespace) -> None:
    """Repaints a still picture."""
    from stylecore.pipeline import stylize_image

    settings = read_options(arguments, ImageSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    written = stylize_image(
        arguments.source, arguments.style, output, settings, overwrite=arguments.overwrite
    )
    if not arguments.quiet:
        print(printable(str(written)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source_and_style(parser, "picture to repaint")
    add_quiet(parser)
    add_options(parser, ImageSettings)


COMMAND = Command("image", run, add_arguments)
