"""A picture's way from the source to its result, as a film that is even in change, not in steps.

An optimiser changes a picture much in its first steps and little in its last: a film of every
tenth step would jump, and then stand still. Here the pictures of all steps are points of a path,
joined by straight lines, and the frames lie on it equally far from each other. Distance is the
root mean square difference of pixels. Between two steps a frame is a blend of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from stylecore.arrays.images import fitted_size, resize, to_float, to_integers
from stylecore.errors import SettingsError
from stylecore.media import (
    Excerpt,
    check_output,
    discard,
    hidden_beside,
    publish,
    require_free,
    verify_frames,
    wants_folder,
    write_frames,
)
from stylecore.media.index import index_of_pictures
from stylecore.runtime.cleanup import cleaned_up
from stylecore.settings import ImageSettings, OutputSettings

MOST_STEPS = 256
"""Pictures that are kept; of longer ways every second one, every fourth, ... is."""
FIRST_SECONDS, LAST_SECONDS = 0.75, 1.5
"""How long the source and the result are looked at."""


@dataclass(frozen=True)
class _Format:
    """How a film is made."""

    longer_side: int
    frames: int
    rate: int


_GIF = _Format(longer_side=320, frames=36, rate=12)
"""Small enough for a page: a GIF of paintings is hardly compressed."""
_VIDEO = _Format(longer_side=640, frames=96, rate=24)


class TransitionFilm:
    """Collects the pictures of a way, to be given as ``on_step``, and writes the film of it.

    film = TransitionFilm(Path("way.gif"), settings)
    stylize_image("photo.jpg", "wave.jpg", "painted.png", settings, on_step=film.show)
    film.write()
    """

    def __init__(self, target: Path, settings: ImageSettings, *, overwrite: bool = False) -> None:
        """
        Args:
            target: an animation or a video, by its suffix.
            settings: of the picture that will be painted.
            overwrite: replace an existing film.

        Raises:
            SettingsError: the engine takes no steps, or the name is no animation's or video's.
            OutputError: the film exists, or cannot be written there.
        """
        if settings.engine != "gatys":
            raise SettingsError(
                f"A transition shows the steps of an optimisation, and the engine "
                f"{settings.engine} takes none: it paints in one pass. Choose the engine gatys, or "
                "leave the transition out."
            )
        if wants_folder(target):
            raise SettingsError(
                f"{target} does not end like an animation or a video, as .gif does."
            )
        self._encoding = OutputSettings()
        check_output(target, self._encoding)
        require_free(target, overwrite=overwrite)
        self.target, self._overwrite = target, overwrite
        self._format = _GIF if target.suffix.lower() == ".gif" else _VIDEO
        self._steps: list[np.ndarray] = []
        self._seen, self._stride = 0, 1
        self._last: np.ndarray | None = None

    def show(self, image: np.ndarray) -> None:
        """Takes the next picture of the way, (h, w, 3) float32 RGB in [0, 1], of any size."""
        self._last = self._small(image)
        if self._seen % self._stride == 0:
            self._steps.append(self._last)
        self._seen += 1
        if len(self._steps) > MOST_STEPS:
            self._steps = self._steps[::2]
            self._stride *= 2

    def write(self) -> tuple[str, ...]:
        """Writes, verifies and publishes the film; returns what was verified.

        Raises:
            SettingsError: no step was shown.
            OutputError: it cannot be written; nothing is left in its place.
        """
        if self._last is None:
            raise SettingsError(
                "There is no way to show: the masks leave the whole picture as it is."
            )
        frames = evenly([*self._steps, self._last], self._format.frames)
        height, width = frames[0].shape[:2]
        excerpt = _excerpt(self.target, self._format, (width, height))
        temporary = hidden_beside(self.target, "transition")
        with cleaned_up(partial(discard, temporary)):
            try:
                write_frames(frames, temporary, excerpt, self._encoding)
                verified = verify_frames(temporary, excerpt, self._encoding, size=(width, height))
                publish(temporary, self.target, overwrite=self._overwrite)
            finally:
                discard(temporary)
        return verified.statements

    def _small(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        size = fitted_size(width, height, self._format.longer_side)
        return to_integers(resize(image, size), bit_depth=8)


def evenly(steps: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """Frames at equal distances on the path through some pictures, the first and the last among
    them.

    Args:
        steps: (h, w, 3) uint8, at least one; smaller ones are enlarged to the last one's size.
        count: of the frames, at least 2.

    Returns:
        (H, W, 3) uint8 each, with even sides.
    """
    height, width = (max(2, side - side % 2) for side in steps[-1].shape[:2])
    path = [resize(to_float(step), (width, height)) for step in steps]
    lengths = [float(np.sqrt(np.mean((b - a) ** 2))) for a, b in pairwise(path)]
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.interp(np.linspace(0, along[-1], count), along, np.arange(len(path)))
    return [to_integers(_at(path, place), bit_depth=8) for place in places]


def _at(path: Sequence[np.ndarray], place: float) -> np.ndarray:
    """The picture at a place of the path, whose whole numbers are its points."""
    before = int(place)
    share = np.float32(place - before)
    return path[before] if not share else (1 - share) * path[before] + share * path[before + 1]


def _excerpt(target: Path, film: _Format, size: tuple[int, int]) -> Excerpt:
    """What the writer asks of a source: when each frame is shown, and nothing beside."""
    first, last = (round(seconds * film.rate) for seconds in (FIRST_SECONDS, LAST_SECONDS))
    index = index_of_pictures(
        size=size, alpha=False, pts=(0, *range(first, first + film.frames - 1)),
        checksums=(0,) * film.frames, last_duration=last, time_base=f"1/{film.rate}",
        average_rate=str(film.rate), container="transition", reader="folder",
    )  # fmt: skip
    return Excerpt.of_all(target, index)
