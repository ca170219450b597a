"""The parser of the command line, built from the registered commands."""

import argparse
from importlib.metadata import version
from typing import Any

from flows.commands.command import Command, CommandGroup
from flows.commands.registry import COMMANDS


def build_parser() -> argparse.ArgumentParser:
    """A parser whose result has ``command``, the function to call with it."""
    parser = argparse.ArgumentParser(
        prog="stylecore",
        description="Repaints videos in the style of a picture: stable in time, same length, same "
        "timing, same sound. If it is stopped, the same command goes on where it was.",
    )
    parser.add_argument("--version", action="version", version=f"stylecore {version('stylecore')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        _add(commands, command)
    return parser


def _add(commands: Any, command: Command | CommandGroup) -> None:
    """Adds a command, or a group and its commands, to the sub-parsers of a parser."""
    summary = command.summary
    parser = commands.add_parser(command.name, help=summary, description=summary)
    if isinstance(command, CommandGroup):
        inner = parser.add_subparsers(required=True, metavar=command.metavar)
        for one in command.commands:
            _add(inner, one)
        return
    command.add_arguments(parser)
    parser.add_argument(
        "--debug", action="store_true", help="show tracebacks, and what libraries say"
    )
    parser.set_defaults(command=command.run)
