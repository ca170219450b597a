"""Which engines there are, and what makes the results of one its own.

The modules of the engines load a network library, so they are imported when one is made.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from stylecore.config import FrameSettings
from stylecore.engines.base import Engine
from stylecore.errors import SettingsError
from stylecore.networks.features import features_digest

ALGORITHM_VERSIONS = {"gatys": 1, "fast": 1, "identity": 1}
"""Raised whenever an engine would paint other pixels from the same settings."""


def create_engine(settings: FrameSettings) -> Engine:
    """The engine that ``settings`` choose, ready for its ``prepare``.

    Raises:
        SettingsError: the engine needs a choice that was not made.
        WeightsError: the network's weights are missing, unreachable or do not fit.
    """
    return _FACTORIES[settings.engine](settings)


def engine_digest(settings: FrameSettings) -> str:
    """Name of the algorithm and the weights behind the chosen engine; loads no network library.

    Raises:
        SettingsError, WeightsError: as ``create_engine``, where it can be told cheaply.
    """
    version = f"{settings.engine}-{ALGORITHM_VERSIONS[settings.engine]}"
    if settings.engine == "gatys":
        weights = features_digest(settings.gatys.features, settings.gatys.weights)
        return f"{version}-{weights}"
    if settings.engine == "fast":
        return f"{version}-{_model_digest(_chosen_model(settings))}"
    return version


def _create_gatys(settings: FrameSettings) -> Engine:
    from stylecore.engines.gatys import GatysEngine

    coherence = getattr(settings, "coherence", 0.0)
    return GatysEngine(settings.gatys, coherence=coherence, seed=settings.seed)


def _create_fast(settings: FrameSettings) -> Engine:
    from stylecore.engines.fast import FastEngine

    return FastEngine(
        _chosen_model(settings),
        style_size=settings.fast.style_size,
        coherence=getattr(settings, "coherence", 0.0),
    )


def _chosen_model(settings: FrameSettings) -> str:
    if settings.fast.model is None:
        raise SettingsError(
            "No fast network ships with the project yet: give a TensorFlow Hub module, its handle "
            "or its folder, with --model, or use --engine gatys."
        )
    return settings.fast.model


def _model_digest(model: str) -> str:
    """Hash of a folder's files, or the handle itself: published modules do not change."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return f"hub-{digest.hexdigest()[:16]}"


def _create_identity(settings: FrameSettings) -> Engine:
    from stylecore.engines.identity import IdentityEngine

    return IdentityEngine()


_FACTORIES: dict[str, Callable[[FrameSettings], Engine]] = {
    "gatys": _create_gatys,
    "fast": _create_fast,
    "identity": _create_identity,
}
