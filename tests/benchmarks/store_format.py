"""What a frame costs in the store: milliseconds to write and to read it, and megabytes.

    python -m tests.benchmarks.store_format [--frames 4] [--repeats 5]

Frames of the demo clip at 1280x720, as they come and as the fast engine paints them, in the two PNG
settings of the store and in other lossless formats. Everything is encoded and decoded in memory, by
one thread, and its processor time is counted, which a busy machine changes less than the clock's;
times are medians over all frames and repeats, sizes are means.
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from stylecore.media import Excerpt, index_source, read_frames
from stylecore.pipeline import stylize_image
from stylecore.settings import ImageSettings
from stylecore.store import PACKED, PLAIN

SIZE = (1280, 720)
CLIP, STYLE = Path("data/demo.mp4"), Path("data/styles/brush_strokes.jpg")
RUNS = (
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
)  # fmt: skip
LEVEL_6 = (cv2.IMWRITE_PNG_COMPRESSION, 6)
LOSSLESS_WEBP = (cv2.IMWRITE_WEBP_QUALITY, 101)  # above 100 is OpenCV's word for lossless
LZW = (cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW)


@dataclass(frozen=True)
class Format:
    """A way to store (H, W, 3) uint8; BGR, which is what OpenCV takes."""

    name: str
    write: Callable[[np.ndarray], bytes]
    read: Callable[[bytes], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    formats = [
        by_opencv("PNG, store, packed", ".png", PACKED),
        by_opencv("PNG, store, plain", ".png", PLAIN),
        by_opencv("PNG, run lengths", ".png", RUNS),
        by_opencv("PNG, OpenCV's default", ".png", ()),
        by_opencv("PNG, level 6", ".png", LEVEL_6),
        Format(".npy", as_npy, lambda data: np.load(io.BytesIO(data))),
        by_opencv("WebP, lossless", ".webp", LOSSLESS_WEBP),
        by_opencv("TIFF, LZW", ".tif", LZW),
    ]
    for title, frames in (
        ("source", source_frames(arguments.frames)),
        ("painted", painted_frames(arguments.frames)),
    ):
        print(f"{title:<22}  write ms  read ms  MB a frame")
        for chosen in formats:
            write, read, size = measured(chosen, frames, arguments.repeats)
            print(f"{chosen.name:<22} {write:9.1f} {read:8.1f} {size:11.2f}")
        print()


def by_opencv(name: str, suffix: str, options: Sequence[int]) -> Format:
    def write(image: np.ndarray) -> bytes:
        return cv2.imencode(suffix, image, options)[1].tobytes()

    def read(data: bytes) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)

    return Format(name, write, read)


def as_npy(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, image)
    return file.getvalue()


def measured(
    chosen: Format, frames: Sequence[np.ndarray], repeats: int
) -> tuple[float, float, float]:
    """Milliseconds to write, milliseconds to read, megabytes a frame."""
    writing, reading, sizes = [], [], []
    for frame in [*frames] * repeats:
        begun = time.thread_time()
        data = chosen.write(frame)
        written = time.thread_time()
        again = chosen.read(data)
        done = time.thread_time()
        assert np.array_equal(again, frame), f"{chosen.name} is not lossless"
        writing.append(written - begun)
        reading.append(done - written)
        sizes.append(len(data))
    return (
        statistics.median(writing) * 1e3,
        statistics.median(reading) * 1e3,
        statistics.mean(sizes) / 1e6,
    )


def source_frames(count: int) -> list[np.ndarray]:
    """The first frames of the demo clip, enlarged."""
    frames = read_frames(Excerpt(CLIP, index_source(CLIP), 0, count), size=SIZE)
    return [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in frames]


def painted_frames(count: int) -> list[np.ndarray]:
    """The same as the fast engine paints them."""
    painted = []
    with tempfile.TemporaryDirectory() as folder:
        for frame in source_frames(count):
            before, after = Path(folder) / "before.png", Path(folder) / "after.png"
            cv2.imwrite(str(before), frame)
            stylize_image(before, STYLE, after, ImageSettings(engine="fast"), overwrite=True)
            painted.append(cv2.imread(str(after)))
    return painted


if __name__ == "__main__":
    main()
