"""What may be chosen about a training."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from stylecore.settings import Settings


class TrainingSettings(Settings):
    """Choices that all trainings have."""

    teacher_weights: Path | None = Field(
        None, description="file with the teacher's weights (vgg19, compact), or folder (mixed)"
    )
    epoch_steps: int = Field(250, ge=1, description="steps between two checkpoints")
    learning_rate: float = Field(
        1e-3,
        gt=0,
        description="the largest; reached over the first steps, then falling on a half cosine",
    )
    precision: Literal["mixed_bfloat16", "mixed_float16", "float32"] = Field(
        "mixed_bfloat16", description="Keras' dtype policy"
    )
    sample_epochs: int = Field(5, ge=1, description="epochs between two sheets of sample pictures")
    seed: int = Field(0, ge=0, lt=2**31, description="seed of weights and pictures")


class NetworkTraining(TrainingSettings):
    """Choices of the trainings of the networks that ship."""

    start: Path | None = Field(
        None, description="weights of an earlier training to begin with, instead of random ones"
    )
    steps: int = Field(20_000, ge=1, description="optimiser steps in all, earlier runs included")


class PerceptualTraining(NetworkTraining):
    """Choices of the training of the compact perceptual network."""

    teacher: Literal["vgg19", "mixed"] = Field(
        "vgg19",
        description="network to learn from: vgg19 is downloaded by Keras on first use; mixed is "
        "for places without it",
    )
    batch: int = Field(8, ge=2, description="pictures a step")
    crop: int = Field(128, ge=32, description="side of a picture in pixels")


class PainterTraining(TrainingSettings):
    """Choices of what a painter's pictures are judged by."""

    teacher: Literal["vgg19", "mixed", "compact"] = Field(
        "vgg19",
        description="network that judges: vgg19 is downloaded by Keras on first use; mixed is for "
        "places without it; compact ships with the project and is many times cheaper",
    )
    content_weight: float = Field(1.0, ge=0, description="pull towards the content")
    style_weight: float = Field(60.0, ge=0, description="pull towards the style")
    grey_style_weight: float = Field(
        0.0, ge=0, description="pull towards the style's strokes: both without their colours"
    )
    variation_weight: float = Field(
        0.3, ge=0, description="total-variation penalty; more is smoother and less grainy"
    )
    temporal_weight: float = Field(
        50.0, ge=0, description="pull of the next frame towards the first one, moved along"
    )


class StyleLearning(PainterTraining):
    """Choices of the learning of one style."""

    minutes: float = Field(
        10, gt=0, le=600, description="how long; becomes a number of steps by the speed at first"
    )
    teacher: Literal["vgg19", "mixed", "compact"] = Field(
        "compact",
        description="network that judges: compact ships with the project; vgg19, many times "
        "slower, sees strokes better and is downloaded by Keras on first use",
    )
    style_size: int = Field(
        384,
        ge=64,
        le=1024,
        description="longer side of the style picture as it is learned, in "
        "pixels: strokes of twice the size need twice as many",
    )
    crop: int = Field(224, ge=64, multiple_of=16, description="side of a frame in pixels")
    photographs: int = Field(3, ge=1, description="frames a step")
    epoch_steps: int = Field(50, ge=1, description="steps between two checkpoints")
    sample_epochs: int = Field(4, ge=1, description="checkpoints between two sheets of samples")
    grey_style_weight: float = Field(
        20.0, ge=0, description="pull towards the style's strokes: both without their colours"
    )


class FastTraining(PainterTraining, NetworkTraining):
    """Choices of the training of the compact fast network."""

    perceptual: Path | None = Field(
        None,
        description="weights of the compact perceptual network that the style encoder holds, "
        "instead of those that ship",
    )
    steps: int = Field(40_000, ge=1, description="optimiser steps in all, earlier runs included")
    crop: int = Field(192, ge=32, multiple_of=16, description="side of a frame in pixels")
    style_crop: int = Field(224, ge=32, description="side of a style picture in pixels")
    styles: int = Field(3, ge=1, description="styles a step")
    photographs: int = Field(2, ge=1, description="photographs a step for each style")
    painting: str | None = Field(
        None,
        description="painting teacher: handle or folder of a TensorFlow Hub module, whose pictures "
        "are aimed at beside photograph and style",
    )
    painting_weight: float = Field(20.0, ge=0, description="pull towards its pixels")
    painting_features_weight: float = Field(1.0, ge=0, description="pull towards its features")
    painting_style_weight: float = Field(20.0, ge=0, description="pull towards its strokes")
