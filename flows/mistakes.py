"""What is said of words on the command line that mean nothing: what was meant, or what there is."""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

PLAIN = {
    r"^argument (?:-./)?(--\S+): expected one argument$": r"\1 needs a value",
    r"^argument (?:-./)?(--\S+): not allowed with argument (\S+)$": r"\1 excludes \2",
    r"^argument (?:-./)?(--\S+): ignored explicit argument (.*)$": r"\1 takes no value, not \2",
    r"^the following arguments are required: (.*)$": r"missing: \1",
    r"^ambiguous option: (\S+) could match (.*)$": r"\1 may be \2",
}
"""Complaints of ``argparse``, and what is said instead."""
ALIKE = 0.7
"""How alike two words are, of 1, for one to be taken for the other."""


def unknown_options(words: Iterable[str], known: Collection[str]) -> list[str]:
    """Which words look like options and are none; what follows ``--`` is none.

    Args:
        words: what was typed.
        known: the options that there are; a beginning of one will do.
    """
    unknown = []
    for word in words:
        if word == "--":
            break
        name = word.partition("=")[0]
        if _is_long(name):
            is_known = any(option.startswith(name) for option in known)
        else:
            is_known = not _is_short(name) or (name[:2] in known and f"-{name}" not in known)
        if not is_known:
            unknown.append(name)
    return unknown


def _is_long(name: str) -> bool:
    return name.startswith("--") and " " not in name


def _is_short(name: str) -> bool:
    """Whether a word is like ``-o``, and no negative number."""
    return name[:1] == "-" and name[1:2].isalpha()


def about_options(names: Iterable[str], known: Collection[str]) -> str:
    """The sentence about options that do not exist."""
    return "; ".join(_about_option(name, known) for name in names)


def _about_option(name: str, known: Collection[str]) -> str:
    if f"-{name}" in known:
        return f"there is no option {name}; did you mean -{name}?"
    if not name.startswith("--") and "." in name:
        return f"there is no option {name}; the file of that name is written ./{name}"
    return f"there is no option {name}{_meant(name, known)}"


def about_command(name: str, known: Collection[str]) -> str:
    """The sentence about a command that does not exist."""
    instead = _meant(name, known) or f"; there are {_list(known, 'and')}"
    return f"there is no command {name}{instead}"


def about_choice(argument: str, value: object, choices: Collection[str]) -> str:
    """The sentence about a value that is none of the choices."""
    return f"{argument} cannot be {value!r}; choose {_list(choices, 'or')}"


def plainly(message: str) -> str:
    """A complaint of ``argparse``, in the words of the other sentences."""
    for pattern, plain in PLAIN.items():
        message = re.sub(pattern, plain, message)
    return message


def about_words(words: Collection[str]) -> str:
    """The sentence about words that are left over."""
    return (
        f"nothing is to be done with {_list([repr(word) for word in words], 'and')}; a name with "
        "spaces needs quotes"
    )


def _meant(name: str, known: Collection[str]) -> str:
    """The question whether a known word was meant; empty where none is like it."""
    found = get_close_matches(name, known, n=1, cutoff=ALIKE)
    return f"; did you mean {found[0]}?" if found else ""


def _list(words: Collection[str], last: str) -> str:
    """The words as in a sentence, like ``a, b or c``."""
    *firsts, end = words
    return f"{', '.join(firsts)} {last} {end}" if firsts else end
