"""Who says how a source moves: the method's own estimator, another, or files of a third."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stylecore.arrays.motion import estimate_motion, farneback_motion, resized_motion
from stylecore.errors import MediaError, SettingsError
from stylecore.settings.evaluation import EvaluationSettings

FLO_MARK = 202021.25
"""First number of a Middlebury ``.flo`` file."""
FLO_UNKNOWN = 1e9
"""Longer motion means that it is not known."""
FLO_MOST_PIXELS = 100_000_000

Estimate = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Estimator:
    """Estimates optical flow between two frames.

    Attributes:
        name: that its figures are called by.
    """

    def __init__(self, name: str, estimate: Estimate) -> None:
        self.name = name
        self._estimate = estimate

    def there_and_back(
        self, frames: tuple[np.ndarray, np.ndarray], numbers: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Motion (H, W, 2) from the first frame towards the second, and back.

        Args:
            frames: (H, W, 3) of the source, integers.
            numbers: of the frames in the source.

        Returns:
            None where it is not known for these two frames.
        """
        one, other = frames
        return self._estimate(one, other), self._estimate(other, one)

    def of_result(self, one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
        """Motion (H, W, 2) from one frame of the result towards another; None where unknown."""
        return self._estimate(one, other)


class GivenMotion(Estimator):
    """Reads motion from files that another program wrote.

    They are named as by Ruder et al.: ``forward_3_4.flo`` leads from the third frame to the fourth,
    ``backward_4_3.flo`` the other way; frames are counted from 1.
    """

    def __init__(self, folder: Path) -> None:
        """Takes a folder with at least one such file.

        Raises:
            SettingsError: there is none.
        """
        if not folder.is_dir() or not any(folder.glob("backward_*.flo")):
            raise SettingsError(
                f"{folder} holds no motion: give a folder with files like backward_2_1.flo and "
                "forward_1_2.flo, frames counted from 1."
            )
        super().__init__("given", _never)
        self._folder = folder

    def there_and_back(
        self, frames: tuple[np.ndarray, np.ndarray], numbers: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray] | None:
        later, earlier = (number + 1 for number in numbers)
        paths = (
            self._folder / f"backward_{later}_{earlier}.flo",
            self._folder / f"forward_{earlier}_{later}.flo",
        )
        if not all(path.is_file() for path in paths):
            return None
        height, width = frames[0].shape[:2]
        backward, forward = (resized_motion(read_flo(path), (width, height)) for path in paths)
        return backward, forward

    def of_result(self, one: np.ndarray, other: np.ndarray) -> np.ndarray | None:
        return None


ESTIMATORS = {"dis": estimate_motion, "farneback": farneback_motion}


def estimators_of(settings: EvaluationSettings) -> list[Estimator]:
    """Those that are chosen, and that of a folder of files if one is given.

    Raises:
        SettingsError: the folder holds no motion.
    """
    names = list(ESTIMATORS) if settings.estimators == "both" else [settings.estimators]
    found = [Estimator(name, ESTIMATORS[name]) for name in names]
    return found if settings.motion is None else [*found, GivenMotion(settings.motion)]


def read_flo(path: Path) -> np.ndarray:
    """Motion (H, W, 2) float32 in pixels of a Middlebury ``.flo`` file; unknown motion as it is.

    Raises:
        MediaError: it cannot be read or is no such file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error.strerror}.") from error
    mark, width, height = struct.unpack_from("<fii", data) if len(data) >= 12 else (0.0, 0, 0)
    is_sane = mark == FLO_MARK and width > 0 and height > 0 and width * height < FLO_MOST_PIXELS
    if not is_sane or len(data) < 12 + 8 * width * height:
        raise MediaError(f"{path} is no whole .flo file; make or copy it again.")
    values = np.frombuffer(data, "<f4", 2 * width * height, 12)
    return values.reshape(height, width, 2).astype(np.float32)


def _never(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    raise NotImplementedError("given motion is read, not estimated")
