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

This is the only module that knows these names.
"""

import hashlib
import io
import json
import logging
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

import cv2
import numpy as np
from filelock import FileLock, Timeout
from PIL import Image
from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, ValidationError

from stylecore.colour import ColourStatistics
from stylecore.config import OutputSettings, VideoSettings
from stylecore.errors import InputError, MediaError, OutputError, StoreError
from stylecore.media import Excerpt, SourceIndex, frame_files, is_sequence, place_of, require_file
from stylecore.media.files import is_disk_full, no_space

FORMAT = 4
"""Version of the workspace's layout; a workspace of another version is not touched."""

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


class FileFact(BaseModel):
    """A file, or a folder of frames, as it was when the job was planned."""

    model_config = ConfigDict(frozen=True)
    path: Path
    size: int
    sha256: str


class Chunk(BaseModel):
    """Frames [start, stop) of one shot in one pass; the piece of work that one task does."""

    model_config = ConfigDict(frozen=True)
    number: int
    shot: int
    shot_start: int
    shot_stop: int
    start: int
    stop: int
    sweep: int = 1
    """Number of the pass, from 1."""

    @property
    def step(self) -> int:
        """From a frame to the one that is made next."""
        return -1 if self.is_backward else 1

    @property
    def anchor(self) -> int:
        """The frame that the pass begins with."""
        return self.shot_stop - 1 if self.is_backward else self.shot_start

    @property
    def is_backward(self) -> bool:
        """Whether the pass goes from the shot's end to its start."""
        return self.sweep % 2 == 0


class Colours(BaseModel):
    """Mean and covariance of colours (see ``stylecore.colour``), as plain numbers."""

    model_config = ConfigDict(frozen=True)
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, statistics: ColourStatistics) -> Self:
        return cls(
            mean=tuple(map(float, statistics.mean)),
            covariance=tuple(tuple(map(float, row)) for row in statistics.covariance),
        )

    @property
    def statistics(self) -> ColourStatistics:
        return ColourStatistics(np.array(self.mean), np.array(self.covariance))


class Job(BaseModel):
    """What a job is; the content of ``job.json``."""

    model_config = ConfigDict(frozen=True)
    format: int = FORMAT
    key: str
    source: FileFact
    style: FileFact
    more_styles: tuple[FileFact, ...] = ()
    masks: tuple[FileFact, ...] = ()
    mask_indexes: tuple[SourceIndex | None, ...] = ()
    """Of each mask; None where it is a picture."""
    settings: VideoSettings
    index: SourceIndex
    width: int
    height: int
    start: int
    stop: int
    chunks: tuple[Chunk, ...]
    colours: tuple[Colours, ...] = ()
    """Of each shot of the source, where the settings keep them."""
    notes: tuple[str, ...] = ()
    """What a person should know before the work, in sentences."""

    def excerpt(self, source: Path) -> Excerpt:
        """The frames to make, of the source where it is now."""
        return Excerpt(source, self.index, self.start, self.stop)

    @property
    def frame_count(self) -> int:
        return self.stop - self.start

    @property
    def work_count(self) -> int:
        """Frames to make, over all passes."""
        return self.frame_count * self.settings.passes

    @property
    def shots(self) -> list[tuple[int, int]]:
        """The range [start, stop) of each shot."""
        return sorted({(chunk.shot_start, chunk.shot_stop) for chunk in self.chunks})


class Request(BaseModel):
    """What a person asks for: a value that goes from the command line or a flow to the result.

    It may differ from run to run of the same job. A job is what its files hold; a request says
    where they are now.
    """

    model_config = ConfigDict(frozen=True)
    source: Path
    """The video, an animation, a folder of frames or a pattern for their names."""
    style: Path
    output: Path
    """Its suffix names the container or the animation; a name without one, or a pattern, is a
    folder of frames."""
    settings: VideoSettings = VideoSettings()
    root: Path | None = None
    """Folder of all workspaces; ``default_root()`` when None."""
    overwrite: bool = False
    """Replace an existing output."""
    keep: bool = False
    """Keep the stored frames after the result was published."""
    notes: tuple[str, ...] = ()
    """What became of the wish, in sentences."""

    @property
    def styles(self) -> tuple[Path, ...]:
        """All style pictures, in the order of their weights."""
        return (self.style, *self.settings.mixing.more_styles)

    @property
    def masks(self) -> tuple[Path, ...]:
        return self.settings.mixing.style_masks

    def absolute(self) -> Self:
        """The same with full names, so that it can be fulfilled from any folder."""
        return self.model_copy(
            update={
                "source": self.source.absolute(),
                "style": self.style.absolute(),
                "output": self.output.absolute(),
                "settings": self.settings.with_absolute_paths(),
            }
        )


