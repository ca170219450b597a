"""Jobs of the tests."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stylecore.pipeline import open_job, plan
from stylecore.settings import VideoSettings
from stylecore.store import Request, Workspace, facts


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


def with_one_hiccup(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Has frame 2 fail when it is stored first; returns the numbers of all that were to be."""
    saved: list[int] = []
    save = Workspace.save_frame

    def save_with_one_hiccup(self: Workspace, number: int, *others: object, **options: int) -> None:
        saved.append(number)
        if saved.count(2) == 1 and number == 2:
            raise OSError("the network disk was away")
        save(self, number, *others, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Workspace, "save_frame", save_with_one_hiccup)
    return saved


def steps_of_a_start(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is opened and hashed, as it happens, and the frames that are stored."""
    seen: list[str] = []

    def noting(module: ModuleType | type, name: str, said: Callable[..., str]) -> None:
        function = getattr(module, name)

        def noted(*given: Any, **options: Any) -> Any:
            seen.append(said(*given))
            return function(*given, **options)

        monkeypatch.setattr(module, name, noted)

    facts._fact_at.cache_clear()  # what this process has seen before the start
    noting(plan, "check_request", lambda request: f"open {request.source.name}")
    noting(facts, "_hashed", lambda path: f"hash {path.name}")
    noting(Workspace, "save_frame", lambda self, number, *_: f"store {number}")
    return seen
