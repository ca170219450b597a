"""A command of the command line: its name, its arguments and what it runs."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """What a person may type after ``stylecore``."""

    name: str
    run: Callable[[Namespace], int | None]
    """Returns the exit status, None for 0; the first line of its docstring is the command's help.
    Only when it is called may anything heavy be imported."""
    add_arguments: Callable[[ArgumentParser], None]

    @property
    def summary(self) -> str:
        return (self.run.__doc__ or "").splitlines()[0]


@dataclass(frozen=True)
class CommandGroup:
    """Commands that are typed after a word of their own, like ``stylecore jobs list``."""

    name: str
    summary: str
    commands: tuple[Command, ...]
    metavar: str = "COMMAND"
