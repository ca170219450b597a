"""A folder whose files say what they are: read as they were written, or not at all.

Every file carries a label or a hash (see ``stylecore.store.sealing``) and gets its name when it is
whole. One that is damaged, or another's, is set aside under the name NAME.damaged; one that only
cannot be read is left alone.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from pydantic import BaseModel, ValidationError

from stylecore.errors import OutputError, StoreError
from stylecore.media.files import is_disk_full, no_space
from stylecore.runtime.cleanup import cleaned_up
from stylecore.runtime.locks import acquired
from stylecore.store.sealing import (
    is_whole_png,
    labelled_png,
    sealed_json,
    unsealed_json,
)

DAMAGED = ".damaged"

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=BaseModel)


class SealedFolder:
    """A job's folder, as files that no other job's can be taken for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        return self.folder.name

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Holds the lock ``name`` ("shot-3", "assembly"); waits while another process has it.

        Raises:
            StoreError: it cannot be had at all.
        """
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

    @property
    def _tag(self) -> str:
        """The part of the job's key that the folder is named by."""
        return self.name.rpartition("-")[2]

    def _label(self, path: Path) -> str:
        """What the file at ``path`` is called in this and no other job."""
        return f"{self._tag}/{path.relative_to(self.folder).as_posix()}"

    def _read(self, path: Path, model: type[Model]) -> Model | None:
        """A model as it was written; None where it is missing or damaged."""
        return self._unsealed_model(path, content_of(path), model)

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
        text = model.model_dump_json(indent=1, by_alias=True)
        self._write(path, sealed_json(text, self._label(path)))

    def _whole_png(self, path: Path) -> bytes | None:
        """A stored PNG; None where it is missing, or damaged and was set aside."""
        data = content_of(path)
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

    def _remove_half_written(self, *parts: str) -> None:
        """Removes what killed processes left half written in folders whose lock is held."""
        for path in (path for part in parts for path in (self.folder / part).glob(".*.json.*")):
            path.unlink(missing_ok=True)

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


def content_of(path: Path) -> bytes | None:
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
