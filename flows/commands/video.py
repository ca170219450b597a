"""``stylecore video``."""

import argparse

from flows.commands.arguments import add_run_options, add_source_and_style, default_output
from flows.commands.command import Command
from flows.options import add_options, read_options
from stylecore.settings import VideoSettings


def run(arguments: argparse.Namespace) -> None:
    """Repaints a video."""
    from flows import screen
    from stylecore.store import Request

    settings = read_options(arguments, VideoSettings)
    output = arguments.output or default_output(arguments.source, arguments.style, settings)
    request = Request(
        source=arguments.source, style=arguments.style, output=output, settings=settings,
        root=arguments.workspace, overwrite=arguments.overwrite, keep=arguments.keep,
    )  # fmt: skip
    screen.run_video(request, prefect=arguments.prefect, quiet=arguments.quiet, stop=arguments.stop)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source_and_style(
        parser, "video, animation, folder of frames or pattern like frames/%%06d.png to repaint"
    )
    add_run_options(parser)
    keeping = parser.add_mutually_exclusive_group()
    keeping.add_argument("--keep", action="store_true", help="keep the stored frames afterwards")
    keeping.add_argument(
        "--clean", dest="keep", action="store_false",
        help="remove the stored frames once the result is verified [default]",
    )  # fmt: skip
    add_options(parser, VideoSettings)


COMMAND = Command("video", run, add_arguments)
