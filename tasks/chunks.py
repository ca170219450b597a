"""The order of a job's chunks: within a shot one after the other, shots side by side."""

from collections.abc import Callable, Iterator
from itertools import groupby

from prefect.futures import PrefectFuture, as_completed

from stylecore.store import Chunk


def in_shot_order(
    chunks: tuple[Chunk, ...],
    *,
    parallel_shots: int,
    submit: Callable[[Chunk], PrefectFuture[int]],
) -> Iterator[PrefectFuture[int]]:
    """Submits every chunk when its turn comes, and yields its future when it is done.

    A chunk that fails ends its shot, whose next frames would begin from the missing ones; the
    other shots go on. At most ``parallel_shots`` chunks run at once, the longest shots first.
    """
    shots = [list(shot) for _, shot in groupby(chunks, key=lambda chunk: chunk.shot)]
    if parallel_shots > 1:
        shots.sort(key=lambda shot: sum(chunk.start - chunk.stop for chunk in shot))
    running: dict[PrefectFuture[int], list[Chunk]] = {}
    while shots or running:
        while shots and len(running) < parallel_shots:
            first, *rest = shots.pop(0)
            running[submit(first)] = rest
        done = next(as_completed(list(running)))
        done.wait()  # takes the final state from the run itself; the server hears of it later
        rest = running.pop(done)
        if rest and done.state.is_completed():
            shots.insert(0, rest)
        yield done
