"""The order of a job's chunks: within a shot one after the other, shots side by side."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from stylecore.store import Chunk

Future = TypeVar("Future")


def in_shot_order(
    chunks: Sequence[Chunk],
    *,
    parallel_shots: int,
    submit: Callable[[Chunk], Future],
    first_done: Callable[[list[Future]], tuple[Future, bool]],
) -> Iterator[Future]:
    """Submits every chunk when its turn comes, and yields its future when it is done.

    A chunk that fails ends its shot, whose next frames would begin from the missing ones; the
    other shots go on. At most ``parallel_shots`` chunks run at once, the longest shots first.

    Args:
        chunks: of the job, in its order.
        parallel_shots: how many shots are worked on at the same time.
        submit: begins a chunk.
        first_done: waits for one of some futures; gives it, and whether it succeeded.
    """
    shots = [list(shot) for _, shot in groupby(chunks, key=lambda chunk: chunk.shot)]
    if parallel_shots > 1:
        shots.sort(key=lambda shot: sum(chunk.start - chunk.stop for chunk in shot))
    running: dict[Future, list[Chunk]] = {}
    while shots or running:
        while shots and len(running) < parallel_shots:
            first, *rest = shots.pop(0)
            running[submit(first)] = rest
        done, has_succeeded = first_done(list(running))
        rest = running.pop(done)
        if rest and has_succeeded:
            shots.insert(0, rest)
        yield done
