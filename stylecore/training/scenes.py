"""What the fast network is trained on: a photograph and a style, sometimes with a next frame."""

import cv2
import keras
import numpy as np

from stylecore.arrays.colour import colour_statistics, colour_transport
from stylecore.arrays.motion import warp
from stylecore.training.pictures import jitter, random_cut

OWN_STYLE = 0.1
"""Share of scenes whose style is the photograph itself, and which should stay as they are."""
LARGEST_SHIFT = 10
BEND_CELL = 48
BEND = 3.0
"""Pixels: standard deviation of the random bend, and side of the cells that bend by themselves."""
LARGEST_NOISE = 0.03


class Scenes(keras.utils.PyDataset):
    """Batches as dictionaries of float32 arrays, N scenes each.

    - ``content`` (N, crop, crop, 3): photographs, RGB in [0, 1];
    - ``frames``: the same in the colours of their styles, as the renderer takes them;
    - ``style`` (N, style_crop, style_crop, 3);
    - ``next_frames`` (M, crop, crop, 3): the first M frames, moved and noisy;
    - ``places`` (M, crop * crop, 4) int32 and ``shares`` (M, crop * crop, 4): the pixels of the
      first frame, counted row by row, that make each pixel of the next, and their weights; these
      are 0 where it comes from beyond the border.

    Batch ``i`` of epoch ``e`` depends on (seed, e, i) alone.
    """

    def __init__(
        self,
        content: list[np.ndarray],
        style: list[np.ndarray],
        *,
        crop: int,
        style_crop: int,
        batch: int,
        moving: int,
        batches: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.content, self.style = content, style
        self.crop, self.style_crop = crop, style_crop
        self.batch, self.moving, self.batches = batch, moving, batches
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.batches

    def begin_epoch(self, epoch: int, logs: object = None) -> None:
        """Turns to the scenes of an epoch; a callback, so that a resumed run sees the same."""
        self.epoch = epoch

    def __getitem__(self, number: int) -> dict[str, np.ndarray]:
        random = np.random.default_rng((self.seed, self.epoch, number))
        scenes = [self._scene(random, moves=i < self.moving) for i in range(self.batch)]
        return {
            name: np.stack([scene[name] for scene in scenes if name in scene]) for name in scenes[0]
        }

    def _scene(self, random: np.random.Generator, *, moves: bool) -> dict[str, np.ndarray]:
        photograph = self.content[random.integers(len(self.content))]
        side = self.crop * np.exp(random.uniform(-0.5, 0.6))
        content = random_cut(photograph, side, self.crop, random)
        if random.random() < 0.3:
            content = jitter(content, random)
        style = self._own_style(content) if random.random() < OWN_STYLE else self._style(random)
        matrix, offset = colour_transport(colour_statistics(content), colour_statistics(style))
        scene = {"content": content, "frames": content @ matrix + offset, "style": style}
        if moves:
            motion = random_motion(self.crop, random)
            following = warp(content, motion)
            noise = random.normal(0, random.uniform(0, LARGEST_NOISE), content.shape)
            scene["next_frames"] = (following + noise).astype(np.float32) @ matrix + offset
            scene["places"], scene["shares"] = bilinear_places(motion)
        return scene

    def _own_style(self, content: np.ndarray) -> np.ndarray:
        pixels = np.arange(self.style_crop) * self.crop // self.style_crop
        return content[pixels][:, pixels]

    def _style(self, random: np.random.Generator) -> np.ndarray:
        picture = self.style[random.integers(len(self.style))]
        side = min(picture.shape[:2]) * random.uniform(0.7, 1)
        style = random_cut(picture, side, self.style_crop, random)
        return style[..., random.permutation(3)] if random.random() < 0.3 else style


def random_motion(side: int, random: np.random.Generator) -> np.ndarray:
    """(side, side, 2): nothing, a shift, or a shift with a smooth bend."""
    kind = random.random()
    if kind < 0.25:
        return np.zeros((side, side, 2), np.float32)
    motion = np.full((side, side, 2), random.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, 2), np.float32)
    if kind < 0.5:
        return np.rint(motion)
    cells = max(2, side // BEND_CELL)
    bend = random.normal(0, BEND, (cells, cells, 2)).astype(np.float32)
    return motion + cv2.resize(bend, (side, side), interpolation=cv2.INTER_CUBIC)


def bilinear_places(motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four pixels that a warp along (H, W, 2) reads for each of its own, and their weights."""
    height, width = motion.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    x, y = columns + motion[..., 0], rows + motion[..., 1]
    left, top = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    places, shares = [], []
    for row, row_share in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, column_share in ((left, 1 - (x - left)), (left + 1, x - left)):
            clipped = np.clip(row, 0, height - 1) * width + np.clip(column, 0, width - 1)
            places.append(clipped.ravel())
            shares.append((row_share * column_share * inside).ravel())
    return np.stack(places, -1).astype(np.int32), np.stack(shares, -1).astype(np.float32)
