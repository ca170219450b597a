"""What a call opens: files, and connections to this machine."""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

IN_OPEN = 0x20
IN_ISDIR = 0x40000000
EVENT = struct.Struct("iIII")


@dataclass
class Openings:
    """Names of files in the watched folders that were opened, and the number of connections."""

    files: set[str] = field(default_factory=set)
    connections: int = 0


@contextmanager
def watched(*folders: Path, port: socket.socket | None = None) -> Iterator[Openings]:
    """Notes every file in the folders that any process opens while the context lasts."""
    # The kernel's inotify tells of each open(2), whoever calls it: ffmpeg in its own C code or the
    # ffmpeg program. An audit hook would see Python's own opens only, times of access are kept by
    # few file systems, and tracing needs a program and rights that are not everywhere.
    found = Openings()
    queue = _queue(folders)
    try:
        yield found
    finally:
        found.files |= set(_names(queue))
        os.close(queue)
        if port is not None:
            found.connections = _connections(port)


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A port of this machine that accepts whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        port.setblocking(False)
        yield port


def _queue(folders: Sequence[Path]) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "inotify_init1"):
        pytest.skip("needs inotify, which only Linux has")
    queue: int = library.inotify_init1(os.O_NONBLOCK)
    for folder in folders:
        if library.inotify_add_watch(queue, os.fsencode(folder), IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", str(folder))
    return queue


def _names(queue: int) -> Iterator[str]:
    """Names of files in the kernel's events; those of the folder itself have none."""
    while True:
        try:
            events = os.read(queue, 1 << 16)
        except BlockingIOError:
            return
        while events:
            _, mask, _, length = EVENT.unpack_from(events)
            name = events[EVENT.size : EVENT.size + length].rstrip(b"\0")
            if name and not mask & IN_ISDIR:
                yield os.fsdecode(name)
            events = events[EVENT.size + length :]


def _connections(port: socket.socket) -> int:
    count = 0
    while True:
        try:
            port.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1
