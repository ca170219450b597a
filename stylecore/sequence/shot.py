"""Stylises one shot frame by frame, each warm-started from stored results of its neighbours.

Passes go forwards and backwards in turn (Ruder et al. 2016, section 3.5). "The frame before" is the
one made before in the same pass. All that an engine is told of other frames is what the store
holds of them, or is just being given: a run that was interrupted and resumed therefore reads the
very same numbers as one that was not.

A frame goes through five stages, each in a thread of its own: its source is decoded, its motion
estimated, its draft made, then it is painted with what others became, and stored. Only the fourth
waits for the frame before.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from itertools import islice
from typing import TypeVar

import numpy as np

from stylecore.arrays.images import to_float
from stylecore.engines import Engine, FrameInput, FrameRecord
from stylecore.runtime.prefetch import prefetch
from stylecore.sequence import ReadFrames, StyleAt
from stylecore.sequence.normalisation import ShotMoments
from stylecore.sequence.reference_motion import MovedFrame, ReferenceMotion
from stylecore.sequence.temporal_context import ContextFrame, TemporalContext
from stylecore.store import Chunk, Workspace

Item = TypeVar("Item")

DRAFTERS = 2
"""Threads that make drafts: what keeps one core busy in one leaves the others to another."""
AHEAD = 1
"""Frames that a stage makes before the next one asks for them."""
BACKWARD_BLOCK = 8
"""Frames that are decoded at once on the way back."""


def stylize_missing(
    workspace: Workspace,
    chunk: Chunk,
    missing: list[int],
    engine: Engine,
    *,
    read: ReadFrames,
    style_at: StyleAt = lambda number: ((1.0,), None),
) -> Iterator[tuple[int, FrameRecord]]:
    """Makes and stores the ``missing`` frames of ``chunk``, in the order of its pass.

    Args:
        workspace: the job; what the pass made before the chunk must be stored, and all of the pass
            before.
        missing: numbers of frames in the chunk, at least one.
        read: reader of the source.
        style_at: what is painted of which style.

    Yields:
        (number, record) after each frame has been stored.

    Raises:
        MediaError, StoreError, OutputError: with all frames so far safely stored.
    """
    motion = ReferenceMotion(workspace, chunk, read)
    moments = ShotMoments(workspace, chunk, engine, read=read, style_at=style_at)
    context = TemporalContext(workspace, chunk, style_at, waiting=AHEAD + 1)
    with ExitStack() as stages:

        def stage(items: Iterable[Item]) -> Iterator[Item]:
            return stages.enter_context(closing(prefetch(items, depth=AHEAD)))

        sources = stage(source_in_order(chunk, missing, read, reach=motion.reach))
        moved = stage(motion.for_frames(sources, frozenset(missing)))
        drafted = stage(drafts(moved, engine, moments, style_at))
        for result in stage(context.painted(drafted, engine)):
            workspace.save_frame(
                result.number,
                result.image,
                asdict(result.record),
                pass_number=chunk.pass_number,
                age=result.age,
            )
            yield result.number, result.record


def source_in_order(
    chunk: Chunk, missing: list[int], read: ReadFrames, *, reach: int
) -> Iterator[tuple[int, np.ndarray]]:
    """(number, source frame) from ``reach`` frames before the first missing one to the last."""
    if not chunk.is_backward:
        first = max(min(missing) - reach, chunk.shot_start)
        yield from enumerate(read(first, max(missing) + 1), start=first)
        return
    stop = min(max(missing) + 1 + reach, chunk.shot_stop)
    while stop > min(missing):
        start = max(min(missing), stop - BACKWARD_BLOCK)
        yield from reversed(list(enumerate(read(start, stop), start=start)))
        stop = start


def drafts(
    moved: Iterable[MovedFrame],
    engine: Engine,
    moments: ShotMoments,
    style_at: StyleAt,
) -> Iterator[ContextFrame]:
    """Every frame with its draft, which the engine makes of as many as it takes at once."""
    making: deque[Future[list[ContextFrame]]] = deque()
    with ThreadPoolExecutor(DRAFTERS) as drafters:
        for group in _groups(_described(moved, moments, style_at), engine.batch):
            making.append(drafters.submit(_drafted, group, engine))
            if len(making) == DRAFTERS:
                yield from making.popleft().result()
        while making:
            yield from making.popleft().result()


def _described(
    moved: Iterable[MovedFrame], moments: ShotMoments, style_at: StyleAt
) -> Iterator[ContextFrame]:
    for number, source, moves in moved:
        weights, masks = style_at(number)
        frame = FrameInput(
            number=number, content=to_float(source), style_weights=weights, style_masks=masks
        )
        yield replace(frame, moments=moments.at(frame)), moves


def _groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while group := list(islice(remaining, size)):
        yield group


def _drafted(group: list[ContextFrame], engine: Engine) -> list[ContextFrame]:
    made = engine.draft([frame for frame, _ in group])
    return [
        (replace(frame, draft=draft), moves)
        for (frame, moves), draft in zip(group, made, strict=True)
    ]
