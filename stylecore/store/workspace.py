"""The workspace of a job: what it is, what is done, and who works on it.

A workspace is a folder that says everything about its job and is the only memory of the work::

    holiday-3f9a1c02d4b7/
        job.json          what the job is; written once, never changed
        requests/         one JSON per result that was asked for: from what, where to, how encoded
        frames/           one PNG per finished frame, 00000041.png
        passes/1/         likewise of earlier passes, where a shot is gone through more than once
        records/          one JSON per finished frame: losses, iterations, seconds
        ages/             one small PNG per finished frame, where its engine asks for ages
        statistics/       one NPZ per knot: what frames are normalised by
        samples-KEY/      a workspace within, of frames that previews painted by themselves
        measured.json     what previews measured (in samples-KEY)
        preview.jpg       the sheet that a run showed for approval
        locks/            one lock file per shot, and one for the assembly
        source/           source frames, when the job splits its source to disk first
        results/          one JSON per verified result; when all that was asked for is made, the
                          frames may go

Its name ends in the job's key, a hash of everything that changes a pixel, so other settings mean
another workspace and frames are never mixed. A frame exists when its file has been renamed into
place, and then it is whole: finished work is a fact on disk, and resuming is the difference between
the plan and these facts. Locks belong to the operating system and vanish with their process.

Every file says what it is (see ``stylecore.store.sealing``). One that is damaged, or another's, is
set aside under the name NAME.damaged and made again; one that only cannot be read is left alone.

This package is the only one that knows these names.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

from platformdirs import user_state_path
from pydantic import BaseModel

from stylecore.errors import StoreError
from stylecore.runtime.locks import acquired
from stylecore.store.files import Model
from stylecore.store.frames import SAMPLES, FrameStore
from stylecore.store.model import Published, Request, tag_of

WORKSPACE_VARIABLE = "STYLECORE_WORKSPACE"


def default_root() -> Path:
    """Folder of all workspaces: $STYLECORE_WORKSPACE, or the user's state folder."""
    chosen = os.environ.get(WORKSPACE_VARIABLE)
    return Path(chosen) if chosen else user_state_path("stylecore") / "jobs"


