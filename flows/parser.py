"""The parser of the command line, built from the registered commands."""

from importlib.metadata import version
from typing import Any

from flows.commands.command import Command, CommandGroup
from flows.commands.registry import BEGIN_WITH, COMMANDS
from flows.help import Parser, usage
from flows.topics import HELP


def build_parser() -> Parser:
    """A parser whose result has ``command``, the function to call with it."""
    parser = Parser(
        prog="stylecore",
        usage="stylecore COMMAND ...",
        description="Repaints videos in the style of a picture: stable in time, same length, same "
        "timing, same sound. If it is stopped, the same command goes on where it was. "
        "stylecore COMMAND --help explains a command.",
    )
    parser.topic(HELP).add_argument(
        "--version", action="version", version=f"stylecore {version('stylecore')}",
        help="show the version and end",
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND", prog="stylecore")
    sections = []
    for heading, listed in COMMANDS.items():
        for command in listed:
            _add(commands, command)
        names = {command.name for command in listed}
        shown = [one for one in commands._choices_actions if one.dest in names]
        sections.append((heading, shown))
    parser.shorten_help(sections)
    parser.add_examples(BEGIN_WITH, "Begin with")
    return parser


def _add(commands: Any, command: Command | CommandGroup) -> None:
    """Adds a command, or a group and its commands, to the sub-parsers of a parser."""
    summary = command.summary
    parser: Parser = commands.add_parser(command.name, help=summary, description=summary)
    if isinstance(command, CommandGroup):
        parser.usage = f"{parser.prog} {command.metavar} ..."
        inner = parser.add_subparsers(required=True, metavar=command.metavar, prog=parser.prog)
        for one in command.commands:
            _add(inner, one)
        parser.shorten_help([(f"{command.metavar.capitalize()}s", inner._choices_actions)])
        return
    command.add_arguments(parser)
    parser.topic(HELP).add_argument(
        "--debug", action="store_true", help="show tracebacks, and what libraries say"
    )
    if command.matters:
        parser.add_full_help()
        parser.shorten_help(
            [(heading, parser.named(names)) for heading, names in command.matters.items()]
        )
    parser.add_examples(command.examples)
    parser.usage = usage(parser)
    parser.set_defaults(command=command.run, parser=parser)
