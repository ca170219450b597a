"""TensorFlow Hub modules that repaint a picture in one pass, by handle or by folder."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stylecore.errors import WeightsError

logger = logging.getLogger(__name__)

HubModel = Callable[[Any, Any], Any]
"""(content, style) -> picture: all (1, H, W, 3) float32 RGB in [0, 1]."""


def load_hub(handle_or_folder: str) -> HubModel:
    """A module with the signature of magenta/arbitrary-image-stylization (Ghiasi et al. 2017).

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
    loaded = _load(handle_or_folder, is_handle=is_handle)
    if not callable(loaded):
        raise WeightsError(
            f"{handle_or_folder} cannot be called with a picture and a style: it is not a module "
            "for arbitrary image stylization."
        )
    return lambda content, style: loaded(content, style)[0]


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
