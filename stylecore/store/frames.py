"""The stored frames of a job, and what was noted of them."""

import io
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from stylecore.errors import StoreError
from stylecore.store.files import DAMAGED, content_of
from stylecore.store.planned import PlannedFolder
from stylecore.store.sealing import sealed, unsealed

SAMPLES = "samples"
"""Beginning of the name of a workspace within, for frames that only previews show."""
NUMBERED = ("records", "ages", "statistics")
"""Folders that keep a file for some or all frames."""
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


class FrameStore(PlannedFolder):
    """A planned job's folder with its frames.

    A frame exists when its file has been renamed into place, and then it is whole. In all methods,
    ``pass_number`` is the number of a pass; the last one when None.
    """

    def finished(self, start: int, stop: int, *, pass_number: int | None = None) -> set[int]:
        """Numbers of the frames in [start, stop) that are stored and whole.

        A file that is damaged (cut short by a power failure, say) or another's is set aside.

        Raises:
            StoreError: one cannot be read.
        """
        paths = {number: self._frame_path(number, pass_number) for number in range(start, stop)}
        return {number for number, path in paths.items() if self._whole_png(path) is not None}

    def count_finished(self) -> int:
        """How many frames are stored, of all passes, without looking into them."""
        return sum(1 for folder in self._frame_folders() for _ in folder.glob("*.png"))

    def load_frame(self, number: int, *, pass_number: int | None = None) -> np.ndarray:
        """A stored frame, (H, W, 3) RGB uint8 or uint16.

        Raises:
            StoreError: it cannot be read, is missing, or is damaged and has been set aside, so that
                the next run makes it again.
        """
        image = self._load_png(self._frame_path(number, pass_number))
        if image is None:
            raise self._lost(number)
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def save_frame(
        self,
        number: int,
        image: np.ndarray,
        record: dict[str, Any],
        *,
        pass_number: int | None = None,
        age: np.ndarray | None = None,
    ) -> None:
        """Stores a finished frame and how it was made; the frame last, since it says that all is.

        Args:
            number: of the frame in the source.
            image: (H, W, 3) RGB uint8 or uint16.
            record: how it went, as JSON values.
            pass_number: number of the pass.
            age: (h, w) uint8, of its places.

        Raises:
            OutputError: no space is left, or the folder cannot be written.
        """
        if age is not None:
            self._write_png(self.folder / f"ages/{number:08d}.png", age, PACKED)
        record_path = self.folder / f"records/{number:08d}.json"
        self._write(record_path, json.dumps(record).encode())
        pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        self._write_png(self._frame_path(number, pass_number), pixels, self._packing)

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
        """Stores what was measured of a source frame.

        Raises:
            OutputError: no space is left, or the folder cannot be written.
        """
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
        data = content_of(path)
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

    def made_at(self) -> dict[int, float]:
        """When each finished frame was last made, in seconds since 1970, by number."""
        found = {}
        for path in (self.folder / "records").glob("[!.]*.json"):
            with suppress(OSError, ValueError):
                found[int(path.stem)] = path.stat().st_mtime
        return found

    def count_set_aside(self) -> int:
        """How many files were found damaged, and made again since."""
        return sum(1 for _ in self.folder.glob(f"*/*{DAMAGED}"))

    def remove_leftovers(self, start: int, stop: int) -> None:
        """Removes what killed processes left half written of the frames in [start, stop).

        The caller holds the lock of their shot.
        """
        numbered = [*self._frame_folders(), *(self.folder / part for part in NUMBERED)]
        for path in (path for folder in numbered for path in folder.glob(".0*")):
            if start <= int(path.name[1:9]) < stop:
                path.unlink(missing_ok=True)

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

    def free_frames(self) -> None:
        """Removes the stored frames, keeping what the job is and was.

        A shot is freed when nobody works on it: who does finds it done, or published, and makes
        nothing again.

        Raises:
            StoreError: the plan cannot be read, or a shot cannot be locked.
        """
        folders = (*self._frame_folders(), self.source_folder, self.folder / "ages")
        for shot, (start, stop) in enumerate(self.job.shots):
            with self.lock(f"shot-{shot}"):
                for path in (path for folder in folders for path in folder.glob("0*.png*")):
                    if start <= int(path.name[:8]) < stop:
                        path.unlink(missing_ok=True)
        for samples in self.folder.glob(f"{SAMPLES}-*"):
            shutil.rmtree(samples, ignore_errors=True)

    def bytes_per_frame(self) -> float:
        """Mean size of what is stored for a frame; 0 where there is none."""
        folders = [*self._frame_folders(), self.folder / "ages", self.folder / "records"]
        total = sum(path.stat().st_size for folder in folders for path in folder.glob("0*"))
        return total / max(1, self.count_finished())

    def bytes_per_source_frame(self) -> float:
        """Mean size of a source frame that was split to disk; 0 where there is none."""
        sizes = [path.stat().st_size for path in self.source_folder.glob("0*.png")]
        return sum(sizes) / max(1, len(sizes))

    def missing_bytes(self) -> int:
        """About how much the frames that are still missing will take.

        Raises:
            StoreError: the plan cannot be read.
        """
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

    def _frame_path(self, number: int, pass_number: int | None) -> Path:
        last = self.job.settings.passes
        folder = "frames" if pass_number in (None, last) else f"passes/{pass_number}"
        return self.folder / folder / f"{number:08d}.png"

    def _frame_folders(self) -> list[Path]:
        return [self.folder / "frames", *self.folder.glob("passes/*")]

    def _source_path(self, number: int) -> Path:
        return self.source_folder / f"{number:08d}.png"

    def _statistics_path(self, number: int) -> Path:
        return self.folder / f"statistics/{number:08d}.npz"
