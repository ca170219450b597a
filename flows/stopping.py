"""How a command ends when it is told to: by Ctrl-C, by ``kill``, by the end of its terminal.

The first signal raises ``Stopped`` in the main thread, so that everything is left in order. Some
things cannot be interrupted, a step of TensorFlow or a server that does not answer, and need not
be, since a workspace survives being killed: a thread beside the main one sees to it that the
command ends after ``GRACE_SECONDS`` all the same, and at a second signal at once. Either way the
person reads once what is kept and how to go on.
"""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import NoReturn

from stylecore.runtime.cleanup import clean_up

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
GRACE_SECONDS = 1.5
LAST_SECONDS = 1.0
"""For cleaning up and for the sentence, each, where the command could not end in order."""
SHOW_CURSOR = "\x1b[?25h"
ERASE_LINE = "\r\x1b[2K"

Sentence = Callable[[], str]


class Stopped(KeyboardInterrupt):
    """The command was told to stop; passes wherever a ``KeyboardInterrupt`` does."""


class Stop:
    """A command's readiness to be stopped."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentences = [sentence]
        # The screen itself: a stream may be locked by another thread, or lead elsewhere by then.
        self._screen = os.dup(2)
        self._number: int | None = None
        self._is_raised = self._is_said = False
        self._saying = threading.Lock()
        self.listeners: list[Callable[[str, int], None]] = []
        """Are told what is said, once, and the exit status."""

    @property
    def is_requested(self) -> bool:
        return self._number is not None

    @property
    def exit_status(self) -> int:
        """What a shell says of a program that a signal ended: 130, 143 or 129."""
        return 128 + (self._number or signal.SIGINT)

    @contextmanager
    def saying(self, sentence: Sentence) -> Iterator[None]:
        """While the context lasts, this is what is said; after a stop it stays."""
        self._sentences.append(sentence)
        try:
            yield
        finally:
            if not self.is_requested:
                self._sentences.pop()

    def say(self, before: str = "") -> None:
        """Says what is kept, after the letters ``before``, unless it has been said."""
        with self._saying:
            if self._is_said:
                return
            self._is_said = True
            with suppress(OSError, ValueError):  # the terminal may be gone
                sys.stdout.flush()
            if self._number == signal.SIGINT and os.isatty(self._screen):
                before += "\n"  # the terminal has shown ^C
            sentence = self._sentences[-1]()
            text = f"{before}{sentence}\n"
            with suppress(OSError):
                os.write(self._screen, text.encode(errors="backslashreplace"))
            for listener in self.listeners:
                listener(sentence, self.exit_status)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals."""
        self._number = self._number or number
        if not self._is_raised:
            self._is_raised = True
            # Whatever falls over while the command is taken down is no news.
            sys.unraisablehook = lambda _: None
            threading.excepthook = lambda _: None
            raise Stopped

    def watch(self, numbers: int) -> None:
        """Ends the process if the main thread does not; ``numbers`` gives those of signals."""
        with os.fdopen(numbers, "rb", buffering=0) as received:
            while (number := received.read(1)) and number[0] not in SIGNALS:
                continue
            if not number:
                return  # the command has come to its end
            self._number = self._number or number[0]
            until = time.monotonic() + GRACE_SECONDS
            while select.select([received], [], [], max(0.0, until - time.monotonic()))[0]:
                number = received.read(1)
                if not number:
                    return
                if number[0] in SIGNALS:
                    break
        self.end_at_once()

    def end_at_once(self) -> NoReturn:
        """Ends the process without unwinding."""
        _within(LAST_SECONDS, clean_up)
        # In one piece with the sentence: bars of progress may still be drawn meanwhile.
        before = f"{ERASE_LINE}{SHOW_CURSOR}" if os.isatty(self._screen) else ""
        _within(LAST_SECONDS, partial(self.say, before))
        os._exit(self.exit_status)


@contextmanager
def stoppable(sentence: Sentence) -> Iterator[Stop]:
    """While the context lasts, signals stop what runs in it.

    A signal that was ignored before stays so: ``nohup`` wants that.

    Args:
        sentence: what is kept and how to go on.
    """
    stop = Stop(sentence)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop.interrupt) for number in heeded}
    wakeup_before = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    threading.Thread(target=stop.watch, args=(numbers,), daemon=True, name="stop").start()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(wakeup_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wakeup)


def _within(seconds: float, action: Callable[[], object]) -> None:
    """Does something that may hang, and waits for it no longer than that."""
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    thread.join(seconds)
