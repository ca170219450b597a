"""What a person may choose when looking into a network: feature maps and reconstructions."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from stylecore.settings.base import Settings
from stylecore.settings.engines import LAYERS

STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))


class NetworkSettings(Settings):
    """Which network looks at a picture, and at which of its layers."""

    network: Literal["compact", "vgg19", "vgg16"] = Field(
        "compact",
        description="network that sees the picture: compact ships with the project; vgg19 and "
        "vgg16 are downloaded by Keras on first use",
    )
    weights: Path | None = Field(
        None, description="file with weights for vgg19 or vgg16, instead of the download"
    )
    layers: tuple[str, ...] = Field(
        (), description="layers to look at, like block1_conv2,block4_conv2"
    )

    @model_validator(mode="after")
    def _known_layers(self) -> Self:
        if self.weights is not None and self.network == "compact":
            raise ValueError("--weights needs --network vgg19 or vgg16")
        known = LAYERS[self.network]
        if unknown := [layer for layer in self.layers if layer not in known]:
            raise ValueError(
                f"--layers: the network {self.network} has no {', '.join(unknown)}; it has "
                f"{', '.join(known)}"
            )
        if len(set(self.layers)) < len(self.layers):
            raise ValueError("--layers names a layer twice; name each once")
        return self


class FeatureSettings(NetworkSettings):
    """Choices about a sheet of feature maps."""

    channels: int = Field(
        64, ge=1, le=512, description="maps of each layer, the first or the strongest ones"
    )
    strongest: bool = Field(
        False, description="show the channels with the largest mean activation, the largest first"
    )
    scale: Literal["map", "layer"] = Field(
        "map",
        description="what white stands for: map takes each map's own largest values and shows its "
        "form, layer those of the whole layer and shows which maps are strong",
    )
    size: int = Field(
        512, ge=16, le=1024, description="longer side of the picture as the network sees it"
    )
    map_size: int = Field(64, ge=16, le=512, description="longer side of a map on the sheet")

    @property
    def shown_layers(self) -> tuple[str, ...]:
        """The chosen layers; if none are, the last of each block, as in the tutorial."""
        every = LAYERS[self.network]
        last_of_block = {layer.partition("_")[0]: layer for layer in every}
        return self.layers or tuple(last_of_block.values())


class ReconstructionSettings(NetworkSettings):
    """Choices about a sheet of reconstructions."""

    layers: tuple[str, ...] = Field(
        STYLE_LAYERS, description="layers to reconstruct the picture from, like block4_conv2"
    )
    size: int = Field(256, ge=32, le=1024, description="longer side of the reconstructions")
    steps: int = Field(
        200, ge=1, le=10_000, description="optimisation steps for each reconstruction"
    )
    smoothness: float = Field(
        0.1,
        ge=0,
        description="weight of total variation: what a layer does not say is left smooth",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="seed of the noise that it begins from")

    @model_validator(mode="after")
    def _any_layer(self) -> Self:
        if not self.layers:
            raise ValueError("--layers names none; name at least one")
        return self
