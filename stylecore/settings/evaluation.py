"""How a result is judged (see ``stylecore.evaluation``)."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from stylecore.settings import Settings, SourceSettings


class EvaluationSettings(Settings):
    """The protocol of an evaluation."""

    judged_size: int | None = Field(
        None,
        ge=64,
        description="longer side in pixels that frames are judged at, at most; none: the result's",
    )
    every: int = Field(
        1,
        ge=1,
        description="judge motion, style and content at every so many frames of a shot",
    )
    features: Literal["compact", "vgg19", "vgg16"] = Field(
        "compact", description="network that style and content are judged by"
    )
    weights: Path | None = Field(None, description="file with the weights of that network")
    estimators: Literal["both", "dis", "farneback"] = Field(
        "both", description="who says how the source moves: the method's own estimator, another"
    )
    motion: Path | None = Field(
        None, description="folder of .flo files to judge by as well: backward_2_1.flo and so on"
    )
    others: tuple[Path, ...] = Field(
        (), description="pictures in other styles, among which the style is to be recognised"
    )
    source: SourceSettings = Field(SourceSettings(), title="Source")
