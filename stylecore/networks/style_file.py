"""A learned style as a file: data only, with a picture of the style and what it was made with.

An npz of four arrays: ``header`` (JSON), ``weights`` (every kernel and bias of the painter, one
after the other, float16), ``colours`` (mean, then covariance) and ``picture`` (a JPEG).
"""

import io
import json
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from stylecore.arrays.colour import ColourStatistics
from stylecore.errors import WeightsError

SUFFIX = ".style"
FORMAT = 1
PICTURE_SIDE = 384
"""Longer side in pixels of the style's picture."""
LARGEST = 8_000_000
"""Bytes; a painter takes about two million."""
MOST_VALUES = 4_000_000


def is_learned(name: str) -> bool:
    """Whether a name is that of a learned style's file."""
    return name.endswith(SUFFIX)


@dataclass(frozen=True)
class LearnedStyle:
    """A painter that has learned one style."""

    weights: np.ndarray
    """(n,) float32, the painter's variables one after the other."""
    colours: ColourStatistics
    """Of the style."""
    picture: np.ndarray
    """(h, w, 3) uint8 RGB, of at most PICTURE_SIDE pixels a side."""
    made_with: dict[str, str]
    """What a person may want to know: style, steps, teacher, versions."""

    def kernels(self, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        """The variables of a painter of these shapes.

        Raises:
            WeightsError: they are of another painter.
        """
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        if ends[-1] != len(self.weights):
            raise WeightsError(
                "the learned style is of another version of the painter: learn it again from its "
                "picture."
            )
        parts = np.split(self.weights, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def pack_style(style: LearnedStyle) -> bytes:
    """The content of a style's file; the same style gives the same bytes."""
    header = json.dumps({"format": FORMAT, **style.made_with}, sort_keys=True)
    colours = np.concatenate([style.colours.mean, style.colours.covariance.ravel()])
    _, picture = cv2.imencode(".jpg", style.picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    arrays = {
        "header": np.frombuffer(header.encode(), np.uint8),
        "weights": style.weights.astype(np.float16),
        "colours": colours.astype(np.float64),
        "picture": picture.ravel(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, values, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(),
                             zipfile.ZIP_DEFLATED)  # fmt: skip
    return packed.getvalue()


def load_style(path: Path) -> LearnedStyle:
    """Reads a style's file.

    Raises:
        WeightsError: it is missing, damaged, of another version or something else.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 4 * MOST_VALUES:
                raise ValueError("too large")
        with np.load(path, allow_pickle=False) as arrays:
            header = json.loads(arrays["header"].tobytes())
            weights = arrays["weights"].astype(np.float32)
            colours = arrays["colours"].astype(np.float64)
            picture = cv2.imdecode(arrays["picture"], cv2.IMREAD_COLOR)
        version = header.pop("format")
        moments = ColourStatistics(colours[:3], colours[3:].reshape(3, 3))
        if weights.ndim != 1 or picture is None or not np.isfinite(weights).all():
            raise ValueError("not a style")
    except FileNotFoundError as error:
        raise WeightsError(f"{path} does not exist: learn it with stylecore learn.") from error
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError,
            zipfile.BadZipFile, cv2.error) as error:  # fmt: skip
        raise WeightsError(
            f"{path} is not a learned style, or is damaged: learn it again."
        ) from error
    if version != FORMAT:
        raise WeightsError(f"{path} is of another version of this program: learn it again.")
    made_with = {name: str(value) for name, value in header.items()}
    return LearnedStyle(weights, moments, picture[..., ::-1].copy(), made_with)