class Published(BaseModel):
    """A verified result, in place or about to be."""

    model_config = ConfigDict(frozen=True)
    output: Path
    encoding: OutputSettings
    size: int
    sha256: str
    frames: int
    verified: tuple[str, ...] = ()
    """What was found equal to the source, in words."""
    notes: tuple[str, ...] = ()
    stored_bytes: int = 0
    """Size of the workspace when the result was made."""
    placed: bool = False
    """Whether it is known to have got its name; this is written down before and after."""

    def is_in_place(self) -> bool:
        """Whether the published file or folder is still there, by name and size."""
        try:
            return sum(path.stat().st_size for path in _files(self.output)) == self.size
        except (OSError, InputError):
            return False

    def is_unchanged(self) -> bool:
        """Whether it is still there with every byte."""
        try:
            return self.is_in_place() and file_fact(self.output).sha256 == self.sha256
        except InputError:
            return False


def default_root() -> Path:
    """Folder of all workspaces: $STYLECORE_WORKSPACE, or the user's state folder."""
    chosen = os.environ.get(WORKSPACE_VARIABLE)
    return Path(chosen) if chosen else user_state_path("stylecore") / "jobs"


def file_fact(path: Path) -> FileFact:
    """Size and SHA-256 of a file's whole content; of many files, of their names and contents.

    Args:
        path: a file, a folder of frames or a pattern for their names.

    Raises:
        MediaError: a file cannot be read.
    """
    try:
        hashed = [(file.name, *_hashed(file)) for file in _files(path)]
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
    """
    try:
        facts = [(file, file.stat()) for file in _files(path)]
    except OSError:
        return file_fact(path)
    return _fact_at(
        path, tuple((file, one.st_size, one.st_mtime_ns, one.st_ino) for file, one in facts)
    )


@lru_cache(maxsize=64)
def _fact_at(path: Path, stamps: tuple[tuple[Path, int, int, int], ...]) -> FileFact:
    return file_fact(path)


def _files(path: Path) -> list[Path]:
    """The file itself, or the frames of a folder or pattern; InputError where there are none."""
    if is_sequence(path):
        return [place_of(path) / name for name in frame_files(path)]
    require_file(path)
    return [path]


def _hashed(path: Path) -> tuple[int, str]:
    """Size and SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return os.fstat(file.fileno()).st_size, digest


