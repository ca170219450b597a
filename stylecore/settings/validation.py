"""Settings from what a person wrote, whose mistakes are said in one sentence."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from stylecore.errors import SettingsError
from stylecore.settings.base import Settings
from stylecore.settings.choices import complaints, given_in
from stylecore.settings.jobs import FrameSettings
from stylecore.settings.own_engines import require_engine

Model = TypeVar("Model", bound=Settings)


def checked(model: type[Model], values: dict[str, Any]) -> Model:
    """``model(**values)`` with pydantic's complaints turned into one sentence.

    Raises:
        SettingsError: names every option that is wrong and what it may be.
    """
    try:
        settings = model(**values)
    except ValidationError as error:
        wrong = "; ".join(_complaint(model, detail) for detail in error.errors())
        raise SettingsError(f"{wrong}.") from error
    if isinstance(settings, FrameSettings) and (found := complaints(settings, given_in(values))):
        raise SettingsError(f"{found}.")
    if isinstance(settings, FrameSettings):
        require_engine(settings.engine)
    return settings


def _complaint(model: type[Settings], detail: Any) -> str:
    message = _message(detail)
    named, field = _option(model, detail["loc"])
    if named is None or message.startswith("--"):
        return message
    if field is not None and detail["type"] == "string_pattern_mismatch":
        message = f"cannot be {detail['input']!r}: {field.description}"
    return f"--{named.replace('_', '-')} {message}"


def _message(detail: Any) -> str:
    """What pydantic says of a value, in the words of the other sentences."""
    given, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            return f"cannot be {given!r}; choose {context['expected']}"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"must be a whole number, not {given!r}"
        case "float_parsing" | "float_type":
            return f"must be a number, not {given!r}"
        case "finite_number":
            return f"must be a finite number, not {given}"
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}, not {given}"
        case "greater_than":
            return f"must be above {context['gt']:g}, not {given}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}, not {given}"
        case "less_than":
            return f"must be below {context['lt']:g}, not {given}"
    return str(detail["msg"]).removeprefix("Value error, ").removesuffix(".")


def _option(
    model: type[Settings], place: Sequence[int | str]
) -> tuple[str, FieldInfo | None] | tuple[None, None]:
    """The field that a complaint is about, whatever part of its value; None for a whole model."""
    for part in map(str, place):
        field = model.model_fields.get(part)
        nested = field.annotation if field is not None else None
        if not (isinstance(nested, type) and issubclass(nested, Settings)):
            return part, field
        model = nested
    return None, None
