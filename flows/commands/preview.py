"""``stylecore preview``."""

import argparse
from pathlib import Path

from flows.commands.arguments import add_output, add_quiet, add_workspace
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options
from flows.topics import RESULT, SOURCE, STYLE
from stylecore.settings import VideoSettings


def run(arguments: argparse.Namespace) -> None:
    """Paints a few frames in one or several choices on a sheet, and estimates the whole job."""
    from flows.looking import show_preview

    show_preview(arguments)


def add_arguments(parser: Parser) -> None:
    parser.topic(SOURCE).add_argument(
        "source", type=Path, metavar="SOURCE",
        help="video, animation, folder of frames or pattern like frames/%%06d.png to look at",
    )  # fmt: skip
    parser.topic(STYLE).add_argument(
        "--style", type=Path, nargs="+", required=True, metavar="PICTURE",
        help="pictures with styles, each for a job of its own; a row each",
    )  # fmt: skip
    parser.topic(STYLE).add_argument(
        "--sweep", action="append", default=[], metavar="NAME=VALUE,...",
        help="compare values of a setting, a row each, like style_weight=5,20,80; given twice, the "
        "second one's stand side by side. Values with commas are parted by ;",
    )  # fmt: skip
    parser.topic(RESULT).add_argument(
        "--samples", type=int, metavar="COUNT",
        help="frames to show, spread over the shots; --frames COUNT says the same [4, or 1 with "
        "two sweeps]",
    )  # fmt: skip
    add_output(parser, "the sheet, a picture [beside the source]")
    add_quiet(parser)
    add_workspace(parser)
    add_options(parser, VideoSettings)


COMMAND = Command(
    "preview",
    run,
    add_arguments,
    matters={
        "What is shown": ("source", "style", "samples", "sweep", "output"),
        "How it is painted": ("engine", "size", "coherence", "colours"),
        "With --engine gatys": ("style_weight", "style_scale"),
        "With --engine fast": ("strength",),
    },
    examples=(
        (
            "stylecore preview holiday.mp4 --style wave.jpg mosaic.jpg",
            "four frames in two styles, and what the whole would take",
        ),
        (
            "stylecore preview holiday.mp4 --style wave.jpg --sweep style_weight=5,20,80",
            "the same frames painted more and more freely",
        ),
        (
            "stylecore preview holiday.mp4 --style wave.jpg --sweep style_weight=5,20,80 "
            "--sweep style_scale=0.5,1,2",
            "one frame in a grid of nine",
        ),
    ),
)
