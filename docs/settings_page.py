"""The page *Settings*, from the models that the program itself reads.

Every field becomes a heading that is spelled like its option, with what it does, its range and its
default; where ``docs/knobs`` holds a picture of its name, that is shown.
"""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from flows.options import choices_of, nested_model, option_of
from stylecore.settings import FolderSettings, Settings, VideoSettings

MARK = "<!-- The settings are put here by docs/settings_page.py. -->"
"""The line of ``settings.md`` in whose place they come."""
KNOBS = "knobs"
"""Folder with one picture for a field that is worth one, beside the page."""

_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "to below {}"}
_NUMBERS = {int: "a whole number", float: "a number"}


def settings_page(folder: Path) -> str:
    """Markdown of all settings of a video and of a watched folder.

    Args:
        folder: where the page lies, with the folder of pictures.
    """
    knobs = folder / KNOBS
    return "\n".join(
        [
            "## Frames and shots\n",
            *_sections(VideoSettings, "", knobs),
            "## A watched folder\n",
            *_fields(FolderSettings, "", knobs),
        ]
    )


def range_of(field: FieldInfo) -> str:
    """What a field may be, in words."""
    kind = _without_none(field.annotation)
    if choices := choices_of(field):
        return "one of " + ", ".join(f"`{choice}`" for choice in choices)
    if kind is bool:
        return "given or not"
    if kind is Path:
        return "a file"
    if get_origin(kind) is tuple and Path in get_args(kind):
        return "files, with commas between them"
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is dict:
        return "names with weights"
    bounds = [
        wording.format(f"{getattr(bound, key):,}")
        for key, wording in _BOUNDS.items()
        for bound in field.metadata
        if getattr(bound, key, None) is not None
    ]
    return " ".join([_NUMBERS.get(kind, "text"), *bounds])


def default_of(field: FieldInfo) -> str:
    """The default, as a person would write it after the option."""
    default = field.get_default(call_default_factory=True)
    if default is None or default is False or default == () or default == {}:
        return "none"
    if isinstance(default, dict):
        return f"`{','.join(f'{key}={weight:g}' for key, weight in default.items())}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _sections(model: type[Settings], path: str, knobs: Path) -> Iterator[str]:
    """The fields of ``model``, then its nested models, each under its title."""
    yield from _fields(model, path, knobs)
    for name, field in model.model_fields.items():
        if (nested := nested_model(field)) is not None:
            yield f"## {field.title}\n"
            if nested.__doc__:
                yield nested.__doc__.splitlines()[0] + "\n"
            yield from _sections(nested, f"{path}{name}.", knobs)


def _fields(model: type[Settings], path: str, knobs: Path) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if nested_model(field) is not None:
            continue
        yield f"### `{option_of(name)}`\n"
        yield f"{_sentence(field)}\n"
        yield f"*Range:* {range_of(field)}. *Default:* {default_of(field)}."
        yield f"*Field:* `{path}{name}`.\n"
        if (picture := knobs / f"{name}.jpg").is_file():
            yield f"![What {option_of(name)} does]({KNOBS}/{picture.name})\n"


def _sentence(field: FieldInfo) -> str:
    """The description with a capital, unless it begins with something to be typed."""
    text = str(field.description)
    first = text.split()[0]
    typed = {*choices_of(field), str(field.default)}
    return f"{text if first in typed else text[0].upper() + text[1:]}."


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        return next(kind for kind in get_args(annotation) if kind is not type(None))
    return annotation
