"""``stylecore report``."""

import argparse
from pathlib import Path

from flows.commands.arguments import add_quiet, add_workspace
from flows.commands.command import Command
from flows.help import Parser
from flows.topics import SOURCE


def run(arguments: argparse.Namespace) -> None:
    """Writes the page about a finished job once more, beside its result."""
    from flows.report import report_again

    report_again(arguments.result, arguments.workspace, quiet=arguments.quiet)


def add_arguments(parser: Parser) -> None:
    parser.topic(SOURCE).add_argument(
        "result", type=Path, metavar="RESULT",
        help="a job's result, or a job by its folder or the beginning of its name",
    )  # fmt: skip
    add_quiet(parser)
    add_workspace(parser)


COMMAND = Command("report", run, add_arguments)
