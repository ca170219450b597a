"""The command that asks for the same once more."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stylecore.settings import Settings
from stylecore.store import Request

CUT_LIST = "CUTS.txt"
"""Stands for the list of cuts, which the job keeps itself: ``stylecore jobs cuts`` writes it."""


def repeating_command(request: Request) -> str:
    """A line for a shell; only what differs from the defaults is named.

    Every option is the name of its field in the settings models, as on the command line.
    """
    words = ["stylecore", "video", str(request.source), "--style", str(request.style)]
    words += ["-o", str(request.output), *_options(request.settings)]
    words += ["--keep"] if request.keep else []
    words += [] if request.report else ["--no-report"]
    words += [] if request.root is None else ["--workspace", str(request.root)]
    return shlex.join(words)


def chosen_settings(settings: Settings) -> dict[str, str]:
    """Field -> value as the command line takes it, of what differs from the defaults."""
    return dict(_chosen(settings))


def _options(settings: Settings) -> Iterator[str]:
    for name, value in _chosen(settings):
        yield f"--{name.replace('_', '-')}"
        if value != "yes":
            yield value


def _chosen(settings: Settings) -> Iterator[tuple[str, str]]:
    defaults = type(settings)()
    for name in type(settings).model_fields:
        value, usual = getattr(settings, name), getattr(defaults, name)
        if isinstance(value, Settings):
            yield from _chosen(value)
        elif value != usual:
            yield name, _written(name, value)


def _written(name: str, value: Any) -> str:
    if name == "cuts":
        return CUT_LIST
    if value is True:
        return "yes"
    if isinstance(value, dict):
        is_keyframes = any(isinstance(part, tuple) for part in value.values())
        pairs = [
            f"{key}:{_listed(part)}" if is_keyframes else f"{key}={part:g}"
            for key, part in value.items()
        ]
        return (" " if is_keyframes else ",").join(pairs)
    return _listed(value) if isinstance(value, tuple) else str(value)


def _listed(values: tuple[Any, ...]) -> str:
    return ",".join(
        str(value) if isinstance(value, Path | str) else f"{value:.17g}" for value in values
    )
