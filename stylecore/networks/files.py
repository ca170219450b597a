"""Weights of convolutions in files, by layer name: reading, fitting into a network, digests."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from stylecore.errors import WeightsError
from stylecore.runtime.nearby import advice_on_missing

if TYPE_CHECKING:
    import keras

Weights = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Layer name -> kernel (height, width, in, out) and bias (out,)."""


def file_digest(path: Path) -> str:
    """sha256 of a weights file, in hexadecimal.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def _require_readable(path: Path) -> None:
    """Checks that the system lets a file be read, or it would be taken for damaged."""
    try:
        with path.open("rb"):
            pass
    except OSError as cause:
        raise _unreadable(path, cause) from cause


def _unreadable(path: Path, cause: OSError) -> WeightsError:
    if isinstance(cause, FileNotFoundError):
        return WeightsError(f"There is no weights file {path}; {advice_on_missing(path)}")
    return WeightsError(
        f"The weights file {path} cannot be read ({cause.strerror}): mend that, or give another "
        "file."
    )


def read_weights(path: Path) -> Weights:
    """The convolutions stored in a file.

    Args:
        path: ``.npz`` with keys ``layer/kernel`` and ``layer/bias``, ``.h5`` of Keras with weights
            by layer name, or a whole model as ``.keras``.

    Raises:
        WeightsError: the file is missing, damaged or of another format.
    """
    readers = {".npz": _read_npz, ".h5": _read_h5, ".keras": _read_keras}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise WeightsError(f"{path} is no weights file: it must end in .npz, .h5 or .keras.")
    if path.exists() and not path.is_file():
        raise WeightsError(f"{path} is no file: give a file with weights.")
    _require_readable(path)
    try:
        weights = reader(path)
    except (OSError, ValueError, KeyError, BadZipFile) as cause:
        raise WeightsError(f"The weights file {path} is damaged: fetch it again.") from cause
    if not weights:
        raise WeightsError(
            f"{path} holds no convolutions by layer name: save the model's weights again as .npz, "
            "as .keras or as .h5 by layer name."
        )
    return weights


def assign_weights(model: "keras.Model", weights: Weights, *, source: str) -> None:
    """Puts weights into the convolutions of ``model`` that carry their names.

    Raises:
        WeightsError: a layer is absent from the weights or its shape does not fit.
    """
    wanted = [layer for layer in model.layers if layer.weights]
    absent = [layer.name for layer in wanted if layer.name not in weights]
    if absent:
        raise WeightsError(
            f"{source} has no weights for {', '.join(absent)}: choose layers before them, or give "
            "a file that has them."
        )
    unfit = [
        layer.name
        for layer in wanted
        if [array.shape for array in weights[layer.name]] != [var.shape for var in layer.weights]
    ]
    if unfit:
        raise WeightsError(
            f"The weights in {source} do not fit {model.name} at {', '.join(unfit)}: give a file "
            "made for this network."
        )
    for layer in wanted:
        layer.set_weights([array.astype(np.float32) for array in weights[layer.name]])


def save_weights(weights: Mapping[str, np.ndarray], path: Path) -> None:
    """Writes arrays by name as float16 to ``.npz``, whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        halves = {key: value.astype(np.float16) for key, value in weights.items()}
        np.savez_compressed(file, **halves)  # type: ignore[arg-type]
    temporary.replace(path)


def save_variables(models: Sequence["keras.Model"], path: Path) -> None:
    """Writes every variable of some models, whose layers have different names, to ``.npz``."""
    save_weights(
        {var.path: np.asarray(var.numpy()) for model in models for var in model.variables}, path
    )


def load_variables(models: Sequence["keras.Model"], path: Path) -> None:
    """Reads what ``save_variables`` wrote.

    Raises:
        WeightsError: the file is missing, damaged or made for other models.
    """
    _require_readable(path)
    try:
        with np.load(path) as arrays:
            for model in models:
                for variable in model.variables:
                    variable.assign(arrays[variable.path].astype(np.float32))
    except (OSError, ValueError, KeyError, BadZipFile) as cause:
        raise WeightsError(
            f"{path} does not hold the weights of {models[-1].name}, or is damaged: give another "
            "file."
        ) from cause


def _read_npz(path: Path) -> Weights:
    with np.load(path) as arrays:
        return {
            key.removesuffix("/kernel"): (arrays[key], arrays[key.replace("/kernel", "/bias")])
            for key in arrays
            if key.endswith("/kernel")
        }


def _read_h5(path: Path) -> Weights:
    import h5py

    with h5py.File(path) as file:
        groups = file.get("model_weights", file)
        stored = {
            name: [np.asarray(group[key]) for key in group.attrs.get("weight_names", ())]
            for name, group in groups.items()
        }
    return _convolutions(stored)


def _read_keras(path: Path) -> Weights:
    import keras

    model = keras.saving.load_model(path, compile=False)
    return _convolutions({layer.name: layer.get_weights() for layer in model.layers})


def _convolutions(stored: Mapping[str, list[np.ndarray]]) -> Weights:
    return {
        name: (arrays[0], arrays[1])
        for name, arrays in stored.items()
        if len(arrays) == 2 and arrays[0].ndim == 4
    }
