"""What the fast network is trained on: a photograph and a style, sometimes with a next frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import keras
import numpy as np

from stylecore.arrays.colour import (
    colour_root,
    colour_statistics,
    colour_transport,
)
from stylecore.arrays.motion import warp
from stylecore.networks.fast import FastNetwork
from stylecore.training.pictures import jitter, random_cut

OWN_STYLE = 0.05
"""Share of scenes whose style is the photograph itself, and which should stay as they are."""
STYLE_CUTS = 4
"""Different cuts of a style picture: few, since the painting teacher encodes each of them once."""
KEPT_CODES = 8192
PALE = 0.3
"""Share of photographs with less colour than they have, on which hues have to be found."""
LARGEST_SHIFT = 10
BEND_CELL = 48
BEND = 3.0
"""Pixels: standard deviation of the random bend, and side of the cells that bend by themselves."""
LARGEST_NOISE = 0.03


@dataclass(frozen=True)
class Sizes:
    """Of the batches of an epoch."""

    crop: int
    """Side of a frame in pixels."""
    style_crop: int
    """Side of a style in pixels."""
    styles: int
    photographs: int
    """For each style."""
    batches: int


class Scenes(keras.utils.PyDataset):
    """Batches as dictionaries of float32 arrays: G styles with P photographs each.

    - ``content`` (G, P, crop, crop, 3): photographs, RGB in [0, 1];
    - ``frames``: the same in the colours of their styles, as the painter takes them;
    - ``style`` (G, style_crop, style_crop, 3);
    - ``mean`` (G, 3), ``root`` and ``inverse`` (G, 3, 3): of the styles' colours, and of their
      covariance;
    - ``painting``: the photographs as the painting teacher paints them, if there is one;
    - ``next_frames`` (P, crop, crop, 3): the frames of the first style, moved and noisy;
    - ``places`` (P, crop * crop, 4) int32 and ``shares`` (P, crop * crop, 4): the pixels of the
      first frame, counted row by row, that make each pixel of the next, and their weights; these
      are 0 where it comes from beyond the border.

    Batch ``i`` of epoch ``e`` depends on (seed, e, i) alone.
    """

    def __init__(
        self,
        content: list[np.ndarray],
        style: list[np.ndarray],
        sizes: Sizes,
        *,
        seed: int,
        painter: FastNetwork | None = None,
    ) -> None:
        super().__init__()
        self.content, self.style = content, style
        self.sizes = sizes
        self.seed = seed
        self.painter = painter
        self.epoch = 0
        self._code_of = lru_cache(KEPT_CODES)(self._encoded)

    def __len__(self) -> int:
        return self.sizes.batches

    def begin_epoch(self, epoch: int, logs: object = None) -> None:
        """Turns to the scenes of an epoch; a callback, so that a resumed run sees the same."""
        self.epoch = epoch

    def __getitem__(self, number: int) -> dict[str, np.ndarray]:
        random = np.random.default_rng((self.seed, self.epoch, number))
        groups = [self._group(random) for _ in range(self.sizes.styles)]
        batch = {name: np.stack([group[name] for group in groups]) for name in groups[0]}
        moved = [self._moved(random, frame) for frame in batch["frames"][0]]
        return batch | {name: np.stack([one[name] for one in moved]) for name in moved[0]}

    def _group(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        contents = [self._photograph(random) for _ in range(self.sizes.photographs)]
        if random.random() < OWN_STYLE:
            pixels = np.arange(self.sizes.style_crop) * self.sizes.crop // self.sizes.style_crop
            style, code = contents[0][pixels][:, pixels], None
        else:
            number, cut = int(random.integers(len(self.style))), int(random.integers(STYLE_CUTS))
            style, code = self._style(number, cut), (number, cut)
        group = {**in_colours(contents, style), "style": style}
        if self.painter is not None:
            known = self.painter.encode(style) if code is None else self._code_of(*code)
            group["painting"] = np.stack(self.painter.paint(contents, known))
        return group

    def _photograph(self, random: np.random.Generator) -> np.ndarray:
        photograph = self.content[random.integers(len(self.content))]
        side = self.sizes.crop * np.exp(random.uniform(-0.5, 0.6))
        content = random_cut(photograph, side, self.sizes.crop, random)
        if random.random() < PALE:
            grey = content.mean(-1, keepdims=True)
            content = grey + random.uniform(0, 0.5) * (content - grey)
        return jitter(content, random) if random.random() < 0.2 else content

    def _moved(self, random: np.random.Generator, frame: np.ndarray) -> dict[str, np.ndarray]:
        """The next of a frame, and where its pixels come from."""
        motion = random_motion(self.sizes.crop, random)
        noise = random.normal(0, random.uniform(0, LARGEST_NOISE), frame.shape)
        places, shares = bilinear_places(motion)
        following = (warp(frame, motion) + noise).astype(np.float32)
        return {"next_frames": following, "places": places, "shares": shares}

    def _style(self, number: int, cut: int) -> np.ndarray:
        """One of STYLE_CUTS cuts of a style picture, some of them with exchanged colours."""
        random = np.random.default_rng((self.seed, number, cut))
        picture = self.style[number]
        side = min(picture.shape[:2]) * random.uniform(0.7, 1)
        style = random_cut(picture, side, self.sizes.style_crop, random)
        return style[..., random.permutation(3)] if random.random() < 0.25 else style

    def _encoded(self, number: int, cut: int) -> Any:
        assert self.painter is not None
        return self.painter.encode(self._style(number, cut))


class ScenesOfOneStyle(Scenes):
    """Scenes without ``style`` and ``painting``, all in the colours of one whole picture."""

    def _group(self, random: np.random.Generator) -> dict[str, np.ndarray]:
        contents = [self._photograph(random) for _ in range(self.sizes.photographs)]
        return in_colours(contents, self.style[0])


def in_colours(contents: Sequence[np.ndarray], style: np.ndarray) -> dict[str, np.ndarray]:
    """Photographs, the same in a style's colours, and what is to be known of these."""
    wanted = colour_statistics(style)
    root, inverse = colour_root(wanted)
    frames = []
    for content in contents:
        matrix, offset = colour_transport(colour_statistics(content), wanted)
        frames.append(content @ matrix + offset)
    return {
        "content": np.stack(contents), "frames": np.stack(frames),
        "mean": wanted.mean.astype(np.float32), "root": root, "inverse": inverse,
    }  # fmt: skip


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
