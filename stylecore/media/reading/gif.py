"""GIF's blocks: whether the file is whole and how often it is played, which FFmpeg does not tell.

Specification: https://www.w3.org/Graphics/GIF/spec-gif89a.txt
"""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

APPLICATION, REPEATING = 0xFF, (b"NETSCAPE2.0", b"ANIMEXTS1.0")
"""Label of the extension that says how often a GIF is played, and the names it goes by."""
EXTENSION, IMAGE, END = b"!", b",", b";"
"""First bytes of a GIF's blocks."""
COLOURS_FOLLOW = 0x80
"""Flag of a file or an image: a table of colours follows, of 2 ** (lowest three bits + 1)."""


def is_cut(path: Path) -> bool:
    """Whether a GIF ends in the middle of a frame, which FFmpeg's decoder does not tell."""
    try:
        with path.open("rb") as file:
            _pass_blocks(file)
    except EOFError:
        return True
    return False


def has_end_mark(path: Path) -> bool:
    """Whether a GIF that is not cut within a frame says that no other frame follows."""
    with path.open("rb") as file:
        try:
            _pass_blocks(file)
        except EOFError:
            return True
        # A block ends with a 0, so the last byte of a file without the mark is none.
        file.seek(-1, 1)
        return file.read(1) == END


def gif_plays(path: Path) -> int:
    """How often a GIF is played, 0 for without end; once where it does not say, as in browsers."""
    try:
        with path.open("rb") as file:
            return next((_plays(data) for data in _applications(file)), 1)
    except EOFError:
        return 1


def _pass_blocks(file: BinaryIO) -> None:
    """Reads to the end mark.

    Raises:
        EOFError: the file ends within a block.
    """
    deque(_applications(file), maxlen=0)


def _applications(file: BinaryIO) -> Iterator[bytes]:
    """The content of the extensions that say how often a GIF is played.

    Raises:
        EOFError: the file ends within a block.
    """
    _pass_colours(file, _exactly(file, 13)[10])
    while (kind := file.read(1)) in (EXTENSION, IMAGE):
        if kind == IMAGE:
            _pass_colours(file, _exactly(file, 9)[8])
        label = _exactly(file, 1)[0]
        parts: list[bytes] = []
        while length := _exactly(file, 1)[0]:
            part = _exactly(file, length)
            parts = [*parts, part][:2]
        if kind == EXTENSION and label == APPLICATION and parts[:1] and parts[0] in REPEATING:
            yield b"".join(parts[1:])


def _plays(data: bytes) -> int:
    if len(data) < 3 or data[0] != 1:
        return 1
    again = int.from_bytes(data[1:3], "little")
    return again + 1 if again else 0


def _pass_colours(file: BinaryIO, flags: int) -> None:
    """Reads past the table of colours that the flags announce."""
    if flags & COLOURS_FOLLOW:
        _exactly(file, 3 * 2 ** (flags % 8 + 1))


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data
