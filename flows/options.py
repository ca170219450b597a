"""Command-line options, derived from the settings models; there is no second list of choices.

Options are listed by topic (``flows.topics``); a nested model's fields keep their leaf names, which
are unique over all models (a test holds that). Values stay text here: pydantic converts and
checks them, so that the command line, Prefect's form and the library refuse the same things in the
same words. Of a cut list the content becomes the value, so that a job needs the file no more.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo

from flows.help import Parser
from flows.topics import is_of_one_engine, rank_in_topic, topic_of
from stylecore.errors import SettingsError
from stylecore.settings import Settings, checked
from stylecore.settings.cuts import read_cut_list

Model = TypeVar("Model", bound=Settings)
LONGEST_CHOICES = 44
"""Letters of choices that are shown after an option; more of them stand in its explanation."""
BOUNDS = ("ge", "gt", "le", "lt")
LARGEST_BOUND = 20_000
"""Bounds beyond are there to keep out nonsense, and tell a person nothing."""


def add_options(parser: Parser, model: type[Settings]) -> None:
    """Adds an option for every field of ``model`` and of its nested models."""
    for holder, name in sorted(_leaves(model), key=lambda leaf: rank_in_topic(*leaf)):
        _add_option(parser.topic(topic_of(holder, name)), holder, name)


def read_options(arguments: argparse.Namespace, model: type[Model]) -> Model:
    """The settings that the arguments describe.

    Raises:
        SettingsError: names every option that is wrong and what it may be.
    """
    return checked(model, given_options(arguments, model))


def leaf_fields(model: type[Settings]) -> dict[str, FieldInfo]:
    """Every field of ``model`` and its nested models that holds a value, by name."""
    return {name: holder.model_fields[name] for holder, name in _leaves(model)}


def _leaves(model: type[Settings]) -> Iterator[tuple[type[Settings], str]]:
    """The model that has it and the name of every field that holds a value."""
    for name, field in model.model_fields.items():
        nested = nested_model(field)
        if nested is None:
            yield model, name
        else:
            yield from _leaves(nested)


def _add_option(group: Any, model: type[Settings], name: str) -> None:
    field = model.model_fields[name]
    if field.annotation is bool:
        group.add_argument(
            option_of(name), action="store_true", default=None, help=_help(model, name)
        )
        return
    group.add_argument(
        option_of(name), choices=choices_of(field) or None, metavar=_metavar(name, field),
        help=_help(model, name),
    )  # fmt: skip


def given_options(arguments: argparse.Namespace, model: type[Settings]) -> dict[str, Any]:
    """The values of the options that were written, nested as the model is."""
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        nested = nested_model(field)
        if nested is not None:
            if values := given_options(arguments, nested):
                given[name] = values
            continue
        value = getattr(arguments, name, None)
        if value is not None:
            given[name] = _read(name, field, value)
    return given


def _read(name: str, field: FieldInfo, text: Any) -> Any:
    """The text of an option as what pydantic can convert."""
    if name == "cuts":
        return read_cut_list(Path(text))
    if _is_keyframes(field):
        return _keyframes(name, text)
    if _is_mapping(field):
        return _weights(name, text)
    return _parts(text) if get_origin(field.annotation) is tuple else text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _keyframes(name: str, text: str) -> dict[str, list[str]]:
    """``0:1,0 48:0,1`` as frame number -> weights."""
    keyframes: dict[str, list[str]] = {}
    for part in text.split():
        number, colon, weights = part.partition(":")
        number = number.lstrip("0") or "0"
        if not colon or number in keyframes:
            raise SettingsError(
                f"{option_of(name)} {text!r} is not written like '0:1,0 48:0,1', each frame once."
            )
        keyframes[number] = _parts(weights)
    return keyframes


def _weights(name: str, text: str) -> dict[str, str]:
    """``block1_conv1=1,block2_conv1=0.5`` as a mapping; a name alone has weight 1."""
    weights = {}
    for part in text.split(","):
        key, _, value = part.strip().partition("=")
        if not key or key in weights:
            raise SettingsError(
                f"{option_of(name)} {text!r} is not written like name=1,other=0.5, each name once."
            )
        weights[key] = value or "1"
    return weights


def nested_model(field: FieldInfo) -> type[Settings] | None:
    """The settings that a field consists of; None where it is a value."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Settings) else None


def _is_mapping(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is dict


def _is_keyframes(field: FieldInfo) -> bool:
    return _is_mapping(field) and get_origin(get_args(field.annotation)[1]) is tuple


def option_of(name: str) -> str:
    """The option by which the field ``name`` is chosen."""
    return "--" + name.replace("_", "-")


def _metavar(name: str, field: FieldInfo) -> str:
    kind = field.annotation
    if choices := choices_of(field):
        written = "|".join(choices)
        return written if len(written) <= LONGEST_CHOICES else "NAME"
    if _is_keyframes(field):
        return "'FRAME:WEIGHT,... ...'"
    if _is_mapping(field):
        return "NAME=WEIGHT,..."
    if get_origin(kind) is tuple:
        kinds = {Path: "FILE,...", str: "NAME,..."}
        return kinds.get(get_args(kind)[0], "NUMBER,...")
    if Path in get_args(kind):
        return "FILE"
    if {int, float} & {kind, *get_args(kind)}:
        return _range(field)
    return {"frames": "A:B", "model": "HANDLE", "cuts": "FILE"}.get(name, "VALUE")


def choices_of(field: FieldInfo) -> tuple[str, ...]:
    """All that a field may be, where that is a list of words; empty elsewhere."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    schema: dict[str, Any] = {}
    if callable(field.json_schema_extra):
        field.json_schema_extra(schema)
    return tuple(schema.get("enum", ()))


def _range(field: FieldInfo) -> str:
    """A number's bounds, where it has two that are worth reading."""
    limits: dict[str, float] = {}
    for bound in field.metadata:
        limits.update({side: getattr(bound, side) for side in BOUNDS if hasattr(bound, side)})
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    if low is None or high is None or high > LARGEST_BOUND:
        return "NUMBER"
    return f"{low:g}..{high:g}"


def _help(model: type[Settings], name: str) -> str:
    field = model.model_fields[name]
    default = field.get_default()
    if isinstance(default, dict):
        default = ", ".join(f"{key}={value:g}" for key, value in default.items())
    about = "gatys: " if is_of_one_engine(model, name) else ""
    choices = choices_of(field)
    listed = f" ({', '.join(choices)})" if choices and _metavar(name, field) == "NAME" else ""
    shown = "" if default in (None, False, (), "") else f" [{default}]"
    return f"{about}{field.description}{listed}{shown}".replace("%", "%%")
