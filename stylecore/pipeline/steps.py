"""All steps of a job, one after the other in this process."""

import threading
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ThreadPoolExecutor,
    wait,
)
from functools import partial
from pathlib import Path

from stylecore.pipeline.assembly import assemble
from stylecore.pipeline.attempts import can_heal_frames, in_attempts
from stylecore.pipeline.plan import open_job
from stylecore.pipeline.progress import OnProgress, Progress
from stylecore.pipeline.shot_order import in_shot_order
from stylecore.pipeline.work import stylize_chunk
from stylecore.settings import VideoSettings
from stylecore.store import Chunk, Published, Request, Workspace


def stylize_video(
    source: str | Path,
    style: str | Path,
    output: str | Path,
    settings: VideoSettings | None = None,
    *,
    workspace: str | Path | None = None,
    overwrite: bool = False,
    keep: bool = False,
    on_progress: OnProgress | None = None,
) -> Published:
    """Repaints a video in the style of a picture.

    If it is interrupted, the same call goes on where it stopped and gives the same bytes.

    Args:
        source: the video, an animation, a folder of frames or a pattern for their names.
        style: the style picture.
        output: where the result shall go; its suffix names the container or the animation (.mp4,
            .gif, ...), and a name without one, or a pattern, a folder of frames.
        settings: every other choice.
        workspace: folder of all workspaces; the user's state folder when None.
        overwrite: replace an existing output.
        keep: keep the stored frames after the result was published.
        on_progress: called after every frame.

    Raises:
        StyleError: as ``open_job`` and ``finish_job``, in one sentence; finished frames are kept
            and no output has been touched.
    """
    root = None if workspace is None else Path(workspace)
    request = Request(
        source=Path(source), style=Path(style), output=Path(output),
        settings=settings or VideoSettings(), root=root, overwrite=overwrite, keep=keep,
    )  # fmt: skip
    return finish_job(*open_job(request), on_progress=on_progress)


def finish_job(
    workspace: Workspace, request: Request, *, on_progress: OnProgress | None = None
) -> Published:
    """Does everything of a request that is not done yet, and publishes its result.

    Shots are worked on side by side as the settings say. One that fails does not stop the others;
    what may pass by itself is tried again.

    Args:
        workspace, request: of ``open_job``.
        on_progress: called after every frame.

    Raises:
        MediaError, WeightsError, StoreError, OutputError: as ``stylize_chunk`` and ``assemble``;
            of several shots that failed, the error of the one that ended first.
    """
    ending = threading.Event()

    def tell(progress: Progress) -> None:
        if ending.is_set():
            raise CancelledError
        if on_progress is not None:
            on_progress(progress)

    def stylize(chunk: Chunk) -> int:
        return in_attempts(
            partial(stylize_chunk, workspace, chunk, request, on_progress=tell),
            f"frames {chunk.start}:{chunk.stop}",
            can_heal=can_heal_frames,
            ending=ending,
        )

    parallel_shots = request.settings.parallel_shots
    with ThreadPoolExecutor(parallel_shots) as workers:
        try:
            finished = list(
                in_shot_order(
                    workspace.job.chunks,
                    parallel_shots=parallel_shots,
                    submit=lambda chunk: workers.submit(stylize, chunk),
                    first_done=_first_done,
                )
            )
        finally:
            ending.set()  # a thread cannot be stopped from outside, but it ends with its frame
    for chunk_done in finished:
        chunk_done.result()
    return in_attempts(
        partial(assemble, workspace, request, on_progress=on_progress), "the assembly"
    )


def _first_done(running: list[Future[int]]) -> tuple[Future[int], bool]:
    """The first of some chunks to be done, and whether it succeeded; a stop is raised at once."""
    done = wait(running, return_when=FIRST_COMPLETED).done.pop()
    error = done.exception()
    if error is not None and not isinstance(error, Exception):
        raise error
    return done, error is None
