"""``stylecore cuts``."""

import argparse
from pathlib import Path

from flows.commands.arguments import add_output
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import SOURCE
from stylecore.settings import SourceSettings

LIST = "the list; .csv is written as PySceneDetect does [the terminal]"


def run(arguments: argparse.Namespace) -> None:
    """Finds the cuts of a video and lists them, to be mended and given with --cuts."""
    from flows.cuts import list_cuts

    settings = read_options(arguments, SourceSettings)
    list_cuts(arguments.source, arguments.output, settings, overwrite=arguments.overwrite)


def add_arguments(parser: Parser) -> None:
    parser.topic(SOURCE).add_argument(
        "source", type=Path, metavar="SOURCE", help="video to look through"
    )
    add_output(parser, LIST)
    add_options(parser, SourceSettings)


COMMAND = Command("cuts", run, add_arguments)
