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

This is the only module that knows these names.
"""

import hashlib
import io
import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import cv2
import numpy as np
from platformdirs import user_state_path
from pydantic import BaseModel, ValidationError

from stylecore.errors import OutputError, StoreError
from stylecore.media.files import is_disk_full, no_space
from stylecore.runtime.cleanup import cleaned_up
from stylecore.runtime.locks import acquired
from stylecore.store.model import FORMAT, Job, Published, Request, tag_of
from stylecore.store.sealing import (
    declared_format,
    is_whole_png,
    labelled_png,
    sealed,
    sealed_json,
    unsealed,
    unsealed_json,
)

NUMBERED = ("records", "ages", "statistics")
"""Folders that keep a file for some or all frames."""
DAMAGED = ".damaged"
PARTS = ("frames", "records", "ages", "statistics", "locks", "source", "requests", "results")
WORKSPACE_VARIABLE = "STYLECORE_WORKSPACE"
PACKED = (
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB,
)  # fmt: skip
"""Fastest setting of OpenCV's encoder that packs at all, and smaller than its default."""
PLAIN = (cv2.IMWRITE_PNG_COMPRESSION, 0, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE)
"""Pixels as they are: a seventh of the time to write and read, half as much space again."""
BYTES_PER_PIXEL = {PACKED: 2.0, PLAIN: 3.05}
"""Stored size of a painterly 8-bit frame (of 3 bytes raw), for estimates of disk space."""

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)


def default_root() -> Path:
    """Folder of all workspaces: $STYLECORE_WORKSPACE, or the user's state folder."""
    chosen = os.environ.get(WORKSPACE_VARIABLE)
    return Path(chosen) if chosen else user_state_path("stylecore") / "jobs"


