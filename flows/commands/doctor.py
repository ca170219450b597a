"""``stylecore doctor``."""

import argparse

from flows.commands.arguments import add_workspace
from flows.commands.command import Command


def run(arguments: argparse.Namespace) -> int:
    """Says what was found, what is missing, and how to get it."""
    from flows.doctor import examine

    return examine(arguments.workspace)


COMMAND = Command("doctor", run, add_workspace)
