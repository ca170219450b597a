"""Work that is made ahead: the same items, the same errors, and no thread left behind."""

import threading
from collections.abc import Iterator

import pytest

from stylecore.runtime.prefetch import prefetch


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def test_a_chain_of_stages_gives_the_same_items_in_order() -> None:
    doubled = (2 * number for number in prefetch(range(50)))
    assert list(prefetch((number + 1 for number in prefetch(doubled)), depth=1)) == [
        2 * number + 1 for number in range(50)
    ]
    assert not threads()


def test_an_error_comes_after_the_items_before_it() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    found = []
    with pytest.raises(OSError, match="gone"):
        found.extend(prefetch(failing()))
    stage = prefetch(failing())
    assert next(stage) == 1
    with pytest.raises(OSError, match="gone"):
        next(stage)
    assert not threads()


def test_no_more_is_made_than_was_asked_for_ahead() -> None:
    made: list[int] = []
    reached = threading.Event()

    def counted() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == 3:
                reached.set()
            yield number

    stage = prefetch(counted(), depth=2)
    assert next(stage) == 0
    assert reached.wait(10), "one taken, two waiting, one in the maker's hand"
    assert len(made) <= 4
    stage.close()
    assert len(made) <= 5
    assert not threads()


def test_who_stops_early_closes_every_stage_behind() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    stage = prefetch(prefetch(endless()))
    assert next(stage) == 1
    stage.close()
    assert closed.wait(10)
    assert not threads()
