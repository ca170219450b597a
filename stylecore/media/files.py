"""Files that appear only when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stylecore.errors import MediaError, OutputError, OutputExistsError

STEM_LENGTH = 40
"""Characters of a name that go into a temporary one, so that the rest fits beside them."""


def require_utf8(path: Path) -> None:
    """Checks that a name is text: job files, Prefect and terminals hold nothing else.

    Raises:
        MediaError: it is not, or no system has such a name; the sentence shows what is wrong.
    """
    name = str(path.absolute())
    if "\0" in name:
        raise MediaError(f"The name {name!r} holds a null byte; no file can have it.")
    try:
        os.fsencode(name).decode()
    except UnicodeDecodeError as error:
        raise MediaError(
            f"The name {as_utf8(name)} is not valid UTF-8; rename it first."
        ) from error


def as_utf8(name: str) -> str:
    """A file name in which bytes that are not UTF-8 are written like ``\\xff``."""
    return os.fsencode(name).decode(errors="backslashreplace")


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A name beside ``path``, with its suffix, for a file that is removed unless it is renamed."""
    unique = f"{os.getpid()}-{os.urandom(4).hex()}"
    temporary = path.with_name(f".{path.stem[:STEM_LENGTH]}.{unique}{path.suffix}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def publish(temporary: Path, output: Path, *, overwrite: bool) -> None:
    """Renames a finished file into place, so that it survives a power failure.

    Raises:
        OutputExistsError: there is one, and it may not be replaced.
        OutputError: the place cannot be written.
    """
    if output.exists() and not overwrite:
        raise OutputExistsError(output)
    try:
        _flush(temporary)
        temporary.replace(output)
        _flush(output.parent)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