def job_key(
    source: FileFact,
    styles: Sequence[FileFact],
    masks: Sequence[FileFact],
    settings: VideoSettings,
    engine_digest: str,
) -> str:
    """Hash of everything that changes a pixel of the stylised frames (32 hexadecimal digits)."""
    facts = {
        "format": FORMAT,
        "source": source.sha256,
        "styles": [style.sha256 for style in styles],
        "masks": [mask.sha256 for mask in masks],
        "engine": engine_digest,
        "settings": settings.pixel_settings(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


class Workspace:
    """One job's folder; all methods are safe to call from several processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._job: Job | None = None

    @classmethod
    def locate(cls, root: Path, source: Path, key: str) -> Self:
        """The workspace, existing or not, of the job with this key."""
        stem = re.sub(r"[^\w.-]+", "_", source.stem).lstrip(".-")[:40] or "job"
        return cls(root / f"{stem}-{key[:12]}")

    @classmethod
    def all_in(cls, root: Path) -> "list[Workspace]":
        """Every workspace below ``root``, by name."""
        return [cls(path.parent) for path in sorted(root.glob("*/job.json"))]

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
        if not self.exists():
            self._write(self.folder / "job.json", _as_json(job))

    @property
    def job(self) -> Job:
        """The plan.

        Raises:
            StoreError: it is missing, damaged or of another version.
        """
        if self._job is None:
            path = self.folder / "job.json"
            try:
                self._job = Job.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                raise StoreError(
                    f"{path} is missing, damaged or from another version; remove the folder "
                    f"{self.folder} to begin this job anew."
                ) from error
        return self._job

    # --- what was asked for, and what came of it ------------------------------------------------

    def requests(self) -> list[Request]:
        """Everything that was asked for, each output once, the latest last.

        Raises:
            StoreError: one cannot be read.
        """
        paths = sorted((self.folder / "requests").glob("[!.]*.json"), key=_changed_at)
        return [self._read(path, Request) for path in paths]

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
            if not is_done:
                self._result_path(request).unlink(missing_ok=True)
            self._write(self._request_path(request), _as_json(request))

    def published(self, request: Request) -> Published | None:
        """The verified result of a request, if it is in place and encoded as is wanted now."""
        published = self._published(request)
        return published if published is not None and published.is_in_place() else None

    def publications(self) -> list[Published]:
        """Every verified result, the latest last."""
        paths = sorted((self.folder / "results").glob("[!.]*.json"), key=_changed_at)
        return [self._read(path, Published) for path in paths]

    def set_published(self, request: Request, published: Published) -> None:
        self._write(self._result_path(request), _as_json(published))

    def free_frames_unless_wanted(self) -> bool:
        """Removes the stored frames if all that was asked for is published; whether it was."""
        with self.lock("requests"):
            wanted = bool(self.open_requests())
            if not wanted:
                self.free_frames()
        return not wanted

    def _published(self, request: Request) -> Published | None:
        """What is written down of the request's result, whether it is in place or not."""
        try:
            found = self._read(self._result_path(request), Published)
        except StoreError:
            return None
        wanted = (request.output, request.settings.output)
        return found if (found.output, found.encoding) == wanted else None

    def _is_placed(self, request: Request) -> bool:
        published = self._published(request)
        return published is not None and published.placed

    def _request_path(self, request: Request) -> Path:
        return self.folder / "requests" / f"{_tag(request.output)}.json"

    def _result_path(self, request: Request) -> Path:
        return self.folder / "results" / f"{_tag(request.output)}.json"

    # --- frames --------------------------------------------------------------------------------

    def finished(self, start: int, stop: int, *, sweep: int | None = None) -> set[int]:
        """Numbers of the frames in [start, stop) that are stored and whole.

        A file that does not pass its own checksums (cut short by a power failure, say) is removed.
        ``sweep`` is the number of the pass, here and below; the last one when None.
        """
        whole = set()
        for number in range(start, stop):
            path = self._frame_path(number, sweep)
            if not path.is_file():
                continue
            if _is_whole(path):
                whole.add(number)
            else:
                logger.warning("frame %d was damaged in the store and will be made again", number)
                path.unlink(missing_ok=True)
        return whole

    def count_finished(self) -> int:
        """How many frames are stored, of all passes, without looking into them."""
        return sum(1 for folder in self._frame_folders() for _ in folder.glob("*.png"))

    def load_frame(self, number: int, *, sweep: int | None = None) -> np.ndarray:
        """A stored frame, (H, W, 3) RGB uint8 or uint16.

        Raises:
            StoreError: it is missing or damaged; a damaged one has been removed, so that the next
                run makes it again.
        """
        path = self._frame_path(number, sweep)
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
        job = self.job
        if image is None or image.shape != (job.height, job.width, 3):
            path.unlink(missing_ok=True)
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
            self._write(self.folder / f"ages/{number:08d}.png", _as_png(age, PACKED))
        record_path = self.folder / f"records/{number:08d}.json"
        self._write(record_path, json.dumps(record).encode())
        data = _as_png(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), self._packing)
        self._write(self._frame_path(number, sweep), data)

    def load_age(self, number: int) -> np.ndarray:
        """The age of a stored frame's places, (h, w) uint8.

        Raises:
            StoreError: it is missing or damaged; the frame has been removed with it.
        """
        age = cv2.imread(str(self.folder / f"ages/{number:08d}.png"), cv2.IMREAD_UNCHANGED)
        if age is None:
            self._frame_path(number, None).unlink(missing_ok=True)
            raise self._lost(number)
        return age

    def save_statistics(self, number: int, statistics: Sequence[np.ndarray]) -> None:
        """Stores what was measured of a source frame."""
        file = io.BytesIO()
        np.savez(file, *statistics)
        self._write(self.folder / f"statistics/{number:08d}.npz", file.getvalue())

    def load_statistics(self, number: int) -> tuple[np.ndarray, ...] | None:
        """What was measured of a source frame; None where nothing readable is stored."""
        try:
            with np.load(self.folder / f"statistics/{number:08d}.npz") as arrays:
                return tuple(arrays[f"arr_{place}"] for place in range(len(arrays.files)))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def records(self) -> dict[int, dict[str, Any]]:
        """How all finished frames were last made, by number."""
        paths = sorted((self.folder / "records").glob("*.json"))
        return {int(path.stem): json.loads(path.read_bytes()) for path in paths}

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
                for number in range(start, stop):
                    for folder in folders:
                        (folder / f"{number:08d}.png").unlink(missing_ok=True)

    def stored_bytes(self) -> int:
        """Size of everything in the workspace."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def remove(self) -> None:
        """Removes the workspace with everything in it."""
        shutil.rmtree(self.folder)

    # --- who works on it -----------------------------------------------------------------------

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Holds the lock ``name`` ("shot-3", "assembly"); waits while another process has it."""
        lock = FileLock(self.folder / "locks" / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            logger.warning("another process works on %s of %s; waiting for it", name, self.name)
            lock.acquire()
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

    def _read(self, path: Path, model: type[Model]) -> Model:
        """A model as it was written; StoreError where it is missing or damaged."""
        try:
            return model.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise StoreError(f"{path} is missing or damaged.") from error

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if is_disk_full(error):
                raise no_space(f"the workspace {self.folder}") from error
            raise OutputError(
                f"The workspace {self.folder} cannot be written: {error.strerror}."
            ) from error


def _tag(output: Path) -> str:
    """A file name for each output."""
    return hashlib.sha256(os.fsencode(output)).hexdigest()[:12]


def _changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns


def _as_json(model: BaseModel) -> bytes:
    return model.model_dump_json(indent=1).encode()


def _as_png(image: np.ndarray, options: tuple[int, ...]) -> bytes:
    encoded, data = cv2.imencode(".png", image, options)
    if not encoded:
        raise StoreError("A frame could not be encoded as PNG.")
    return data.tobytes()


def _is_whole(path: Path) -> bool:
    """Whether every chunk of a PNG passes its checksum, up to the end mark."""
    try:
        with Image.open(path) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError):
        return False
    return True
