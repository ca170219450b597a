"""Choices that a preview compares: styles, and the values of one or two settings.

A sweep is written like ``style_weight=5,20,80``, by the option's name; values that hold commas are
parted by semicolons, like ``long_term=10,20;10,20,40``. Each value is read and checked as if it
had been written as the option.
"""

import argparse
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.commands.arguments import default_output
from flows.options import given_options, leaf_fields
from stylecore.errors import SettingsError
from stylecore.media import is_sequence, path_on_disk
from stylecore.preview import Variant, VariantRow
from stylecore.settings import OutputSettings, VideoSettings, checked
from stylecore.settings.choices import chosen_values

MOST_SWEEPS = 2
FRAMES, FRAMES_OF_A_GRID = 4, 1
OTHER_FRAMES = {"frames", "cuts"}
"""Settings that say which frames there are: sheets compare the same frames."""
SAME_PICTURE = {"chunk_frames", "parallel_shots", "max_megapixels", "max_hours"}


@dataclass(frozen=True)
class Sweep:
    """A setting by the name of its field, and the values as they were written."""

    name: str
    values: tuple[str, ...]


def read_sweep(text: str) -> Sweep:
    """A sweep as it is written.

    Raises:
        SettingsError: there is no such setting, or no value, or it says nothing about the picture.
    """
    name, _, written = text.partition("=")
    name = name.strip().lstrip("-").replace("-", "_")
    parts = written.split(";" if ";" in written else ",")
    values = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    known = leaf_fields(VideoSettings)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ", like --sweep style_weight=5,20,80."
        raise SettingsError(f"--sweep {text}: there is no setting {name or 'without a name'}{hint}")
    if not values:
        raise SettingsError(f"--sweep {text}: write its values, like --sweep {name}=A,B,C.")
    if name in OTHER_FRAMES:
        raise SettingsError(
            f"--sweep {text}: {name} chooses other frames, and a sheet compares the same; give "
            f"--{name} once."
        )
    if name in SAME_PICTURE or name in leaf_fields(OutputSettings):
        raise SettingsError(
            f"--sweep {text}: {name} does not change the painted picture; choose a setting that "
            "does."
        )
    return Sweep(name, values)


def usual_count(sweeps: Sequence[Sweep]) -> int:
    """How many frames are shown where nobody says."""
    return FRAMES_OF_A_GRID if len(sweeps) > 1 else FRAMES


def usual_sheet(source: Path) -> Path:
    """Beside the source, named after it."""
    if is_sequence(source):
        folder = path_on_disk(source).resolve()
        return folder.with_name(f"{folder.name}-preview.png")
    return source.with_name(f"{source.stem}-preview.png")


def variant_rows(
    source: Path, styles: Sequence[Path], settings: VideoSettings, sweeps: Sequence[Sweep]
) -> tuple[tuple[VariantRow, ...], tuple[str, ...]]:
    """A row for each style and value of the first sweep; the second one's values side by side.

    Args:
        settings: every other choice.

    Returns:
        The rows, and what is said of their columns.

    Raises:
        SettingsError: a value cannot be, or more than two settings are swept.
    """
    if len(sweeps) > MOST_SWEEPS or len({sweep.name for sweep in sweeps}) < len(sweeps):
        raise SettingsError("A sheet has two directions: give --sweep once, or for two settings.")
    down, across = (*sweeps, Sweep("", ("",)), Sweep("", ("",)))[:MOST_SWEEPS]
    rows = [
        VariantRow(
            label=_label(style.name, down.name, value),
            variants=tuple(
                _variant(source, style, settings, {down.name: value, across.name: beside})
                for beside in across.values
            ),
        )
        for style in styles
        for value in down.values
    ]  # fmt: skip
    return tuple(rows), tuple(_label("", across.name, value) for value in across.values)


def _variant(source: Path, style: Path, settings: VideoSettings, values: dict[str, str]) -> Variant:
    swept = argparse.Namespace(**{name: value for name, value in values.items() if name})
    if vars(swept):
        given = given_options(swept, VideoSettings)
        settings = checked(VideoSettings, _merged(chosen_values(settings), given))
    return Variant(style=style, settings=settings, output=default_output(source, style, settings))


def _merged(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Nested values, with more in their place or beside them."""
    both = values | more
    for name in values.keys() & more.keys():
        if isinstance(values[name], dict) and isinstance(more[name], dict):
            is_model = name not in leaf_fields(VideoSettings)
            both[name] = _merged(values[name], more[name]) if is_model else more[name]
    return both


def _label(what: str, name: str, value: str) -> str:
    return " · ".join(part for part in (what, f"{name} {value}" if name else "") if part)
