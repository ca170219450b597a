"""Choices that cannot act: each is refused with the reason, where silence would mislead.

A choice is a value that differs from the default, or from the recipe where one is chosen; on the
command line, it is whatever was written. It is refused where another choice keeps it from doing
what its description says. A value that means "not at all" (``--boil 0``) is true in any company,
and passes. What depends on the files is checked where they are opened.

The ``identity`` engine is a trial run of any command: that it changes nothing is what was asked
for, and so no choice about painting is refused with it.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any, TypeVar

from stylecore.settings.recipes import RECIPES

if TYPE_CHECKING:
    from stylecore.settings.base import Settings
    from stylecore.settings.engines import GatysSettings
    from stylecore.settings.jobs import FrameSettings

AnySettings = TypeVar("AnySettings", bound="Settings")
Reason = str | None
"""Why a choice cannot act and what to do about it; None where it acts."""

OFF: dict[str, Any] = {
    "coherence": 0.0,
    "light": "follow",
    "temporal_weight": 0.0,
    "drift_control": 0.0,
    "long_term": (),
    "boil": 0.0,
    "passes": 1,
    "averaging": 0.0,
    "content_weight": 0.0,
    "precision": "float32",
}
"""Values that ask for nothing, and so are done wherever nothing is."""


def chosen_in(settings: "Settings") -> set[str]:
    """Names of all values, of nested settings too, that are not what they are by default."""
    names: set[str] = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if hasattr(type(value), "model_fields"):
            names |= chosen_in(value)
        elif value != default_of(settings, name):
            names.add(name)
    return names


def chosen_values(settings: "Settings") -> dict[str, Any]:
    """The values of ``chosen_in``, nested as the settings are."""
    values: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if hasattr(type(value), "model_fields"):
            if nested := chosen_values(value):
                values[name] = nested
        elif value != default_of(settings, name):
            values[name] = value
    return values


def default_of(settings: "Settings", name: str) -> Any:
    """What a value is where it is not chosen: as the recipe says, if one is chosen."""
    usual = RECIPES.get(getattr(settings, "recipe", "ours"), {})
    return usual.get(name, type(settings).model_fields[name].get_default())


def without(settings: AnySettings, names: Set[str]) -> AnySettings:
    """The settings with the named values, of nested settings too, as they are by default."""
    values = {}
    for name, value in settings:
        if hasattr(type(value), "model_fields"):
            values[name] = without(value, names)
        elif name in names:
            values[name] = default_of(settings, name)
    return settings.model_copy(update=values)


def given_in(values: Mapping[str, Any]) -> set[str]:
    """Names of all values, of nested settings too, that a person wrote."""
    names: set[str] = set()
    for name, value in values.items():
        names |= given_in(value) if name in ("gatys", "fast", "mixing") else {name}
    return names


def idle(settings: "FrameSettings", chosen: Iterable[str]) -> dict[str, str]:
    """Which of the ``chosen`` values cannot act, and why."""
    if settings.engine == "identity":
        return {}
    found = {name: _reason(settings, name) for name in sorted(chosen)}
    return {name: why for name, why in found.items() if why}


def complaints(settings: "FrameSettings", chosen: Iterable[str]) -> str:
    """A sentence, without its stop, about the ``chosen`` values that cannot act; may be empty."""
    return "; ".join(
        f"--{name.replace('_', '-')} has no effect: {why}"
        for name, why in idle(settings, chosen).items()
    )


def _reason(settings: "FrameSettings", name: str) -> Reason:
    for engine in ("gatys", "fast"):
        if engine != settings.engine and name in type(getattr(settings, engine)).model_fields:
            return f"it belongs to --engine {engine}, and the engine is {settings.engine}"
    if name in OFF and _value(settings, name) == OFF[name]:
        return None
    rules = _OF_ALL | {"gatys": _OF_GATYS, "fast": _OF_FAST}.get(settings.engine, {})
    return rules[name](settings) if name in rules else None


def _value(settings: "FrameSettings", name: str) -> Any:
    homes = (settings, settings.mixing, getattr(settings, settings.engine, None))
    return next((getattr(home, name) for home in homes if hasattr(home, name)), None)


# --- what a frame takes from others --------------------------------------------------------------


def _strength(settings: "FrameSettings") -> float:
    """``coherence``, which a still has none of."""
    return getattr(settings, "coherence", 0.0)


def _is_still(settings: "FrameSettings") -> bool:
    return not hasattr(settings, "coherence")


def _no_other_frame(settings: "FrameSettings") -> Reason:
    """Why a frame takes nothing from the one before it."""
    if _is_still(settings):
        return "a still has no other frame beside it"
    if _strength(settings) == 0:
        return "--coherence 0 paints every frame by itself; choose more than 0"
    return None


def _no_warm_start(settings: "FrameSettings") -> Reason:
    """Why a frame of the gatys engine does not begin from the one before."""
    if settings.gatys.start in ("content", "noise"):
        return f"{_start_of(settings.gatys)} begins every frame anew; choose --start flow"
    return _no_other_frame(settings)


def _no_motion(settings: "FrameSettings") -> Reason:
    """Why the frame before is not moved onto the next one."""
    if settings.gatys.start == "previous":
        return f"{_start_of(settings.gatys)} does not follow the motion; choose --start flow"
    return _no_warm_start(settings)


def _no_hold(settings: "FrameSettings") -> Reason:
    """Why a frame is held to no other one."""
    if settings.gatys.temporal_weight == 0:
        holding = "--temporal-weight 0 holds a frame to no other one; choose more than 0"
        return _no_motion(settings) or holding
    return _no_motion(settings)


def _start_of(gatys: "GatysSettings") -> str:
    by_recipe = RECIPES[gatys.recipe].get("start") == gatys.start
    return f"--start {gatys.start}{f' of --recipe {gatys.recipe}' if by_recipe else ''}"


# --- each choice ---------------------------------------------------------------------------------


def _long_term(settings: "FrameSettings") -> Reason:
    if max(settings.gatys.long_term) == 1:
        return "1 is the frame before, which counts in any case; choose larger distances"
    return _no_hold(settings)


def _boil_hold(settings: "FrameSettings") -> Reason:
    return None if settings.gatys.boil else "nothing boils; choose a --boil above 0"


def _passes(settings: "FrameSettings") -> Reason:
    return "a still is painted once" if _is_still(settings) else None


def _iterations(settings: "FrameSettings") -> Reason:
    gatys = settings.gatys
    if gatys.iterations == gatys.first_iterations or (gatys.passes > 1 and not _is_still(settings)):
        return None
    if _is_still(settings):
        return "it is for later frames of a video; a still takes --first-iterations"
    why = _no_warm_start(settings)
    return why and f"every frame takes --first-iterations, since {why}"


def _start(settings: "FrameSettings") -> Reason:
    return _no_other_frame(settings) if settings.gatys.start in ("flow", "previous") else None


def _of_adam(settings: "FrameSettings") -> Reason:
    return None if settings.gatys.optimiser == "adam" else "it is for --optimiser adam"


def _content_weight(settings: "FrameSettings") -> Reason:
    return None if settings.gatys.content_layers else "no layer of --content-layers has a weight"


def _of_content(settings: "FrameSettings") -> Reason:
    if not settings.gatys.content_layers:
        return None
    return None if settings.gatys.content_weight else "--content-weight 0 looks at no content"


def _of_style(settings: "FrameSettings") -> Reason:
    return None if settings.gatys.style_weight else "--style-weight 0 looks at no style"


def _recipe(settings: "FrameSettings") -> Reason:
    gatys, said = settings.gatys, RECIPES[settings.gatys.recipe]
    if not said or any(getattr(gatys, name) == value for name, value in said.items()):
        return None
    return f"all that {gatys.recipe} says is chosen otherwise; leave some of it to the recipe"


def _gatys_seed(settings: "FrameSettings") -> Reason:
    if settings.gatys.start == "noise" or (settings.gatys.boil and not _is_still(settings)):
        return None
    return "nothing is drawn at random without --start noise or --boil"


def _fast_seed(settings: "FrameSettings") -> Reason:
    return "the fast engine draws nothing at random"


def _precision(settings: "FrameSettings") -> Reason:
    if settings.fast.model == "compact" or _is_learned(settings):
        return None
    return "a TensorFlow Hub module computes as it was saved; use --model compact"


def _is_learned(settings: "FrameSettings") -> bool:
    return settings.fast.model.endswith(".style")


def _not_learned(settings: "FrameSettings") -> Reason:
    if _is_learned(settings):
        return "a learned style is painted as it was learned; use --model compact with its picture"
    return None


def _of_several(settings: "FrameSettings") -> Reason:
    return None if settings.mixing.count > 1 else "there is one style; name others by --more-styles"


def _keyframes(settings: "FrameSettings") -> Reason:
    if _is_still(settings):
        return "a still has one moment only; use --style-weights"
    return _of_several(settings)


Rules = dict[str, Callable[["FrameSettings"], Reason]]
_OF_ALL: Rules = {"style_weights": _of_several, "style_keyframes": _keyframes}
_OF_FAST: Rules = {
    "light": _no_other_frame,
    "seed": _fast_seed,
    "precision": _precision,
    **dict.fromkeys(("strength", "style_size", "style_crop", "more_styles"), _not_learned),
}
_OF_GATYS: Rules = {
    "recipe": _recipe,
    "coherence": _no_hold,
    "light": _no_motion,
    "temporal_weight": _no_motion,
    "drift_control": _no_hold,
    "long_term": _long_term,
    "boil": _no_motion,
    "boil_hold": _boil_hold,
    "passes": _passes,
    "iterations": _iterations,
    "start": _start,
    "averaging": _of_adam,
    "learning_rate": _of_adam,
    "content_weight": _content_weight,
    "content_layers": _of_content,
    "style_layers": _of_style,
    "representations": _of_style,
    "style_scale": _of_style,
    "seed": _gatys_seed,
}
