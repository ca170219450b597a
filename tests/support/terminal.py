"""A command in the foreground of a pseudo-terminal of its own, as a person runs it in a window."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "STYLECORE_TEST_TERMINAL"
CTRL_C = b"\x03"
PATIENCE_SECONDS = 240.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
LOG_IN = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)  # whoever runs the tests may ignore them, as nohup does
os.login_tty(int(sys.argv[1]))
os.execv(sys.executable, sys.argv[2:])
"""


class Terminal:
    """The window, and the command in it: ``stylecore`` with the arguments."""

    def __init__(self, arguments: list[object], environment: dict[str, str]) -> None:
        self._window, inside = os.openpty()
        words = [str(argument) for argument in (sys.executable, "-m", "flows", *arguments)]
        self._mark = f"{MARK}={os.urandom(8).hex()}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOG_IN, str(inside), *words], pass_fds=(inside,), cwd=ROOT,
            env=os.environ | environment | dict([self._mark.split("=")]),
        )  # fmt: skip
        os.close(inside)
        self._shown = b""

    @property
    def shown(self) -> str:
        """What is on the screen and above it, without colours and movements of the cursor."""
        while self._window >= 0 and select.select([self._window], [], [], 0)[0]:
            try:
                part = os.read(self._window, 1 << 16)
            except OSError:  # the command has ended
                break
            self._shown += part
            if not part:
                break
        return ESCAPES.sub("", self._shown.decode(errors="replace")).replace("\r", "\n")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert self.process.poll() is None, f"it ended before {what}: {self.shown}"
            assert time.monotonic() < until, f"{what} never came: {self.shown}"
            time.sleep(0.01)

    def type(self, keys: bytes) -> None:
        os.write(self._window, keys)

    def send(self, number: int) -> None:
        """A signal to the command alone, as ``kill`` sends it."""
        self.process.send_signal(number)

    def close_window(self) -> None:
        """Hangs up; what the command says afterwards is seen by nobody."""
        assert self.shown is not None
        os.close(self._window)
        self._window = -1

    def ended(self, patience: float = PATIENCE_SECONDS) -> int:
        """The exit status, once the command has ended."""
        until = time.monotonic() + patience
        while self.process.poll() is None:
            assert time.monotonic() < until, f"it did not end: {self.shown}"
            assert self.shown is not None  # or a full terminal would hold it up
            time.sleep(0.01)
        return self.process.returncode

    def left_running(self) -> list[str]:
        """What the command started, in whatever session, and is still there."""
        return [name for name in map(self._descendant, Path("/proc").glob("[0-9]*")) if name]

    def opened(self, path: Path) -> bool:
        """Whether the command has a file open."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        with suppress(OSError):
            return any(_target(entry) == str(path) for entry in folder.iterdir())
        return False

    def computes(self) -> bool:
        """Whether TensorFlow has been loaded."""
        with suppress(OSError):
            return "libtensorflow" in Path(f"/proc/{self.process.pid}/maps").read_text()
        return False

    def _descendant(self, folder: Path) -> str:
        """Name of a process that carries the command's mark; else nothing."""
        with suppress(OSError):
            if self._mark.encode() in (folder / "environ").read_bytes():
                return (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._window >= 0:
            os.close(self._window)


def _target(link: Path) -> str:
    with suppress(OSError):
        return str(link.readlink())
    return ""
