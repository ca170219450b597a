"""Choices about the style pictures."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from stylecore.settings.base import Settings


class StyleSettings(Settings):
    """Choices about several styles, where each is painted, and whose colours are kept."""

    more_styles: tuple[Path, ...] = Field(
        default=(), description="further style pictures beside the first, mixed or masked with it"
    )
    style_weights: tuple[float, ...] = Field(
        default=(), description="how much of each style, in order; equal when not given"
    )
    style_keyframes: dict[Annotated[int, Field(ge=0)], tuple[float, ...]] = Field(
        default={},
        description="frame number -> weights of the styles, interpolated in between",
    )
    style_masks: tuple[Path, ...] = Field(
        default=(),
        description="one for each style, or for all but the last of several, white where it is "
        "painted; the source stays where none is; a picture, video, animation, folder or pattern",
    )
    colours: Literal["style", "luminance", "covariance"] = Field(
        default="style",
        description="style takes its colours; luminance paints the light only and keeps the "
        "source's colours; covariance gives the style picture the colours of the shot first",
    )

    @property
    def count(self) -> int:
        """How many styles there are."""
        return 1 + len(self.more_styles)

    @field_validator("style_weights")
    @classmethod
    def _sum_1(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        return _of_sum_1(weights)

    @field_validator("style_keyframes")
    @classmethod
    def _sum_1_at_frames(
        cls, keyframes: dict[int, tuple[float, ...]]
    ) -> dict[int, tuple[float, ...]]:
        return {number: _of_sum_1(weights) for number, weights in keyframes.items()}

    @model_validator(mode="after")
    def _one_for_each_style(self) -> "StyleSettings":
        if self.style_weights and self.style_keyframes:
            raise ValueError("give either --style-weights or --style-keyframes, not both")
        if self.style_weights:
            self._check_weights("--style-weights", self.style_weights)
        for number, weights in self.style_keyframes.items():
            self._check_weights(f"--style-keyframes at {number}", weights)
        if self.style_masks and len(self.style_masks) not in (self.count, self.count - 1):
            raise ValueError(
                f"--style-masks: {len(self.style_masks)} masks do not fit {self.count} styles; "
                "give one for each style, or for all but the last"
            )
        return self

    def _check_weights(self, what: str, weights: tuple[float, ...]) -> None:
        if len(weights) != self.count:
            raise ValueError(
                f"{what}: {len(weights)} weights do not fit {self.count} styles; "
                "--more-styles names the styles beside --style"
            )


def _of_sum_1(weights: tuple[float, ...]) -> tuple[float, ...]:
    """Weights as shares of their sum, so that 6,3,1 and 0.6,0.3,0.1 are the same job.

    What a person writes is decimal: its sum is exact in fractions, and not in binary numbers.
    Shares stay as they are, so that settings that were stored are read again as they were.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights cannot be negative")
    if weights and not any(weights):
        raise ValueError("at least one weight must be above 0")
    if math.isclose(sum(weights), 1, rel_tol=1e-9):
        return weights
    exact = [Fraction(str(weight)) for weight in weights]
    return tuple(float(weight / sum(exact)) for weight in exact)
