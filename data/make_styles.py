"""Paints the gallery of style pictures, ``data/styles/*.jpg``: ``python -m data.make_styles``.

Every picture is drawn by a program of ``data/gallery`` from fixed seeds: running it again gives the
same pictures.
"""

import argparse
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np

GALLERY = Path(__file__).parent / "styles"
NAMES = (
    "brush_strokes",
    "halftone",
    "ink_hatching",
    "marbling",
    "mosaic",
    "stained_glass",
    "watercolour",
    "wave_pattern",
)
JPEG_QUALITY = 90


def paint(name: str) -> np.ndarray:
    """One picture, (768, 768, 3) uint8 RGB."""
    picture = import_module(f"data.gallery.{name}").draw()
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def save(name: str, folder: Path = GALLERY) -> Path:
    """Paints one picture and writes it into ``folder`` as JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jpg"
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    if not cv2.imwrite(str(path), paint(name)[..., ::-1], options):
        raise OSError(f"{path} could not be written")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or of {', '.join(NAMES)}")
    chosen = parser.parse_args().names or NAMES
    if unknown := set(chosen) - set(NAMES):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    for name in chosen:
        print(save(name))


if __name__ == "__main__":
    main()
