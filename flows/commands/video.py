"""``stylecore video``."""

import argparse

from flows.commands.arguments import (
    add_progress,
    add_report,
    add_run_options,
    add_source_and_style,
    default_output,
    events_of,
)
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import JOB
from stylecore.settings import VideoSettings


def run(arguments: argparse.Namespace) -> None:
    """Repaints a video, an animation or a folder of frames."""
    from flows import screen
    from stylecore.store import Request

    events = events_of(arguments)
    settings = read_options(arguments, VideoSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    request = Request(
        source=arguments.source, style=arguments.style, output=output, settings=settings,
        root=arguments.workspace, overwrite=arguments.overwrite, keep=arguments.keep,
        report=arguments.report,
    )  # fmt: skip
    screen.run_video(
        request, prefect=arguments.prefect, quiet=arguments.quiet, stop=arguments.stop,
        events=events,
    )  # fmt: skip


def add_arguments(parser: Parser) -> None:
    add_source_and_style(
        parser, "video, animation, folder of frames or pattern like frames/%%06d.png to repaint"
    )
    add_run_options(parser)
    add_progress(parser)
    keeping = parser.topic(JOB).add_mutually_exclusive_group()
    keeping.add_argument("--keep", action="store_true", help="keep the stored frames afterwards")
    keeping.add_argument(
        "--clean", dest="keep", action="store_false",
        help="remove the stored frames once the result is verified [default]",
    )  # fmt: skip
    add_report(parser)
    add_options(parser, VideoSettings)


COMMAND = Command(
    "video",
    run,
    add_arguments,
    matters={
        "What is painted": ("source", "style", "output", "frames", "size"),
        "How it is painted": ("engine", "coherence", "colours"),
        "With --engine gatys": ("style_weight", "style_scale"),
        "With --engine fast": ("strength",),
    },
    examples=(
        (
            "stylecore video holiday.mp4 --style wave.jpg --engine fast --frames 0:48",
            "the first 48 frames in minutes, to try settings",
        ),
        (
            "stylecore video holiday.mp4 --style wave.jpg --size 640 --style-weight 40",
            "with gatys, painted freely: the finest, and hours of it",
        ),
        (
            "stylecore video frames/ --style wave.jpg --engine fast -o painted/",
            "a folder of frames, into another one",
        ),
    ),
)
