"""Settings from what a person wrote, whose mistakes are said in one sentence."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from stylecore.errors import SettingsError
from stylecore.settings.base import Settings
from stylecore.settings.choices import complaints, given_in
from stylecore.settings.jobs import FrameSettings

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
    return settings


def _complaint(model: type[Settings], detail: Any) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ").removesuffix(".")
    named = _option(model, detail["loc"])
    if named is None or message.startswith("--"):
        return message
    return f"--{named.replace('_', '-')} {message}"


def _option(model: type[Settings], place: Sequence[int | str]) -> str | None:
    """The field that a complaint is about, whatever part of its value; None for a whole model."""
    for part in map(str, place):
        field = model.model_fields.get(part)
        nested = field.annotation if field is not None else None
        if not (isinstance(nested, type) and issubclass(nested, Settings)):
            return part
        model = nested
    return None
