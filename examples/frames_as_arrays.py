"""Paints frames that are arrays already, from a renderer or a camera, and keeps them steady.

    python examples/frames_as_arrays.py wave.jpg painted/

There is no job here: nothing is stored, and an interrupted loop begins again.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from stylecore import VideoSettings
from stylecore.arrays.motion import trusted_motion, warp
from stylecore.engines import FrameInput, create_engine
from stylecore.media import read_picture, write_picture


def painted(frames: Iterable[np.ndarray], style: np.ndarray) -> Iterator[np.ndarray]:
    """Every frame repainted; all are (H, W, 3) float32 RGB in [0, 1], of one size."""
    engine = create_engine(VideoSettings(engine="fast"))
    before: tuple[np.ndarray, np.ndarray] | None = None
    for number, frame in enumerate(frames):
        task = FrameInput(number=number, content=frame)
        if before is None:
            engine.prepare([style], shape=frame.shape[:2])
        else:
            motion, mask = trusted_motion(frame, before[0])
            task = replace(task, previous=before[1], warped=warp(before[1], motion), mask=mask)
        result, _record = engine.render(task)
        before = frame, result
        yield result


def drawn(count: int, height: int = 144, width: int = 256) -> Iterator[np.ndarray]:
    """A bright disc that crosses a dark sky, in place of your own frames."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    sky = np.dstack([rows / height * share for share in (0.2, 0.4, 0.8)])
    for number in range(count):
        distance = np.hypot(rows - 60, columns - 40 - 6 * number)
        disc = np.clip(30 - distance, 0, 1)[..., None]
        yield (sky * (1 - disc) + disc * np.array([1, 0.8, 0.3])).astype(np.float32)


def main(style: str, folder: str) -> None:
    """Writes the painted frames as pictures."""
    Path(folder).mkdir(exist_ok=True)
    for number, result in enumerate(painted(drawn(8), read_picture(Path(style)))):
        write_picture(Path(folder) / f"{number:03}.png", result)


if __name__ == "__main__":
    main(*sys.argv[1:])
