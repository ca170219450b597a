"""Which engines there are, and what makes the results of one its own.

The modules of the engines load a network library, so they are imported when one is made.
"""

from collections.abc import Callable

from stylecore.engines.base import Engine
from stylecore.networks.fast import fast_digest
from stylecore.networks.features import features_digest
from stylecore.runtime.versions import PIXELS_VERSION
from stylecore.settings import FrameSettings


def create_engine(settings: FrameSettings) -> Engine:
    """The engine that ``settings`` choose, ready for its ``prepare``.

    Raises:
        WeightsError: the network's weights are missing, unreachable or do not fit.
    """
    return _FACTORIES[settings.engine](settings)


def engine_digest(settings: FrameSettings) -> str:
    """Name of the engine, version, and the weights behind it; loads no network library.

    Raises:
        WeightsError: as ``create_engine``, where it can be told cheaply.
    """
    version = f"{settings.engine}-{PIXELS_VERSION}"
    if settings.engine == "gatys":
        weights = features_digest(settings.gatys.features, settings.gatys.weights)
        return f"{version}-{weights}"
    if settings.engine == "fast":
        return f"{version}-{fast_digest(settings.fast.model)}"
    return version


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
