"""Names the engines that may be chosen: ours, and those that others registered. Loads none.

An engine of one's own is registered by ``register_engine`` for the running process, or by an entry
point of an installed package in the group GROUP, whose name is the engine's and whose object makes
it. How to write one is told in ``stylecore.engines.base``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from stylecore.errors import SettingsError

GROUP = "stylecore.engines"
OURS = ("gatys", "fast", "identity")
NAME = "^[a-z][a-z0-9_-]*$"

Factory = Callable[[Any], Any]
"""(``FrameSettings``) -> ``stylecore.engines.Engine``."""


@dataclass(frozen=True)
class OwnEngine:
    """An engine that is not ours."""

    name: str
    version: str
    """Of what makes it: frames of another version are not mixed with its own."""
    load: Callable[[], Factory]
    """Gives the factory; imports the package that an entry point names."""


def register_engine(name: str, factory: Factory, *, version: str) -> None:
    """Lets settings choose an engine of one's own, in this process.

    Args:
        name: what ``engine`` is set to: lower-case letters, digits, ``-`` and ``_``.
        factory: (``FrameSettings``) -> engine; called once for every engine that works.
        version: any text; another one whenever a result of the same settings changes.

    Raises:
        SettingsError: the name cannot be one, or belongs to another engine.
    """
    if not re.match(NAME, name):
        raise SettingsError(
            f"An engine cannot be named {name!r}: use lower-case letters, digits, - and _, and a "
            "letter first."
        )
    if name in OURS or name in _installed():
        raise SettingsError(f"There is an engine named {name} already: choose another name.")
    _registered[name] = OwnEngine(name, version, lambda: factory)


def own_engines() -> dict[str, OwnEngine]:
    """Engines that are not ours, by name."""
    return {**_installed(), **_registered}


def engine_names() -> tuple[str, ...]:
    """Every name that ``engine`` may be set to."""
    return (*OURS, *sorted(own_engines()))


def require_engine(name: str) -> None:
    """Checks that an engine can be made in this process.

    Raises:
        SettingsError: there is none of this name.
    """
    if name not in OURS and name not in own_engines():
        raise SettingsError(
            f"There is no engine {name}: choose {', '.join(engine_names())}, install the package "
            "that brings it, or call stylecore.engines.register_engine first."
        )


_registered: dict[str, OwnEngine] = {}


@lru_cache(maxsize=1)
def _installed() -> dict[str, OwnEngine]:
    """Of installed packages; the first of a name counts, and none that is named as ours."""
    found: dict[str, OwnEngine] = {}
    for point in entry_points(group=GROUP):
        if point.name not in OURS and point.name not in found:
            found[point.name] = OwnEngine(point.name, _version(point), _loader(point))
    return found


def _version(point: EntryPoint) -> str:
    return f"{point.dist.name}-{point.dist.version}" if point.dist else "0"


def _loader(point: EntryPoint) -> Callable[[], Factory]:
    def load() -> Factory:
        try:
            return point.load()
        except Exception as error:  # whatever a foreign module does when it is imported
            raise SettingsError(
                f"The engine {point.name} could not be loaded from {point.value}: {error}. Mend or "
                "uninstall the package that brings it."
            ) from error

    return load
