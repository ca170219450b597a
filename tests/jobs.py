"""Jobs of the tests, planned and not begun."""

from pathlib import Path

from stylecore.config import VideoSettings
from stylecore.pipeline import open_job
from stylecore.store import Request, Workspace


def planned(
    source: Path,
    style: Path,
    output: Path,
    settings: VideoSettings,
    *,
    root: Path | None = None,
    keep: bool = False,
    overwrite: bool = False,
) -> tuple[Workspace, Request]:
    """``open_job`` in the folder ``root``, by default ``jobs`` beside the output."""
    root = root or output.parent / "jobs"
    return open_job(
        Request(source=source, style=style, output=output, settings=settings, root=root,
                keep=keep, overwrite=overwrite)
    )  # fmt: skip
