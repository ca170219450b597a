"""How far a job is, as its steps tell it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Progress:
    """How far one shot is, or the encoding: ``done`` of ``total`` frames."""

    stage: Literal["stylize", "assemble"]
    done: int
    total: int
    shot: int = 0


OnProgress = Callable[[Progress], None]
