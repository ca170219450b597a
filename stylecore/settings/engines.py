"""Choices about painting itself: one model for each engine."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from stylecore.settings.base import Settings
from stylecore.settings.recipes import with_recipe

CONVOLUTIONS = {"compact": (2, 2, 4, 4, 1), "vgg19": (2, 2, 4, 4, 4), "vgg16": (2, 2, 3, 3, 3)}
"""How many there are in each block of the networks that judge the picture."""
LAYERS = {
    name: tuple(
        f"block{block}_conv{conv}"
        for block, count in enumerate(blocks, start=1)
        for conv in range(1, count + 1)
    )
    for name, blocks in CONVOLUTIONS.items()
}
"""Names of the convolutions, from the picture inwards; each stands for the activation after its
ReLU."""

MOST_DISTANT = 200
REPRESENTATIONS = ("gram", "linear", "polynomial", "gaussian", "statistics", "wasserstein")
GATYS_STYLE_LAYERS = {f"block{block}_conv1": 1.0 for block in range(1, 6)}
GATYS_CONTENT_LAYERS = {"block4_conv2": 1.0}


class GatysSettings(Settings):
    """Choices of the engine that optimises the image (Gatys et al. 2016, Ruder et al. 2016)."""

    recipe: Literal[
        "ours",
        "tutorial",
        "gatys2015",
        "ruder2016",
        "li_linear",
        "li_polynomial",
        "li_gaussian",
        "li_statistics",
    ] = Field(
        default="ours",
        description="layers, weights and steps of a paper, for everything below that is not chosen",
    )
    features: Literal["compact", "vgg19", "vgg16"] = Field(
        default="compact",
        description="network that judges the picture: compact ships with the project and is many "
        "times cheaper; vgg19 and vgg16 are downloaded by Keras on first use",
    )
    weights: Path | None = Field(
        default=None, description="file with weights for vgg19 or vgg16, instead of the download"
    )
    content_layers: dict[str, float] = Field(
        default=GATYS_CONTENT_LAYERS,
        description="layers that hold the content, with weights; deeper layers keep less detail",
    )
    representations: dict[str, float] = Field(
        default={"gram": 1.0},
        description="what of the style is compared, with weights: gram, linear, polynomial, "
        "gaussian, statistics, wasserstein",
    )
    style_layers: dict[str, float] = Field(
        default=GATYS_STYLE_LAYERS,
        description="layers that hold the style, with weights; deeper layers paint larger strokes",
    )
    content_weight: float = Field(
        default=1.0,
        ge=0,
        description="pull towards the source picture; more keeps more of its detail",
    )
    style_weight: float = Field(
        default=20.0, ge=0, description="pull towards the style; more paints more freely"
    )
    variation_weight: float = Field(
        default=2.0, ge=0, description="total-variation penalty; more is smoother and less grainy"
    )
    temporal_weight: float = Field(
        default=200.0,
        ge=0,
        description="pull towards the warped previous frame where motion can be trusted",
    )
    passes: int = Field(
        default=1,
        ge=1,
        le=20,
        description="times that a shot is gone through, forwards and backwards in turn; each "
        "begins from what the one before made",
    )
    long_term: tuple[int, ...] = Field(
        default=(),
        description="distances in frames, like 10,20,40: earlier results that a frame stays near "
        "to where the one before does not show the place (Ruder et al. 2016, section 3.4)",
    )
    drift_control: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="pull towards the first frame of the shot where the same place is seen, so "
        "that long still shots do not wander; 1 weighs as much as the frame before",
    )
    boil: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="hand-made flicker: 0 none, 1 draws every frame anew",
    )
    boil_hold: int = Field(
        default=2, ge=1, le=100, description="frames that a drawing is held for when it boils"
    )
    start: Literal["flow", "previous", "content", "noise"] = Field(
        default="flow",
        description="what a frame starts from: the previous result moved along the motion, the "
        "previous result as it is, the source frame, or noise",
    )
    first_iterations: int = Field(
        default=150,
        ge=1,
        le=10_000,
        description="optimisation steps for a frame that begins from nothing: the first of a shot",
    )
    iterations: int = Field(
        default=16, ge=1, le=10_000, description="optimisation steps for each later frame of a shot"
    )
    optimiser: Literal["adam", "lbfgs"] = Field(
        default="adam",
        description="adam works on several scales at once and is the one for video; lbfgs finds "
        "deeper minima in many steps",
    )
    averaging: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of the running mean of the pictures that each step keeps: 0.9 gives "
        "the mean of about the last ten; adam only",
    )
    plateau: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="a frame is done early when ten steps lower its loss by less than this share",
    )
    feature_precision: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="of the judging network; bfloat16 is faster on processors that have it",
    )
    learning_rate: float = Field(
        default=0.01, gt=0, le=1, description="step size of Adam, in pixel values of [0, 1]"
    )
    style_scale: float = Field(
        default=1.0,
        ge=0.1,
        le=4,
        description="size of the strokes: 1 gives the style picture the area of the frame",
    )

    @model_validator(mode="before")
    @classmethod
    def _of_the_recipe(cls, given: Any) -> Any:
        return with_recipe(given) if isinstance(given, dict) else given

    @field_validator("long_term")
    @classmethod
    def _ahead(cls, distances: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= distance <= MOST_DISTANT for distance in distances):
            raise ValueError(f"distances are whole numbers from 1 to {MOST_DISTANT}")
        return tuple(sorted(set(distances)))

    @field_validator("content_layers", "style_layers")
    @classmethod
    def _known_layers(cls, layers: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(layers) - set(LAYERS["vgg19"]))
        if unknown:
            raise ValueError(
                f"unknown layer {', '.join(unknown)}; layers are named like block4_conv2"
            )
        if any(weight < 0 for weight in layers.values()):
            raise ValueError("layer weights cannot be negative")
        return {name: weight for name, weight in layers.items() if weight}

    @field_validator("representations")
    @classmethod
    def _known_representations(cls, chosen: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(chosen) - set(REPRESENTATIONS))
        if unknown:
            known = ", ".join(REPRESENTATIONS)
            raise ValueError(f"unknown representation {', '.join(unknown)}; there are {known}")
        if not sum(chosen.values()) > 0 or min(chosen.values()) < 0:
            raise ValueError("weights of representations cannot be negative, nor all 0")
        return {name: weight for name, weight in chosen.items() if weight}

    @model_validator(mode="after")
    def _has_a_goal(self) -> "GatysSettings":
        if self.weights is not None and self.features == "compact":
            raise ValueError("--weights needs --features vgg19 or vgg16")
        if not self.style_layers:
            raise ValueError("--style-layers needs at least one layer with a weight above 0")
        known = LAYERS[self.features]
        for name in ("content_layers", "style_layers"):
            if unknown := [layer for layer in getattr(self, name) if layer not in known]:
                raise ValueError(
                    f"--{name.replace('_', '-')}: the network {self.features} has no "
                    f"{', '.join(unknown)}; choose other layers or another network by --features"
                )
        return self


class FastSettings(Settings):
    """Choices of the engine that paints a frame in one forward pass."""

    model: str = Field(
        default="compact",
        description="compact ships with the project; or the file of a learned style "
        "(stylecore learn); or a TensorFlow Hub module: its handle "
        "(downloaded on first use) or its folder. A module is a program that can read and write "
        "your files: take it only from whom you trust, and not from an http:// address, where it "
        "can be changed on its way",
    )
    style_size: int = Field(
        default=256,
        ge=64,
        le=2048,
        description="longer side of the style picture as the network sees it, and so the size of "
        "the strokes; both networks were trained at about 256",
    )
    style_crop: Literal["whole", "centre"] = Field(
        default="whole",
        description="what the network sees of the style picture: all of it, or the square in its "
        "middle, with larger strokes",
    )
    strength: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="how far to go from the frame's own style (0) to the style picture's (1)",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="bfloat16 is faster on processors that have it, and slower on others; "
        "compact only",
    )
