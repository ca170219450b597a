"""TensorFlow Hub modules that repaint a picture in one pass, by handle or by folder."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stylecore.errors import SettingsError, WeightsError

logger = logging.getLogger(__name__)

CANNOT_MIX = (
    "a TensorFlow Hub module paints one style at full strength only: use --model compact for less "
    "or for mixtures, or --style-masks."
)
MULTIPLE = 8
"""Frames are padded to a multiple of this: the networks halve their input two or three times."""


class HubNetwork:
    """A module with the signature of magenta/arbitrary-image-stylization (Ghiasi et al. 2017)."""

    def __init__(self, handle_or_folder: str) -> None:
        """
        Args:
            handle_or_folder: a handle like ``https://tfhub.dev/...``, downloaded on first use into
                TFHUB_CACHE_DIR, or the folder of a SavedModel.

        Raises:
            WeightsError: it cannot be downloaded, or is not such a module.
        """
        folder = Path(handle_or_folder)
        is_handle = "://" in handle_or_folder
        if not is_handle and not (folder / "saved_model.pb").is_file():
            raise WeightsError(
                f"{handle_or_folder} is not the folder of a TensorFlow SavedModel (it holds no "
                "saved_model.pb): unpack the module and give that folder with --model FOLDER."
            )
        self._module = _load(handle_or_folder, is_handle=is_handle)
        if not callable(self._module):
            raise WeightsError(
                f"{handle_or_folder} cannot be called with a picture and a style: it is not a "
                "module for arbitrary image stylization."
            )

    def encode(self, style: np.ndarray) -> np.ndarray:
        """The style picture itself: the module encodes it with every frame."""
        return style

    def mix(self, codes: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
        """Raises SettingsError: the module's own codes cannot be reached."""
        raise SettingsError(CANNOT_MIX)

    def paint(self, frame: np.ndarray, code: np.ndarray) -> np.ndarray:
        """The frame in the style of the picture ``code``."""
        import tensorflow as tf

        height, width = frame.shape[:2]
        below, right = -height % MULTIPLE, -width % MULTIPLE
        padded = np.pad(frame, ((0, below), (0, right), (0, 0)), mode="edge")
        painted = self._module(tf.constant(padded[None]), tf.constant(code[None]))[0]
        return np.clip(np.asarray(painted)[0, :height, :width], 0, 1)


def hub_digest(handle_or_folder: str) -> str:
    """Hash of a folder's files, or the handle itself: published modules do not change."""
    folder = Path(handle_or_folder)
    if not folder.is_dir():
        return handle_or_folder
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return f"hub-{digest.hexdigest()[:16]}"


def _load(handle_or_folder: str, *, is_handle: bool) -> Any:
    try:
        import tensorflow_hub

        logger.info("loading %s", handle_or_folder)
        return tensorflow_hub.load(handle_or_folder)
    except ModuleNotFoundError as error:
        raise WeightsError(
            f"TensorFlow Hub does not start because the package {error.name} is missing: install "
            "the versions of requirements.lock."
        ) from error
    except Exception as error:  # what the downloader raises is not documented
        if is_handle:
            raise WeightsError(
                f"{handle_or_folder} could not be downloaded: check the connection, set "
                "TFHUB_CACHE_DIR to a folder that already holds it, or give an unpacked module "
                "with --model FOLDER."
            ) from error
        raise WeightsError(
            f"{handle_or_folder} could not be loaded as a TensorFlow SavedModel; it may be "
            "damaged, so unpack the module once more."
        ) from error
