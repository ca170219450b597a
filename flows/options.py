"""Command-line options, derived from the settings models; there is no second list of choices.

A nested model becomes a group of options with its own title; its fields keep their leaf names,
which are unique over all models (a test holds that). Values stay text here: pydantic converts and
checks them, so that the command line, Prefect's form and the library refuse the same things in the
same words. Of a cut list the content becomes the value, so that a job needs the file no more.
"""

import argparse
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo

from stylecore.errors import SettingsError
from stylecore.settings import Settings, checked
from stylecore.settings.cuts import read_cut_list

Model = TypeVar("Model", bound=Settings)


def add_options(parser: argparse.ArgumentParser, model: type[Settings]) -> None:
    """Adds an option for every field of ``model``, nested models as groups."""
    group = parser.add_argument_group("Settings")
    _add_fields(parser, group, model)


def read_options(arguments: argparse.Namespace, model: type[Model]) -> Model:
    """The settings that the arguments describe.

    Raises:
        SettingsError: names every option that is wrong and what it may be.
    """
    return checked(model, _given(arguments, model))


def leaf_fields(model: type[Settings]) -> dict[str, FieldInfo]:
    """Every field of ``model`` and its nested models that holds a value, by name."""
    leaves: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        nested = _nested_model(field)
        leaves.update(leaf_fields(nested) if nested else {name: field})
    return leaves


def _add_fields(parser: argparse.ArgumentParser, group: Any, model: type[Settings]) -> None:
    for name, field in model.model_fields.items():
        nested = _nested_model(field)
        if nested is not None:
            _add_fields(parser, parser.add_argument_group(field.title), nested)
        elif field.annotation is bool:
            group.add_argument(_flag(name), action="store_true", default=None, help=_help(field))
        else:
            group.add_argument(_flag(name), metavar=_metavar(name, field), help=_help(field))


def _given(arguments: argparse.Namespace, model: type[Settings]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        nested = _nested_model(field)
        if nested is not None:
            if values := _given(arguments, nested):
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
                f"{_flag(name)} {text!r} is not written like '0:1,0 48:0,1', each frame once."
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
                f"{_flag(name)} {text!r} is not written like name=1,other=0.5, each name once."
            )
        weights[key] = value or "1"
    return weights


def _nested_model(field: FieldInfo) -> type[Settings] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Settings) else None


def _is_mapping(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is dict


def _is_keyframes(field: FieldInfo) -> bool:
    return _is_mapping(field) and get_origin(get_args(field.annotation)[1]) is tuple


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _metavar(name: str, field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return "|".join(map(str, get_args(field.annotation)))
    if _is_keyframes(field):
        return "'FRAME:WEIGHT,... ...'"
    if _is_mapping(field):
        return "NAME=WEIGHT,..."
    if get_origin(field.annotation) is tuple:
        return "FILE,..." if Path in get_args(field.annotation) else "NUMBER,..."
    if Path in get_args(field.annotation):
        return "FILE"
    return {"frames": "A:B", "model": "HANDLE", "cuts": "FILE"}.get(name, "VALUE")


def _help(field: FieldInfo) -> str:
    default = field.get_default()
    if isinstance(default, dict):
        default = ",".join(f"{key}={value:g}" for key, value in default.items())
    shown = "" if default in (None, False, (), "") else f" [{default}]"
    return f"{field.description}{shown}".replace("%", "%%")
