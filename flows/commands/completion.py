"""``stylecore completion``: what a shell needs to complete commands, options, choices and files."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from flows.commands.command import Command
from flows.help import Parser
from flows.topics import SETTINGS

SHELLS = ("bash", "zsh", "tcsh")
FOLDERS = ("DIR", "INBOX", "OUTBOX")
"""How arguments are written that are folders, and no files."""


def run(arguments: argparse.Namespace) -> None:
    """Prints a script that has your shell complete commands, options, choices and file names."""
    import shtab

    from flows.parser import build_parser

    parser = build_parser()
    for action in _all_actions(parser):
        if action.type is Path or action.metavar == "FILE":
            is_folder = action.metavar in FOLDERS
            action.complete = shtab.DIRECTORY if is_folder else shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, arguments.shell))


def _all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """The arguments of a parser and of all its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _all_actions(command)


def add_arguments(parser: Parser) -> None:
    parser.topic(SETTINGS).add_argument(
        "shell", choices=SHELLS, metavar="|".join(SHELLS), help="your shell"
    )


COMMAND = Command(
    "completion",
    run,
    add_arguments,
    examples=(
        (
            'eval "$(stylecore completion bash)"',
            "in this bash; for all to come, write the line into ~/.bashrc",
        ),
        (
            "stylecore completion zsh > ~/.zfunc/_stylecore",
            "for zsh, if fpath has ~/.zfunc",
        ),
    ),
)
