"""One shot's frames in order, each begun from what the frame before became.

The warm start is always the *stored* frame, never a float that is still in memory: a run that was
interrupted and resumed therefore reads the very same numbers as one that was not.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np

from stylecore.engines import Engine, FrameInput, FrameRecord
from stylecore.images import to_float, to_integers
from stylecore.motion import consistency_mask, estimate_motion, warp
from stylecore.store import Chunk, Workspace

ReadFrames = Callable[[int, int], Iterator[np.ndarray]]
"""Gives the source frames [start, stop) at the job's size, (H, W, 3) RGB uint8 or uint16."""


def stylize_missing(
    workspace: Workspace,
    chunk: Chunk,
    missing: list[int],
    engine: Engine,
    *,
    read: ReadFrames,
) -> Iterator[tuple[int, FrameRecord]]:
    """Makes and stores the ``missing`` frames of ``chunk``, in order.

    Args:
        workspace: the job; frame ``chunk.start - 1`` must be stored unless the shot begins here.
        missing: numbers of frames in the chunk, at least one, in order.
        read: reader of the source.

    Yields:
        (number, record) after each frame has been stored.

    Raises:
        MediaError, StoreError, OutputError: with all frames so far safely stored.
    """
    job = workspace.job
    first = max(missing[0] - 1, chunk.shot_start)
    frames = read(first, missing[-1] + 1)
    neighbour: np.ndarray | None = None
    for number, frame in enumerate(frames, start=first):
        if number in missing:
            previous = None if neighbour is None else to_float(workspace.load_frame(number - 1))
            image, record = engine.render(
                frame_input(number, frame, neighbour=neighbour, previous=previous)
            )
            stored = to_integers(image, bit_depth=job.index.bit_depth)
            workspace.save_frame(number, stored, asdict(record))
            yield number, record
        neighbour = frame


def frame_input(
    number: int,
    frame: np.ndarray,
    *,
    neighbour: np.ndarray | None,
    previous: np.ndarray | None,
) -> FrameInput:
    """What the engine is told about a frame.

    Args:
        frame, neighbour: this source frame and the one before it in the shot (None at its start),
            (H, W, 3) RGB uint8 or uint16.
        previous: what the frame before became, (H, W, 3) float32 in [0, 1].
    """
    content = to_float(frame)
    if neighbour is None or previous is None:
        return FrameInput(number=number, content=content, previous=None, warped=None, mask=None)
    before = to_float(neighbour)
    backward = estimate_motion(content, before)
    mask = consistency_mask(backward, estimate_motion(before, content))
    return FrameInput(
        number=number,
        content=content,
        previous=previous,
        warped=warp(previous, backward),
        mask=mask,
    )