class Workspace:
    """One job's folder; all methods are safe to call from several processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._job: Job | None = None

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

    @property
    def name(self) -> str:
        return self.folder.name

    # --- the job -------------------------------------------------------------------------------

    def exists(self) -> bool:
        try:
            return (self.folder / "job.json").is_file()
        except OSError:  # a name that is too long, a folder that may not be looked into
            return False

    def is_planned(self) -> bool:
        """Whether there is a plan that can be read.

        Raises:
            StoreError: there may be one, but it is of another version, or cannot be read now.
        """
        return self._planned() is not None

    def create(self, job: Job) -> None:
        """Writes the plan; the first process to do so wins, the others find the same plan.

        Raises:
            StoreError: the folder cannot be made or written.
        """
        try:
            earlier = [f"passes/{sweep}" for sweep in range(1, job.settings.passes)]
            for part in (*PARTS, *earlier):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The workspace {self.folder} cannot be made: {error.strerror}. "
                "Choose another folder with --workspace."
            ) from error
        with self.lock("requests"):
            if not self.is_planned():
                path = self.folder / "job.json"
                self._set_aside(path)
                self._write_model(path, job)

    @property
    def job(self) -> Job:
        """The plan.

        Raises:
            StoreError: it is missing, damaged, of another version, or cannot be read.
        """
        job = self._planned()
        if job is None:
            raise StoreError(
                f"{self.folder / 'job.json'} is missing or damaged; run the command that began "
                "the job once more: it plans the job again and keeps all finished frames."
            )
        return job

    def _planned(self) -> Job | None:
        """The plan; None where it is missing or damaged."""
        if self._job is None:
            path = self.folder / "job.json"
            data = _content(path)
            found = declared_format(data or b"")
            if found not in (None, FORMAT):
                raise StoreError(
                    f"{self.name} was made by another version of this program (layout {found}, "
                    f"this one has {FORMAT}) and is left as it is; the command that began it "
                    "begins anew beside it."
                )
            job = self._unsealed_model(path, data, Job)
            if job is not None and tag_of(job.key) == self._tag:
                self._job = job
        return self._job

    # --- what was asked for, and what came of it ------------------------------------------------

    def requests(self) -> list[Request]:
        """Everything that was asked for, each output once, the latest last."""
        paths = sorted(self._asked(), key=_changed_at)
        found = [self._read(path, Request) for path in paths]
        return [request for request in found if request is not None]

    @property
    def request(self) -> Request:
        """The last request; StoreError when there is none."""
        try:
            return self.requests()[-1]
        except IndexError:
            raise StoreError(f"{self.name} does not say where its result should go.") from None

    def open_requests(self) -> list[Request]:
        """What was asked for and is not published yet."""
        return [request for request in self.requests() if not self._is_placed(request)]

    def ask(self, request: Request, *, is_done: bool) -> None:
        """Remembers a request; if it is not done, it counts as open from now on."""
        with self.lock("requests"):
            self._sweep(".", "requests")
            if not is_done:
                self._result_path(request).unlink(missing_ok=True)
            self._write_model(self._request_path(request), request)

    @contextmanager
    def rehearsing(self) -> Iterator[Path]:
        """A folder for a rehearsal, while it lasts; what a killed one left is removed.

        Raises:
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
        """The verified result of a request, if it is in place and encoded as is wanted now."""
        published = self._published(request)
        return published if published is not None and published.is_in_place() else None

    def publications(self) -> list[Published]:
        """Every verified result, the latest last."""
        paths = sorted((self.folder / "results").glob("[!.]*.json"), key=_changed_at)
        found = [self._read(path, Published) for path in paths]
        return [published for published in found if published is not None]

    def set_published(self, request: Request, published: Published) -> None:
        """Writes a result down; the assembly's lock is held."""
        self._sweep("results")
        self._write_model(self._result_path(request), published)

    def free_frames_unless_wanted(self) -> bool:
        """Removes the stored frames if all that was asked for is published; whether it was."""
        with self.lock("requests"):
            readable = len(self.requests()) == len(self._asked())
            wanted = bool(self.open_requests()) or not readable
            if not wanted:
                self.free_frames()
        return not wanted

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

    # --- frames --------------------------------------------------------------------------------

    def finished(self, start: int, stop: int, *, sweep: int | None = None) -> set[int]:
        """Numbers of the frames in [start, stop) that are stored and whole.

        A file that is damaged (cut short by a power failure, say) or another's is set aside.
        ``sweep`` is the number of the pass, here and below; the last one when None.

        Raises:
            StoreError: one cannot be read.
        """
        paths = {number: self._frame_path(number, sweep) for number in range(start, stop)}
        return {number for number, path in paths.items() if self._whole_png(path) is not None}

    def count_finished(self) -> int:
        """How many frames are stored, of all passes, without looking into them."""
        return sum(1 for folder in self._frame_folders() for _ in folder.glob("*.png"))

    def load_frame(self, number: int, *, sweep: int | None = None) -> np.ndarray:
        """A stored frame, (H, W, 3) RGB uint8 or uint16.

        Raises:
            StoreError: it cannot be read, is missing, or is damaged and has been set aside, so that
                the next run makes it again.
        """
        image = self._load_png(self._frame_path(number, sweep))
        if image is None:
            raise self._lost(number)
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def save_frame(
        self,
        number: int,
        image: np.ndarray,
        record: dict[str, Any],
        *,
        sweep: int | None = None,
        age: np.ndarray | None = None,
    ) -> None:
        """Stores a finished frame and how it was made; the frame last, since it says that all is.

        Args:
            number: of the frame in the source.
            image: (H, W, 3) RGB uint8 or uint16.
            record: how it went, as JSON values.
            sweep: number of the pass.
            age: (h, w) uint8, of its places.

        Raises:
            OutputError: no space is left, or the folder cannot be written.
        """
        if age is not None:
            self._write_png(self.folder / f"ages/{number:08d}.png", age, PACKED)
        record_path = self.folder / f"records/{number:08d}.json"
        self._write(record_path, json.dumps(record).encode())
        pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        self._write_png(self._frame_path(number, sweep), pixels, self._packing)

    def load_age(self, number: int) -> np.ndarray:
        """The age of a stored frame's places, (h, w) uint8.

        Raises:
            StoreError: it cannot be read, or is missing or damaged; the frame has been set aside
                with it, since both are made together.
        """
        age = self._load_png(self.folder / f"ages/{number:08d}.png")
        if age is None:
            self._set_aside(self._frame_path(number, None))
            raise self._lost(number)
        return age

    def save_statistics(self, number: int, statistics: Sequence[np.ndarray]) -> None:
        """Stores what was measured of a source frame."""
        file = io.BytesIO()
        np.savez(file, *statistics)
        path = self._statistics_path(number)
        self._write(path, sealed(file.getvalue(), self._label(path)))

    def load_statistics(self, number: int) -> tuple[np.ndarray, ...] | None:
        """What was measured of a source frame; None where nothing whole is stored.

        Raises:
            StoreError: it cannot be read.
        """
        path = self._statistics_path(number)
        data = _content(path)
        if data is None:
            return None
        content = unsealed(data, self._label(path))
        if content is None:
            self._set_aside(path)
            return None
        with np.load(io.BytesIO(content)) as arrays:
            return tuple(arrays[f"arr_{place}"] for place in range(len(arrays.files)))

    def records(self) -> dict[int, dict[str, Any]]:
        """How all finished frames were last made, by number, as far as it can be read."""
        found = {}
        for path in sorted((self.folder / "records").glob("[!.]*.json")):
            with suppress(OSError, ValueError):
                found[int(path.stem)] = json.loads(path.read_bytes())
        return found

    def sweep(self, start: int, stop: int) -> None:
        """Removes what killed processes left half written of the frames in [start, stop).

        The lock of their shot is held.
        """
        numbered = [*self._frame_folders(), *(self.folder / part for part in NUMBERED)]
        for path in (path for folder in numbered for path in folder.glob(".0*")):
            if start <= int(path.name[1:9]) < stop:
                path.unlink(missing_ok=True)

    # --- split source frames -------------------------------------------------------------------

    @property
    def source_folder(self) -> Path:
        """Where ``split="disk"`` puts the source frames, named like the finished ones."""
        return self.folder / "source"

    def missing_source_frames(self, start: int, stop: int) -> bool:
        """Whether any source frame in [start, stop) has not been split to disk yet."""
        return any(not self._source_path(number).is_file() for number in range(start, stop))

    def read_source_frames(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Split source frames [start, stop), as ``read_frames`` gives them.

        Raises:
            StoreError: one is damaged; it has been removed, so that the next run splits it again.
        """
        for number in range(start, stop):
            image = cv2.imread(str(self._source_path(number)), cv2.IMREAD_UNCHANGED)
            if image is None:
                self._source_path(number).unlink(missing_ok=True)
                raise StoreError(f"Split source frame {number} is damaged; run the job again.")
            yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    # --- disk space ----------------------------------------------------------------------------

    def free_frames(self) -> None:
        """Removes the stored frames, keeping what the job is and was.

        A shot is freed when nobody works on it: who does finds it done, or published, and makes
        nothing again.
        """
        folders = (*self._frame_folders(), self.source_folder, self.folder / "ages")
        for shot, (start, stop) in enumerate(self.job.shots):
            with self.lock(f"shot-{shot}"):
                for path in (path for folder in folders for path in folder.glob("0*.png*")):
                    if start <= int(path.name[:8]) < stop:
                        path.unlink(missing_ok=True)

    def stored_bytes(self) -> int:
        """Size of everything in the workspace."""
        total = 0
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # another process has just renamed or freed it
                total += path.stat().st_size if path.is_file() else 0
        return total

    def remove(self) -> bool:
        """Removes the workspace with everything in it, unless a process works on it."""
        with ExitStack() as held:
            for path in (self.folder / "locks").glob("*.lock"):
                lock = acquired(path, timeout=0)
                if lock is None:
                    return False
                held.callback(lock.release)
            shutil.rmtree(self.folder)
        return True

    # --- who works on it -----------------------------------------------------------------------

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Holds the lock ``name`` ("shot-3", "assembly"); waits while another process has it."""
        path = self.folder / "locks" / f"{name}.lock"
        lock = acquired(path, timeout=0)
        if lock is None:
            logger.warning("another process works on %s of %s; waiting for it", name, self.name)
            lock = acquired(path)
        assert lock is not None, "there is no end to waiting"
        try:
            yield
        finally:
            lock.release()

    def missing_bytes(self) -> int:
        """About how much the frames that are still missing will take."""
        job = self.job
        pixels = job.width * job.height * (1 if job.index.bit_depth <= 8 else 2)
        frames = job.work_count - self.count_finished()
        needed = frames * pixels * BYTES_PER_PIXEL[self._packing]
        if job.settings.split == "disk" and job.index.reader == "container":
            split = sum(1 for _ in self.source_folder.glob("*.png"))
            needed += (job.frame_count - split) * pixels * BYTES_PER_PIXEL[PACKED]
        return round(max(0, needed))

    @property
    def _packing(self) -> tuple[int, ...]:
        """Frames that take long to make are packed; the others would wait for it."""
        return PLAIN if self.job.settings.engine == "fast" else PACKED

    def _lost(self, number: int) -> StoreError:
        return StoreError(
            f"Frame {number} of {self.name} is missing or damaged; run the job again to make "
            "it anew, the other frames are kept."
        )

    def _frame_path(self, number: int, sweep: int | None) -> Path:
        last = self.job.settings.passes
        folder = "frames" if sweep in (None, last) else f"passes/{sweep}"
        return self.folder / folder / f"{number:08d}.png"

    def _frame_folders(self) -> list[Path]:
        return [self.folder / "frames", *self.folder.glob("passes/*")]

    def _source_path(self, number: int) -> Path:
        return self.source_folder / f"{number:08d}.png"

    @property
    def _tag(self) -> str:
        """The part of the job's key that the folder is named by."""
        return self.name.rpartition("-")[2]

    def _label(self, path: Path) -> str:
        """What the file at ``path`` is called in this and no other job."""
        return f"{self._tag}/{path.relative_to(self.folder).as_posix()}"

    def _read(self, path: Path, model: type[Model]) -> Model | None:
        """A model as it was written; None where it is missing or damaged."""
        return self._unsealed_model(path, _content(path), model)

    def _unsealed_model(self, path: Path, data: bytes | None, model: type[Model]) -> Model | None:
        text = unsealed_json(data, self._label(path)) if data is not None else None
        if text is None:
            return None
        try:
            return model.model_validate_json(text)
        except ValidationError as error:
            raise StoreError(
                f"{path} was written by another version of this program and is left as it is; "
                "choose another folder with --workspace."
            ) from error

    def _write_model(self, path: Path, model: BaseModel) -> None:
        self._write(path, sealed_json(model.model_dump_json(indent=1), self._label(path)))

    def _whole_png(self, path: Path) -> bytes | None:
        """A stored PNG; None where it is missing, or damaged and was set aside."""
        data = _content(path)
        if data is None or is_whole_png(data, self._label(path)):
            return data
        logger.warning("%s is damaged and will be made again", path)
        self._set_aside(path)
        return None

    def _load_png(self, path: Path) -> np.ndarray | None:
        """A stored picture; None where it is missing, or damaged and was set aside."""
        data = self._whole_png(path)
        if data is None:
            return None
        image = _decoded(data)
        if image is None:  # for want of memory, say
            raise StoreError(f"{path} is whole and cannot be decoded now; run the command again.")
        return image

    def _write_png(self, path: Path, image: np.ndarray, options: tuple[int, ...]) -> None:
        encoded, data = cv2.imencode(".png", image, options)
        if not encoded:
            raise StoreError("A frame could not be encoded as PNG.")
        self._write(path, labelled_png(data.tobytes(), self._label(path)))

    def _set_aside(self, path: Path) -> None:
        """Gives a damaged file another name, so that it can be looked at and is not met again."""
        with suppress(FileNotFoundError):
            try:
                path.replace(path.with_name(f"{path.name}{DAMAGED}"))
            except FileNotFoundError:
                raise
            except OSError as error:
                raise self._not_written(error) from error

    def _sweep(self, *parts: str) -> None:
        """Removes what killed processes left half written in folders whose lock is held."""
        for path in (path for part in parts for path in (self.folder / part).glob(".*.json.*")):
            path.unlink(missing_ok=True)

    def _statistics_path(self, number: int) -> Path:
        return self.folder / f"statistics/{number:08d}.npz"

    def _not_written(self, error: OSError) -> OutputError:
        if is_disk_full(error):
            return no_space(f"the workspace {self.folder}")
        return OutputError(f"The workspace {self.folder} cannot be written: {error.strerror}.")

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
        with cleaned_up(partial(temporary.unlink, missing_ok=True)):
            try:
                with temporary.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except OSError as error:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise self._not_written(error) from error


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


def _content(path: Path) -> bytes | None:
    """All bytes of a file; None where there is none.

    Raises:
        StoreError: it is there and cannot be read now, which says nothing about what it holds.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: {error.strerror}. Nothing was removed; mend that and run the "
            "same command again."
        ) from error


def _decoded(data: bytes) -> np.ndarray | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