class Workspace(FrameStore):
    """One job's folder: its plan, its frames, what was asked for and what came of it.

    Several processes may use it at once. Reading needs no lock, since files are whole when they get
    their names; what changes a shot's frames or a result is done under its lock, which the caller
    holds where a method says so.
    """

    @classmethod
    def locate(cls, root: Path, source: Path, key: str) -> Self:
        """The workspace, existing or not, of the job with this key.

        A new one is named after the source, too; one that exists keeps its name.
        """
        known = _folders_with_jobs(root, f"*-{tag_of(key)}")
        stem = re.sub(r"[^\w.-]+", "_", source.stem).lstrip(".-")[:40] or "job"
        return cls(known[0] if known else root / f"{stem}-{tag_of(key)}")

    @classmethod
    def all_in(cls, root: Path) -> "list[Workspace]":
        """Every workspace below ``root``, by name."""
        return [cls(folder) for folder in _folders_with_jobs(root, "*")]

    @classmethod
    def find(cls, root: Path, name: str) -> "Workspace":
        """The one workspace whose name begins with ``name``.

        Raises:
            StoreError: there is none, or more than one.
        """
        every = cls.all_in(root)
        found = [workspace for workspace in every if workspace.name.startswith(name)]
        if len(found) != 1:
            known = ", ".join(workspace.name for workspace in found or every) or "none"
            problem = "No job" if not found else "More than one job"
            raise StoreError(f"{problem} begins with {name!r} in {root}; there is: {known}.")
        return found[0]

    def requests(self) -> list[Request]:
        """Everything that was asked for, each output once, the latest last.

        Raises:
            StoreError: one cannot be read, or is of another version.
        """
        paths = sorted(self._asked(), key=_changed_at)
        found = [self._read(path, Request) for path in paths]
        return [request for request in found if request is not None]

    def asked_at(self, request: Request) -> float:
        """When it was last asked for, in seconds since 1970: the beginning of its last run.

        Raises:
            StoreError: it was not.
        """
        try:
            return self._request_path(request).stat().st_mtime
        except OSError as error:
            raise StoreError(f"{self.name} was not asked for {request.output}.") from error

    @property
    def request(self) -> Request:
        """The last request.

        Raises:
            StoreError: there is none, or it cannot be read.
        """
        try:
            return self.requests()[-1]
        except IndexError:
            raise StoreError(
                f"{self.name} does not say where its result should go: give the command that "
                "paints it, like stylecore video."
            ) from None

    def open_requests(self) -> list[Request]:
        """What was asked for and is not published yet.

        Raises:
            StoreError: as ``requests``.
        """
        return [request for request in self.requests() if not self._is_placed(request)]

    def remember(self, request: Request, *, is_done: bool) -> None:
        """Keeps a request; if it is not done, it counts as open from now on.

        Raises:
            StoreError: the requests cannot be locked.
            OutputError: no space is left, or the folder cannot be written.
        """
        with self.lock("requests"):
            self._remove_half_written(".", "requests")
            if not is_done:
                self._result_path(request).unlink(missing_ok=True)
            self._write_model(self._request_path(request), request)

    @contextmanager
    def rehearsing(self) -> Iterator[Path]:
        """A folder for a rehearsal, while it lasts; what a killed one left is removed.

        Raises:
            StoreError: it cannot be locked.
            OutputError: no space is left, or the folder cannot be written.
        """
        folder = self.folder / "rehearsal"
        with self.lock("rehearsal"):
            shutil.rmtree(folder, ignore_errors=True)
            try:
                folder.mkdir()
            except OSError as error:
                raise self._not_written(error) from error
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def published(self, request: Request) -> Published | None:
        """The verified result of a request, if it is in place and encoded as is wanted now.

        Raises:
            StoreError: what is written down of it cannot be read.
        """
        published = self._published(request)
        return published if published is not None and published.is_in_place() else None

    def publications(self) -> list[Published]:
        """Every verified result, the latest last.

        Raises:
            StoreError: what is written down of one cannot be read.
        """
        paths = sorted((self.folder / "results").glob("[!.]*.json"), key=_changed_at)
        found = [self._read(path, Published) for path in paths]
        return [published for published in found if published is not None]

    def set_published(self, request: Request, published: Published) -> None:
        """Writes a result down; the caller holds the assembly's lock.

        Raises:
            OutputError: no space is left, or the folder cannot be written.
        """
        self._remove_half_written("results")
        self._write_model(self._result_path(request), published)

    def free_frames_unless_wanted(self) -> bool:
        """Removes the stored frames if all that was asked for is published; whether it was.

        Raises:
            StoreError: the plan or a request cannot be read, or a lock cannot be had.
        """
        with self.lock("requests"):
            readable = len(self.requests()) == len(self._asked())
            wanted = bool(self.open_requests()) or not readable
            if not wanted:
                self.free_frames()
        return not wanted

    # --- previews ------------------------------------------------------------------------------

    def samples(self) -> "Workspace":
        """A workspace within this one, for frames painted as if each were a shot of its own.

        It has another key, so that no frame of one can ever pass for the other's.
        """
        key = hashlib.sha256(f"samples of {self.job.key}".encode()).hexdigest()[: len(self.job.key)]
        space = Workspace(self.folder / f"{SAMPLES}-{tag_of(key)}")
        if not space.is_planned():
            space.create(self.job.model_copy(update={"key": key}))
        return space

    @property
    def sheet_path(self) -> Path:
        """Where a run that waits for approval puts its preview."""
        return self.folder / "preview.jpg"

    def write_measured(self, model: BaseModel) -> None:
        """Keeps what was measured of the job."""
        self._write_model(self.folder / "measured.json", model)

    def read_measured(self, model: type[Model]) -> Model | None:
        """What was measured of the job; None where nothing was, or by another version."""
        try:
            return self._read(self.folder / "measured.json", model)
        except StoreError:
            return None

    def stored_bytes(self) -> int:
        """Size of everything in the workspace."""
        total = 0
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # another process has just renamed or freed it
                total += path.stat().st_size if path.is_file() else 0
        return total

    def remove(self) -> bool:
        """Removes the workspace with everything in it, unless a process works on it.

        Returns:
            Whether it was removed.

        Raises:
            StoreError: a lock cannot be had.
            OSError: a file cannot be removed.
        """
        with ExitStack() as held:
            for path in (self.folder / "locks").glob("*.lock"):
                lock = acquired(path, timeout=0)
                if lock is None:
                    return False
                held.callback(lock.release)
            shutil.rmtree(self.folder)
        return True

    def _published(self, request: Request) -> Published | None:
        """What is written down of the request's result, whether it is in place or not."""
        found = self._read(self._result_path(request), Published)
        wanted = (request.output, request.settings.output)
        return found if found and (found.output, found.encoding) == wanted else None

    def _is_placed(self, request: Request) -> bool:
        published = self._published(request)
        return published is not None and published.placed

    def _asked(self) -> list[Path]:
        return list((self.folder / "requests").glob("[!.]*.json"))

    def _request_path(self, request: Request) -> Path:
        return self.folder / "requests" / f"{_tag(request.output)}.json"

    def _result_path(self, request: Request) -> Path:
        return self.folder / "results" / f"{_tag(request.output)}.json"


def _tag(output: Path) -> str:
    """A file name for each output."""
    return hashlib.sha256(os.fsencode(output)).hexdigest()[:12]


def _folders_with_jobs(root: Path, name: str) -> list[Path]:
    """Folders below ``root`` with such a name that hold a plan, by name."""
    try:
        return sorted(path.parent for path in root.glob(f"{name}/job.json"))
    except OSError:  # a name that is too long, a folder that may not be looked into
        return []


def _changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns
