"""Work that goes on side by side: every stage of a chain of generators in a thread of its own."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")

_POLL_SECONDS = 0.1


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _End:
    pass


def prefetch(items: Iterable[Item], *, depth: int = 2) -> Generator[Item, None, None]:
    """The same items, which a thread makes up to ``depth`` ahead of whoever takes them.

    What the thread raises is raised here, after the items before it. Closing this generator, or an
    error of the taker, ends the thread: with the item that it is at, if it is making one.
    """
    made: queue.Queue[Item | _Failure | _End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: Item | _Failure | _End) -> None:
        while not stopped.is_set():
            try:
                made.put(item, timeout=_POLL_SECONDS)
                return
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    break
            put(_End())
        except BaseException as error:  # handed on to the taker, whatever it is
            put(_Failure(error))
        finally:
            if isinstance(items, Generator):
                items.close()

    thread = threading.Thread(target=make, daemon=True, name="prefetch")
    thread.start()
    try:
        while True:
            item = made.get()
            if isinstance(item, _Failure):
                raise item.error
            if isinstance(item, _End):
                return
            yield item
    finally:
        stopped.set()
        thread.join()
