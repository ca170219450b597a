"""What must not outlive this process, even where it has to end without unwinding.

Whoever makes something temporary says so here for as long as it is there: a file that is not whole
yet, a program that was started. ``clean_up`` then serves a process that ends at once.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_actions: dict[int, Callable[[], object]] = {}
_numbers = itertools.count()


@contextmanager
def cleaned_up(action: Callable[[], object]) -> Iterator[None]:
    """While the context lasts, ``clean_up`` also does this; what ends in order does it itself."""
    number = next(_numbers)
    _actions[number] = action
    try:
        yield
    finally:
        _actions.pop(number, None)


def clean_up() -> None:
    """Does what is due, newest first, whatever fails; the process must end right afterwards."""
    for number in sorted(_actions, reverse=True):
        with suppress(Exception):
            _actions[number]()
