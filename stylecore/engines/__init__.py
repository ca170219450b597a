"""The engines that repaint frames, behind one small protocol; importing this loads no network."""

from stylecore.engines.base import Engine, FrameInput, FrameRecord, OnStep, Reference, cover_of
from stylecore.engines.registry import create_engine, engine_digest, register_engine

__all__ = [
    "Engine",
    "FrameInput",
    "FrameRecord",
    "OnStep",
    "Reference",
    "cover_of",
    "create_engine",
    "engine_digest",
    "register_engine",
]
