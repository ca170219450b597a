"""A parser that sorts its options by topic, whose short help shows what matters alone, and that
answers a mistake with one sentence."""

import argparse
import re
import shutil
from collections.abc import Iterable, Sequence
from itertools import takewhile
from textwrap import wrap
from typing import Any, NoReturn

from flows.mistakes import (
    about_choice,
    about_command,
    about_options,
    plainly,
    unknown_options,
)
from flows.printing import printable
from flows.topics import HELP, TOPICS

MISTAKE = 2
"""Exit status after a mistake on the command line."""
MAX_WIDTH = 100
HELP_COLUMN = 28
"""Where explanations begin."""
USAGE: dict[int | str | None, str] = {None: "{}", "?": "[{}]", "*": "[{} ...]", "+": "{} ..."}
"""How arguments without a name are written, by how many there may be."""

Example = tuple[str, str]
"""A command line, and what it does."""
Section = tuple[str, Sequence[argparse.Action]]
"""Arguments under their heading."""


class Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal, but no wider than is easily read."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=HELP_COLUMN, width=help_width())

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """``-o, --output OUT``, where Pythons before 3.13 write OUT twice."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


class Parser(argparse.ArgumentParser):
    """Parses the arguments of a command."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        keywords |= {"add_help": False, "formatter_class": Formatter}
        super().__init__(*arguments, **keywords)
        self._short: Sequence[Section] = ()
        self._examples: Sequence[Example] = ()
        self._examples_heading = "Examples"
        self._topics = {title: self.add_argument_group(title) for title in TOPICS}
        self.topic(HELP).add_argument("-h", "--help", action="help", help="show this help and end")

    def topic(self, title: str) -> Any:
        """The group of arguments that the help shows under ``title``, one of ``TOPICS``."""
        return self._topics[title]

    def named(self, names: Iterable[str]) -> list[argparse.Action]:
        """The arguments of these names, like ``style_weight``."""
        actions = {action.dest: action for action in self._actions}
        return [actions[name] for name in names]

    def shorten_help(self, sections: Sequence[Section]) -> None:
        """Has ``--help`` show these arguments alone."""
        self._short = sections

    def add_examples(self, examples: Sequence[Example], heading: str = "Examples") -> None:
        """Ends the help with examples."""
        self._examples, self._examples_heading = examples, heading

    def add_full_help(self) -> None:
        """Adds ``--help-all``, for a short help that leaves something out."""
        self.topic(HELP).add_argument(
            "--help-all", action=_ShowFullHelp, nargs=0, help="show every option, by topic"
        )

    def parse_known_args(  # type: ignore[override]
        self, words: Sequence[str], namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As always; but an unknown option is noticed before anything that is missing."""
        options = self._option_string_actions
        own, hint = words, ""
        if self._subparsers is not None:
            own = list(takewhile(lambda word: word.startswith("-"), words))
            hint = "; options of a command follow its name"
        if unknown := unknown_options(own, options):
            self.error(about_options(unknown, options) + hint)
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        """Ends the program with one sentence."""
        sentence = f"{self.prog}: {plainly(message)} ({self.prog} --help)"
        self.exit(MISTAKE, f"{printable(sentence)}\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        if isinstance(action, argparse._SubParsersAction):
            raise argparse.ArgumentError(None, about_command(str(value), action.choices))
        argument = action.option_strings[-1] if action.option_strings else f"the {action.dest}"
        raise argparse.ArgumentError(None, about_choice(argument, value, list(action.choices)))

    def format_help(self) -> str:
        if not self._short:
            return self.format_full_help()
        formatter = Formatter(self.prog)
        formatter.add_usage(self.usage, self._actions, [])
        formatter.add_text(self.description)
        asked = [one for one in self._actions if one.dest in ("help", "help_all", "version")]
        for heading, actions in (*self._short, (HELP, asked)):
            formatter.start_section(heading)
            formatter.add_arguments(actions)
            formatter.end_section()
        return formatter.format_help() + self._written_examples()

    def format_full_help(self) -> str:
        """The help of every argument."""
        return super().format_help() + self._written_examples()

    def _written_examples(self) -> str:
        """The examples, which can be copied: a long one goes on after a backslash."""
        if not self._examples:
            return ""
        lines = []
        for typed, what in self._examples:
            lines += _broken(typed, " \\", "  ") + _broken(what, "", "      ")
        return "\n".join(["", f"{self._examples_heading}:", *lines, ""])


class _ShowFullHelp(argparse.Action):
    """Prints the help of every argument and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        assert isinstance(parser, Parser)
        print(parser.format_full_help(), end="")
        parser.exit()


def _broken(text: str, mark: str, indent: str) -> list[str]:
    """The text in lines that fit the terminal; ``mark`` ends each that goes on.

    An option and its value stay together.
    """
    tied = re.sub(r"(?<= )(-\S+) (?!-)", r"\1\0", text) if mark else text
    lines = wrap(
        tied, help_width() - len(mark), initial_indent=indent,
        subsequent_indent=f"{indent}  " if mark else indent, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    lines = [line.replace("\0", " ") for line in lines]
    return [*(f"{line}{mark}" for line in lines[:-1]), lines[-1]]


def help_width() -> int:
    """Letters in a line of the help."""
    return min(shutil.get_terminal_size().columns - 2, MAX_WIDTH)


def usage(parser: Parser) -> str:
    """The command with what must be given; options that may be are not listed."""
    needed = [one for one in parser._actions if one.required and one.option_strings]
    places = [one for one in parser._actions if not one.option_strings]
    words = [USAGE[one.nargs].format(one.metavar) for one in places]
    words += [f"{one.option_strings[-1]} {one.metavar}" for one in needed]
    return " ".join([parser.prog, *words, "[options]"])
