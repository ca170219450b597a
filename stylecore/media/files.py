"""Files that appear only when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stylecore.errors import OutputError, OutputExistsError


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A name beside ``path``, with its suffix, for a file that is removed unless it is renamed."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{os.urandom(4).hex()}{path.suffix}")
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
