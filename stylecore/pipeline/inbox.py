"""A watched folder: what has arrived in it, what is ready, what is done, what failed before.

All memory is in the folder of results, where a person can see and change it: a result that is not
older than its source means done, and a note ``NAME.error.txt`` says why there is none. Two runs may
work on the same folders at once: each takes the files that the other has not locked.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from stylecore.errors import InputError, OutputError, SettingsError
from stylecore.media import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    frame_files,
    is_moving,
    is_sequence,
    path_on_disk,
    usual_suffix,
)
from stylecore.media.files import temporary_beside
from stylecore.media.writing.codecs import MKV
from stylecore.runtime.locks import acquired
from stylecore.runtime.nearby import advice_on_missing
from stylecore.settings import OutputSettings

UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", "~")
"""Endings that programs give to a file while they are still writing it."""

LOCK_FOLDER = ".stylecore"

Status = Literal["done", "skipped", "arriving", "busy", "failed"]


class Outcome(BaseModel):
    """What became of one file."""

    model_config = ConfigDict(frozen=True)
    name: str
    status: Status
    sentence: str = ""
    frames: int | None = None
    seconds: float | None = None


class Arrival(BaseModel):
    """A file in the inbox, and where its result goes."""

    model_config = ConfigDict(frozen=True)
    source: Path
    output: Path
    spare: Path | None = None
    """The output in Matroska; None where another file's result could have that name."""

    @property
    def is_still(self) -> bool:
        return _is_still(self.source)

    @property
    def note(self) -> Path:
        """Where a failure is written down."""
        return self.output.with_name(f"{self.source.name}.error.txt")

    @property
    def results(self) -> tuple[Path, ...]:
        """Where a result may be: under its own name, or in Matroska if that alone can hold it."""
        return (self.output,) if self.spare is None else (self.output, self.spare)

    def has_result(self) -> bool:
        """Whether there is a result, however old."""
        return any(result.exists() for result in self.results)

    def is_done(self) -> bool:
        """Whether there is a result that is not older than its source."""
        begun = _stamp_if_there(self.source)
        stamps = (_stamp_if_there(result) for result in self.results)
        return begun is not None and any(stamp and stamp[1] >= begun[1] for stamp in stamps)

    def reason_to_skip(self) -> str | None:
        """Why nothing is to be done: there is a result, or the same file failed before."""
        if self.is_done():
            return "done before"
        if self.note.is_symlink() or not self.note.is_file():
            return None
        try:
            sentence, *rest = self.note.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return None
        return f"failed before: {sentence}" if self._fingerprint() in rest else None

    def remember_failure(self, sentence: str, *, lasting: bool) -> None:
        """Writes a note; after a ``lasting`` failure only another file is worth another try.

        A link in the note's place is replaced, not followed.

        Raises:
            OutputError: the outbox cannot be written.
        """
        again = "It is tried again at the next run."
        if lasting:
            again = "It is tried again when the file changes, or when this note is removed."
            again += f"\n{self._fingerprint()}"
        text = f"{sentence}\n\n{again}\n"
        with temporary_beside(self.note) as temporary:
            try:
                temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
                temporary.replace(self.note)
            except OSError as error:
                raise OutputError(f"{self.note} cannot be written: {error.strerror}.") from error

    def forget_failure(self) -> None:
        self.note.unlink(missing_ok=True)

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Whether this run has the file to itself while the context lasts.

        Raises:
            StoreError: it cannot be kept from other runs.
        """
        name = f"{self.output.name}.lock"
        lock = acquired(self.output.parent / LOCK_FOLDER / name, timeout=0)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                lock.release()

    def _fingerprint(self) -> str:
        size, changed = _stamp(self.source)
        return f"source: {size} bytes, changed at {changed} ns"


def arrivals(
    inbox: Path,
    outbox: Path,
    style: Path,
    output: OutputSettings,
    *,
    tools: Sequence[Path] = (),
) -> list[Arrival]:
    """Every video and still directly in ``inbox``, by name, with the name of its result.

    The outbox is made if it is missing. Hidden and unfinished files are left out, and so are the
    style picture itself and the ``tools``: further styles and masks.

    Raises:
        InputError: the inbox is no folder, or is the outbox too; a folder or pattern among the
            tools has no frames.
        OutputError: the outbox cannot be made.
    """
    if not inbox.is_dir():
        raise InputError(f"There is no folder {inbox}; {advice_on_missing(inbox)}")
    try:
        (outbox / LOCK_FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {outbox} cannot be made: {error.strerror}.") from error
    if inbox.samefile(outbox):
        raise SettingsError(
            "The folder of results is the inbox itself, so every result would be repainted at the "
            "next run; choose another folder."
        )
    used = set(_files_of((style, *tools)))
    outputs = {
        path: outbox / _result_name(path, style, output)
        for path in sorted(inbox.iterdir())
        if _is_wanted(path) and _identity(path) not in used
    }
    spares = {
        path: named.with_suffix(MKV) for path, named in outputs.items() if not _is_still(path)
    }
    names = Counter([*outputs.values(), *spares.values()])
    return [
        Arrival(source=path, output=named, spare=spare if spare and names[spare] == 1 else None)
        for path, named in outputs.items()
        for spare in (spares.get(path),)
    ]


def settled(found: Iterable[Arrival], seconds: float) -> Iterator[tuple[Arrival, bool]]:
    """Each arrival with whether it has stopped changing; waits for the young ones, at the end.

    A file that did not change for ``seconds`` before now comes at once. The others come when
    ``seconds`` have gone by, with False if they changed or went away meanwhile.
    """
    begun, now = time.monotonic(), time.time_ns()
    stamps = {arrival: _stamp_if_there(arrival.source) for arrival in found}
    young: list[Arrival] = []
    for arrival, stamp in stamps.items():
        if stamp is not None and now - stamp[1] >= seconds * 1e9:
            yield arrival, True
        else:
            young.append(arrival)
    if young:
        time.sleep(max(0.0, begun + seconds - time.monotonic()))
    for arrival in young:
        stamp = stamps[arrival]
        yield arrival, stamp is not None and _stamp_if_there(arrival.source) == stamp


def _files_of(tools: Iterable[Path]) -> Iterator[tuple[int, int]]:
    """Every file that is a tool or, of a folder or pattern, one of its frames."""
    for tool in tools:
        names = frame_files(tool) if is_sequence(tool) else ()
        for path in [path_on_disk(tool) / name for name in names] or [tool]:
            if path.exists():
                yield _identity(path)


def _identity(path: Path) -> tuple[int, int]:
    """What two names of one file have in common."""
    facts = path.stat()
    return facts.st_dev, facts.st_ino


def _is_wanted(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(".") or name.endswith(UNFINISHED_SUFFIXES) or not path.is_file():
        return False
    return path.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES


def _is_still(source: Path) -> bool:
    """Whether a file is a picture that does not move; of a PNG or WebP only a look inside tells."""
    return not is_moving(source)


def _result_name(source: Path, style: Path, output: OutputSettings) -> str:
    """``holiday-wave.mp4``; where another container is needed, ``holiday.avi-wave.mkv``."""
    if _is_still(source):
        return f"{source.stem}-{style.stem}{source.suffix}"
    suffix = usual_suffix(source, output)
    stem = source.stem if suffix == source.suffix else source.name
    return f"{stem}-{style.stem}{suffix}"


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _stamp_if_there(path: Path) -> tuple[int, int] | None:
    try:
        return _stamp(path)
    except OSError:
        return None
