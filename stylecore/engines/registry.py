"""Makes the engine that settings choose, and says what makes its results its own.

The modules of the engines load a network library, so they are imported when one is made.
"""

from collections.abc import Callable

from stylecore.engines.base import Engine
from stylecore.errors import SettingsError
from stylecore.networks.fast import fast_digest
from stylecore.networks.features import features_digest
from stylecore.runtime.versions import PIXELS_VERSION
from stylecore.settings import FrameSettings
from stylecore.settings.own_engines import (
    OwnEngine,
    own_engines,
    register_engine,
    require_engine,
)

__all__ = ["create_engine", "engine_digest", "register_engine"]


def create_engine(settings: FrameSettings) -> Engine:
    """The engine that ``settings`` choose, ready for its ``prepare``.

    Raises:
        WeightsError: the network's weights are missing, unreachable or do not fit.
        SettingsError: an engine that is not ours cannot be loaded, or is none.
    """
    ours = _FACTORIES.get(settings.engine)
    return ours(settings) if ours else _create_own(settings)


def engine_digest(settings: FrameSettings) -> str:
    """Name of the engine, version, and the weights behind it; loads no network library.

    It is part of a job's key: frames of another digest are not continued.

    Raises:
        WeightsError: as ``create_engine``, where it can be told cheaply.
        SettingsError: there is no such engine in this process.
    """
    version = f"{settings.engine}-{PIXELS_VERSION}"
    if settings.engine == "gatys":
        weights = features_digest(settings.gatys.features, settings.gatys.weights)
        return f"{version}-{weights}"
    if settings.engine == "fast":
        return f"{version}-{fast_digest(settings.fast.model)}"
    return version if settings.engine in _FACTORIES else f"{version}-{_own(settings).version}"


def _own(settings: FrameSettings) -> OwnEngine:
    require_engine(settings.engine)
    return own_engines()[settings.engine]


def _create_own(settings: FrameSettings) -> Engine:
    engine = _own(settings).load()(settings)
    if not isinstance(engine, Engine):
        raise SettingsError(
            f"What was registered as the engine {settings.engine} makes a {type(engine).__name__}: "
            "it must make a stylecore.engines.Engine."
        )
    return engine


def _create_gatys(settings: FrameSettings) -> Engine:
    from stylecore.engines.gatys.engine import GatysEngine

    coherence = getattr(settings, "coherence", 0.0)
    return GatysEngine(
        settings.gatys, coherence=coherence, seed=settings.seed, memory=settings.memory
    )


def _create_fast(settings: FrameSettings) -> Engine:
    from stylecore.engines.fast import FastEngine

    coherence = getattr(settings, "coherence", 0.0)
    return FastEngine(settings.fast, coherence=coherence, memory=settings.memory)


def _create_identity(settings: FrameSettings) -> Engine:
    from stylecore.engines.identity import IdentityEngine

    return IdentityEngine()


_FACTORIES: dict[str, Callable[[FrameSettings], Engine]] = {
    "gatys": _create_gatys,
    "fast": _create_fast,
    "identity": _create_identity,
}
