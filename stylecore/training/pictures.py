"""Pictures to train on: loaded once, then cropped, jittered and mixed at random."""

from pathlib import Path

import cv2
import keras
import numpy as np

from stylecore.arrays.images import resize, to_float
from stylecore.errors import MediaError

SUFFIXES = {".jpg", ".jpeg", ".png"}


def load_pictures(folder: Path) -> list[np.ndarray]:
    """Every picture of a folder in order of name, (H, W, 3) RGB uint8.

    Raises:
        MediaError: the folder holds no picture.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    pictures = [cv2.imread(str(path), cv2.IMREAD_COLOR) for path in paths]
    if not pictures:
        raise MediaError(f"{folder} holds no JPEG or PNG pictures to train on.")
    return [cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) for picture in pictures if picture is not None]


class Crops(keras.utils.PyDataset):
    """Batches of square crops, (N, crop, crop, 3) float32 RGB in [0, 1].

    Half are photographs and half artworks. An optimised picture is neither: so some crops are
    mixtures, blurred, noisy or nearly flat. Batch ``i`` of epoch ``e`` depends on (seed, e, i)
    alone.
    """

    def __init__(
        self,
        content: list[np.ndarray],
        style: list[np.ndarray],
        *,
        crop: int,
        batch: int,
        batches: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.sources = (content, style)
        self.crop = crop
        self.batch = batch
        self.batches = batches
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, number: int) -> np.ndarray:
        random = np.random.default_rng((self.seed, self.epoch, number))
        return np.stack([self._crop(random, position % 2) for position in range(self.batch)])

    def begin_epoch(self, epoch: int, logs: object = None) -> None:
        """Turns to the pictures of an epoch; a callback, so that a resumed run sees the same."""
        self.epoch = epoch

    def _crop(self, random: np.random.Generator, kind: int) -> np.ndarray:
        picture = self._cut(random, kind)
        if random.random() < 0.2:
            share = random.uniform(0.2, 0.8)
            picture = share * picture + (1 - share) * self._cut(random, 1 - kind)
        return jitter(picture, random)

    def _cut(self, random: np.random.Generator, kind: int) -> np.ndarray:
        source = self.sources[kind]
        side = self.crop * np.exp(random.uniform(-0.5, 0.6))
        return random_cut(source[random.integers(len(source))], side, self.crop, random)


def random_cut(
    picture: np.ndarray, side: float, crop: int, random: np.random.Generator
) -> np.ndarray:
    """A square from anywhere in (H, W, 3) uint8, mirrored or not, as float32 in [0, 1].

    Args:
        side: of the square in the picture, in pixels; no more than it has.
        crop: side of the result, to which the square is scaled.
    """
    height, width = picture.shape[:2]
    side = int(min(height, width, side))
    top, left = random.integers(height - side + 1), random.integers(width - side + 1)
    cut = resize(picture[top : top + side, left : left + side], (crop, crop))
    return to_float(cut[:, ::-1] if random.random() < 0.5 else cut)


def jitter(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Random colour, contrast, blur and noise; float32 RGB in [0, 1] in and out."""
    if random.random() < 0.5:
        gain = random.uniform(0.6, 1.4) * random.uniform(0.85, 1.15, 3)
        centre = picture.mean((0, 1))
        picture = (picture - centre) * gain + centre + random.uniform(-0.1, 0.1)
    if random.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 3))
    if random.random() < 0.05:
        picture = picture.mean((0, 1)) + 0.1 * (picture - picture.mean((0, 1)))
    if random.random() < 0.25:
        picture = picture + random.normal(0, random.uniform(0.01, 0.12), picture.shape)
    return np.clip(picture, 0, 1).astype(np.float32)
