"""``stylecore folder``."""

import argparse
from pathlib import Path

from flows.commands.arguments import add_run_options
from flows.commands.command import Command
from flows.options import add_options, read_options
from stylecore.settings import FolderSettings, VideoSettings, checked


def run(arguments: argparse.Namespace) -> int:
    """Repaints everything in a folder that is not done yet."""
    from flows import screen

    settings = checked(
        FolderSettings,
        {
            "settle_seconds": arguments.settle_seconds,
            "video": read_options(arguments, VideoSettings),
        },
    )
    again = f"The same command goes on:   {arguments.again}"
    return screen.run_folder(
        arguments.inbox, arguments.outbox, arguments.style, settings,
        workspace=arguments.workspace, prefect=arguments.prefect, quiet=arguments.quiet,
        stop=arguments.stop, again=again,
    )  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inbox", type=Path, metavar="INBOX", help="folder of videos and pictures")
    parser.add_argument("outbox", type=Path, metavar="OUTBOX", help="folder for the results")
    parser.add_argument(
        "--style", type=Path, required=True, metavar="PICTURE", help="style picture"
    )
    parser.add_argument(
        "--settle-seconds", type=float, metavar="VALUE",
        default=FolderSettings().settle_seconds,
        help=f"{FolderSettings.model_fields['settle_seconds'].description} [%(default)s]",
    )  # fmt: skip
    add_run_options(parser)
    add_options(parser, VideoSettings)


COMMAND = Command("folder", run, add_arguments)
