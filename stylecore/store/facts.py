"""What a file holds, by which it is known whatever it is called and wherever it lies."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from stylecore.errors import MediaError
from stylecore.media import frame_files, is_sequence, path_on_disk, require_file


class FileFact(BaseModel):
    """A file, or a folder of frames, as it was when the job was planned."""

    model_config = ConfigDict(frozen=True)
    path: Path
    size: int
    sha256: str


def file_fact(path: Path) -> FileFact:
    """Size and SHA-256 of a file's whole content; of many files, of their names and contents.

    Args:
        path: a file, a folder of frames or a pattern for their names.

    Raises:
        MediaError: a file cannot be read.
    """
    try:
        hashed = [(file.name, *_hashed(file)) for file in files_of(path)]
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}.") from error
    total = sum(size for _, size, _ in hashed)
    if not is_sequence(path):
        return FileFact(path=path.absolute(), size=total, sha256=hashed[0][2])
    listing = "".join(f"{sha256}  {name}\n" for name, _, sha256 in hashed)
    sha256 = hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()
    return FileFact(path=path.absolute(), size=total, sha256=sha256)


def seen_fact(path: Path) -> FileFact:
    """``file_fact`` of what every chunk asks for: read again in this process only if it changed.

    Size, time and place on the disk tell.

    Raises:
        MediaError: a file cannot be read.
    """
    try:
        facts = [(file, file.stat()) for file in files_of(path)]
    except OSError:
        return file_fact(path)
    return _fact_at(
        path, tuple((file, one.st_size, one.st_mtime_ns, one.st_ino) for file, one in facts)
    )


@lru_cache(maxsize=64)
def _fact_at(path: Path, stamps: tuple[tuple[Path, int, int, int], ...]) -> FileFact:
    return file_fact(path)


def stamp_of(path: Path) -> tuple[int, int]:
    """Size and time of the last change, in ns; of many files, all sizes and the latest time.

    Raises:
        MediaError: a file cannot be found.
    """
    try:
        facts = [file.stat() for file in files_of(path)]
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}.") from error
    return sum(fact.st_size for fact in facts), max(fact.st_mtime_ns for fact in facts)


def files_of(path: Path) -> list[Path]:
    """The file itself, or the frames of a folder or pattern.

    Raises:
        InputError: there is no such file, or there are no frames.
    """
    if is_sequence(path):
        return [path_on_disk(path) / name for name in frame_files(path)]
    require_file(path)
    return [path]


def _hashed(path: Path) -> tuple[int, str]:
    """Size and SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return os.fstat(file.fileno()).st_size, digest
