"""A Prefect server that belongs to one command, and ends with it however that ends.

It is in a process group of its own, which Ctrl-C in a terminal does not reach, and it ends when the
pipe from the command that started it is closed, so also when that was killed. Only who knows its
password can talk to it. Its records go into PREFECT_HOME, where ``prefect server start`` shows them
later.

Run as a program this module is the server; it is not imported there, so that its folder is in
nobody's way.
"""

import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 180.0
"""The first start makes a database."""
END_SECONDS = 3.0
"""In which a server writes down what it has heard."""
LOCK_FILE = ".stylecore-server.lock"
COMPLAINT_LENGTH = 300


@contextmanager
def private_server() -> Iterator[dict[str, str]]:
    """A running server; gives the environment variables of whoever shall use it.

    Raises:
        PrefectError: PREFECT_HOME cannot be written, or the server does not start.
    """
    from filelock import FileLock

    from stylecore.runtime.cleanup import cleaned_up

    password = f"stylecore:{secrets.token_urlsafe()}"
    lock = FileLock(_writable_home() / LOCK_FILE)
    with tempfile.TemporaryFile() as log, lock.acquire():
        # The first to come makes the database, over which two at once would stumble.
        server = _start(password, log.fileno())
        with cleaned_up(server.kill):
            try:
                port = _port_of(server)
                lock.release()
                if not port:
                    log.seek(0)
                    raise _did_not_start(log.read().decode(errors="replace"))
                yield {
                    "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
                    "PREFECT_API_AUTH_STRING": password,
                }
            finally:
                _end(server)


def _writable_home() -> Path:
    """PREFECT_HOME, made if it is missing."""
    from flows.way import PrefectError, prefect_home

    home = prefect_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return home
    except OSError as error:
        raise PrefectError(
            f"Prefect's folder {home} cannot be written ({error.strerror}); name another in the "
            "variable PREFECT_HOME, or give --prefect off, which needs none."
        ) from error


def _did_not_start(log: str) -> Exception:
    from flows.way import PrefectError

    last = " ".join(log.split())[-COMPLAINT_LENGTH:] or "it took too long"
    return PrefectError(f"A private Prefect server does not start ({last}); give --prefect off.")


def _start(password: str, log: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_UI_ENABLED": "0",
        "PREFECT__SERVER_EPHEMERAL": "1",  # without what only deployments need
        "PREFECT__SERVER_FINAL": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-P", __file__], env=environment, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=log, start_new_session=True,
    )  # fmt: skip


def _port_of(server: subprocess.Popen[bytes]) -> int:
    """Where the server listens, once it does; 0 if it does not start."""
    assert server.stdout is not None
    ready, _, _ = select.select([server.stdout], [], [], START_SECONDS)
    return int(server.stdout.readline() or 0) if ready else 0


def _end(server: subprocess.Popen[bytes]) -> None:
    for pipe in (server.stdin, server.stdout):
        if pipe is not None:
            pipe.close()
    try:
        server.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def serve() -> None:
    """Is the server, until standard input ends; prints its port when it is ready."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(port, flush=True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = Server(
            uvicorn.Config(
                "prefect.server.api.server:create_app",
                factory=True,
                log_level="error",
                lifespan="on",
            )
        )
        threading.Thread(target=_end_with_input, daemon=True).start()
        server.run([listener])


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)  # uvicorn ends in order
    time.sleep(END_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    serve()
