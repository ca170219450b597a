"""The engines that repaint frames, behind one small protocol; importing this loads no network."""

from stylecore.engines.base import Engine, FrameInput, FrameRecord, Reference
from stylecore.engines.registry import create_engine, engine_digest

__all__ = ["Engine", "FrameInput", "FrameRecord", "Reference", "create_engine", "engine_digest"]
