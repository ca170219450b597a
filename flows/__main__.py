"""The program ``stylecore``; before its modules are loaded nothing has begun that could be kept."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> int:
    """Loads the command line and runs one command; returns the exit status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    from flows.cli import main as run

    return run()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, b"stopped; nothing had begun. The same command begins again.\n")
    os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
