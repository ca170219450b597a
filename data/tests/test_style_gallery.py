"""The gallery is there, is varied and rich in texture, and is what its programs paint."""

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.make_styles import GALLERY, NAMES, save
from stylecore.arrays.metrics import sharpness
from stylecore.media import read_picture

QUICKEST = "stained_glass"
"""The picture that is painted again here."""


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:
    return {name: read_picture(GALLERY / f"{name}.jpg") for name in NAMES}


def test_every_picture_of_the_gallery_is_listed_and_small_enough_to_ship() -> None:
    files = sorted(GALLERY.iterdir())
    assert [file.name for file in files] == sorted(f"{name}.jpg" for name in NAMES)
    assert len(files) >= 6
    assert sum(file.stat().st_size for file in files) < 3_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_contrast_and_texture_everywhere(
    name: str, pictures: dict[str, np.ndarray]
) -> None:
    picture = pictures[name]
    assert picture.shape == (768, 768, 3)
    assert picture.std() > 0.15
    assert sharpness(picture) > 0.008
    blocks = [block for row in np.split(picture, 8) for block in np.split(row, 8, axis=1)]
    assert min(sharpness(block) for block in blocks) > 0.003


def test_pictures_differ_in_their_colours(pictures: dict[str, np.ndarray]) -> None:
    colours = {name: _histogram(picture) for name, picture in pictures.items()}
    for one, other in combinations(NAMES, 2):
        assert np.abs(colours[one] - colours[other]).sum() / 2 > 0.4, (one, other)


def test_painting_again_gives_the_same_picture(
    pictures: dict[str, np.ndarray], tmp_path: Path
) -> None:
    first, again = (save(QUICKEST, tmp_path / folder) for folder in ("first", "again"))
    assert first.read_bytes() == again.read_bytes()
    assert np.abs(read_picture(first) - pictures[QUICKEST]).mean() < 0.02


def _histogram(picture: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(np.rint(picture * 255).astype(np.uint8), cv2.COLOR_RGB2LAB)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [8, 12, 12], [0, 256] * 3).ravel()
    return counts / counts.sum()
