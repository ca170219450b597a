"""``stylecore folder``."""

import argparse
from pathlib import Path
from typing import Any

from flows.commands.arguments import add_report, add_run_options, add_style
from flows.commands.command import Command
from flows.help import Parser
from flows.options import add_options, read_options
from flows.topics import SOURCE
from stylecore.settings import FolderSettings, VideoSettings, checked


def run(arguments: argparse.Namespace) -> int:
    """Repaints everything in a folder that is not done yet."""
    from flows import screen

    given: dict[str, Any] = {"video": read_options(arguments, VideoSettings)}
    if arguments.settle_seconds is not None:
        given["settle_seconds"] = arguments.settle_seconds
    settings = checked(FolderSettings, given)
    again = f"The same command goes on:   {arguments.again}"
    return screen.run_folder(
        arguments.inbox, arguments.outbox, arguments.style, settings,
        workspace=arguments.workspace, prefect=arguments.prefect, quiet=arguments.quiet,
        stop=arguments.stop, again=again, report=arguments.report,
    )  # fmt: skip


def add_arguments(parser: Parser) -> None:
    folders = parser.topic(SOURCE)
    folders.add_argument("inbox", type=Path, metavar="INBOX", help="folder of videos and pictures")
    folders.add_argument("outbox", type=Path, metavar="OUTBOX", help="folder for the results")
    add_style(parser)
    add_report(parser)
    add_run_options(parser)
    add_options(parser, FolderSettings)


COMMAND = Command(
    "folder",
    run,
    add_arguments,
    matters={
        "What is painted": ("inbox", "outbox", "style", "size"),
        "How it is painted": ("engine", "coherence", "colours"),
        "With --engine gatys": ("style_weight", "style_scale"),
        "With --engine fast": ("strength",),
        "When it is taken": ("settle_seconds",),
    },
    examples=(
        (
            "stylecore folder inbox outbox --style wave.jpg --engine fast",
            "all that is in inbox and not yet in outbox; run again, it goes on",
        ),
        (
            "stylecore folder inbox outbox --style wave.jpg --size 640 --style-weight 40",
            "with gatys, painted freely: the finest, and hours for each video",
        ),
    ),
)
