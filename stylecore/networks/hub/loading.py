"""Loading a module of TensorFlow Hub, by handle or by folder, and trying what it can do."""

import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from stylecore.errors import WeightsError
from stylecore.networks.hub.graph import Call, CutModule, cut
from stylecore.networks.hub.network import HubNetwork, UncutHubNetwork, tensor

logger = logging.getLogger(__name__)

TOLERANCE = 1e-5
"""Greatest difference between a module and its cut, of pixels in [0, 1]."""


def load_hub(handle_or_folder: str) -> HubNetwork | UncutHubNetwork:
    """A module, cut where it can be.

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
    module = _load(handle_or_folder, is_handle=is_handle)
    try:
        function, whole = _function_of(module)
    except Exception as error:  # whatever a foreign graph does when it is called
        raise WeightsError(
            f"{handle_or_folder} cannot be called with a picture and a style: it is not a "
            "module for arbitrary image stylization."
        ) from error
    for quicker in (True, False):
        try:
            module_cut = cut(function, quicker=quicker)
            if greatest_difference(whole, module_cut) <= TOLERANCE:
                return HubNetwork(module_cut)
        except Exception as error:  # whatever a foreign graph does when it is taken apart
            logger.debug("cutting %s", handle_or_folder, exc_info=error)
    logger.warning(
        "%s cannot be cut into a style encoder and a painter: it encodes the style with every "
        "frame, which is slower, and its normalisation is not held steady",
        handle_or_folder,
    )
    return UncutHubNetwork(whole)


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


def greatest_difference(whole: Call, module: CutModule) -> float:
    """Between a module and its cut, on two random frames of a size that needs padding.

    Once cut, it paints both frames at once, with moments of each held: what the engine relies on.
    """
    random = np.random.default_rng(0)
    frames = [random.random((61, 83, 3), np.float32) for _ in range(2)]
    style = random.random((96, 64, 3), np.float32)
    network = HubNetwork(module)
    code = network.encode(style)
    moments = [network.measure(frame, code) for frame in frames]
    alone = UncutHubNetwork(whole).paint(frames, [(style, 1.0)])
    return max(
        float(np.abs(np.stack(network.paint(frames, code, held)) - np.stack(alone)).max())
        for held in ((), moments)
    )


def _function_of(module: Any) -> tuple[Any, Call]:
    """The module as one concrete function of frames and style, both of any size; and its call.

    Raises:
        ValueError: what comes out has not the frame's size.
    """
    import tensorflow as tf

    pictures = tf.TensorSpec((None, None, None, 3), tf.float32)
    for called in _ways_to_call(module):
        function = called.get_concrete_function(pictures, pictures)
        whole = _calling(module, function)
        if _keeps_the_frame(whole):
            return function, whole
    raise ValueError("it does not give a picture of the frame's size")


def _ways_to_call(module: Any) -> Iterator[Any]:
    """Functions of (frames, style); the arguments of a signature are named, but not in order."""
    import tensorflow as tf

    if callable(module):
        saved = module.__call__
        yield saved if hasattr(saved, "get_concrete_function") else tf.function(module)
        return
    (signature,) = module.signatures.values()
    names = sorted(signature.structured_input_signature[1])
    for order in (names, names[::-1]):
        yield tf.function(
            lambda *pictures, order=order: signature(**dict(zip(order, pictures, strict=True)))
        )


def _calling(module: Any, function: Any) -> Call:
    """(frames, style) -> picture; keeps the module, whose variables the function only borrows."""
    import tensorflow as tf

    def call(frames: Any, style: Any, *, owner: Any = module) -> Any:
        return tf.nest.flatten(function(frames, style))[0]

    return call


def _keeps_the_frame(whole: Call) -> bool:
    """Whether a picture of the frame's size comes out, not one of the style's."""
    frame, style = (np.zeros((1, *size, 3), np.float32) for size in ((64, 96), (80, 56)))
    return bool(np.asarray(whole(tensor(frame), tensor(style))).shape == frame.shape)


def _load(handle_or_folder: str, *, is_handle: bool) -> Any:
    os.environ.setdefault("TFHUB_DOWNLOAD_PROGRESS", "1")
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
