"""A command of the command line: its name, its arguments and what it runs."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flows.help import Example, Parser


@dataclass(frozen=True)
class Command:
    """What a person may type after ``stylecore``."""

    name: str
    run: Callable[[Namespace], int | None]
    """Returns the exit status, None for 0; the first line of its docstring is the command's help.
    Only when it is called may anything heavy be imported."""
    add_arguments: Callable[[Parser], None]
    matters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What ``--help`` shows where that is not all: names of arguments by heading."""
    examples: tuple[Example, ...] = ()

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
