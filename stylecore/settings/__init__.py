"""Everything a person may choose, in frozen pydantic models.

This is the one home of defaults, ranges and help texts: the command line's options, the form of a
Prefect run, a job's manifest and the README's table are derived from these models. A field's
``description`` says what a choice does to the picture, not what the field is called.

``VideoSettings.pixel_settings()`` is the part that a job's key is made of: two runs that differ
only in the rest (codec, chunk length, ...) share their finished frames.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from stylecore.errors import SettingsError
from stylecore.settings.choices import chosen_in, complaints, given_in, idle, without
from stylecore.settings.cuts import canonical_cut
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


class Settings(BaseModel):
    """Base of all settings: immutable; unknown names are errors, and so are NaN and infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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
        "ours",
        description="layers, weights and steps of a paper, for everything below that is not chosen",
    )
    features: Literal["compact", "vgg19", "vgg16"] = Field(
        "compact",
        description="network that judges the picture: compact ships with the project and is many "
        "times cheaper; vgg19 and vgg16 are downloaded by Keras on first use",
    )
    weights: Path | None = Field(
        None, description="file with weights for vgg19 or vgg16, instead of the download"
    )
    content_layers: dict[str, float] = Field(
        GATYS_CONTENT_LAYERS,
        description="layers that hold the content, with weights; deeper layers keep less detail",
    )
    representations: dict[str, float] = Field(
        {"gram": 1.0},
        description="what of the style is compared, with weights: gram, linear, polynomial, "
        "gaussian, statistics, wasserstein",
    )
    style_layers: dict[str, float] = Field(
        GATYS_STYLE_LAYERS,
        description="layers that hold the style, with weights; deeper layers paint larger strokes",
    )
    content_weight: float = Field(
        1.0, ge=0, description="pull towards the source picture; more keeps more of its detail"
    )
    style_weight: float = Field(
        20.0, ge=0, description="pull towards the style; more paints more freely"
    )
    variation_weight: float = Field(
        2.0, ge=0, description="total-variation penalty; more is smoother and less grainy"
    )
    temporal_weight: float = Field(
        200.0,
        ge=0,
        description="pull towards the warped previous frame where motion can be trusted",
    )
    passes: int = Field(
        1,
        ge=1,
        le=20,
        description="times that a shot is gone through, forwards and backwards in turn; each "
        "begins from what the one before made",
    )
    long_term: tuple[int, ...] = Field(
        (),
        description="distances in frames, like 10,20,40: earlier results that a frame stays near "
        "to where the one before does not show the place (Ruder et al. 2016, section 3.4)",
    )
    drift_control: float = Field(
        0.25,
        ge=0,
        le=1,
        description="pull towards the first frame of the shot where the same place is seen, so "
        "that long still shots do not wander; 1 weighs as much as the frame before",
    )
    boil: float = Field(
        0.0,
        ge=0,
        le=1,
        description="hand-made flicker: 0 none, 1 draws every frame anew",
    )
    boil_hold: int = Field(
        2, ge=1, le=100, description="frames that a drawing is held for when it boils"
    )
    start: Literal["flow", "previous", "content", "noise"] = Field(
        "flow",
        description="what a frame starts from: the previous result moved along the motion, the "
        "previous result as it is, the source frame, or noise",
    )
    first_iterations: int = Field(
        150,
        ge=1,
        le=10_000,
        description="optimisation steps for a frame that begins from nothing: the first of a shot",
    )
    iterations: int = Field(
        16, ge=1, le=10_000, description="optimisation steps for each later frame of a shot"
    )
    optimiser: Literal["adam", "lbfgs"] = Field(
        "adam",
        description="adam works on several scales at once and is the one for video; lbfgs finds "
        "deeper minima in many steps",
    )
    averaging: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the running mean of the pictures that each step keeps: 0.9 gives "
        "the mean of about the last ten; adam only",
    )
    plateau: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="a frame is done early when ten steps lower its loss by less than this share",
    )
    feature_precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="of the judging network; bfloat16 is faster on processors that have it",
    )
    learning_rate: float = Field(
        0.01, gt=0, le=1, description="step size of Adam, in pixel values of [0, 1]"
    )
    style_scale: float = Field(
        1.0,
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
        "compact",
        description="compact ships with the project; or a TensorFlow Hub module: its handle "
        "(downloaded on first use) or its folder. A module is a program that can read and write "
        "your files: take it only from whom you trust, and not from an http:// address, where it "
        "can be changed on its way",
    )
    style_size: int = Field(
        256,
        ge=64,
        le=2048,
        description="longer side of the style picture as the network sees it, and so the size of "
        "the strokes; both networks were trained at about 256",
    )
    style_crop: Literal["whole", "centre"] = Field(
        "whole",
        description="what the network sees of the style picture: all of it, or the square in its "
        "middle, with larger strokes",
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=1,
        description="how far to go from the frame's own style (0) to the style picture's (1)",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="bfloat16 is faster on processors that have it, and slower on others; "
        "compact only",
    )


class StyleSettings(Settings):
    """Choices about several styles, where each is painted, and whose colours are kept."""

    more_styles: tuple[Path, ...] = Field(
        (), description="further style pictures beside the first, mixed or masked with it"
    )
    style_weights: tuple[float, ...] = Field(
        (), description="how much of each style, in order; equal when not given"
    )
    style_keyframes: dict[Annotated[int, Field(ge=0)], tuple[float, ...]] = Field(
        {},
        description="frame number -> weights of the styles, interpolated in between",
    )
    style_masks: tuple[Path, ...] = Field(
        (),
        description="one for each style, or for all but the last of several, white where it is "
        "painted; the source stays where none is; a picture, video, animation, folder or pattern",
    )
    colours: Literal["style", "luminance", "covariance"] = Field(
        "style",
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


class SourceSettings(Settings):
    """What is done about sources that are out of the ordinary, and what is refused."""

    hdr: Literal["refuse", "tonemap"] = Field(
        "refuse",
        description="high dynamic range (PQ, HLG): refuse it, or bring it into the standard range",
    )
    colour_range: Literal["tagged", "limited", "full"] = Field(
        "tagged", description="range of the source's values, where its tag is missing or wrong"
    )
    frame_rate: str = Field(
        "24",
        pattern=r"^([1-9]\d*(\.\d+)?|[1-9]\d*/[1-9]\d*)$",
        description="frames a second of a folder of frames, like 25, 23.976 or 30000/1001",
    )
    allow_damaged: bool = Field(
        False, description="use what can be read of a damaged or truncated file"
    )
    max_hours: float = Field(6.0, gt=0, description="longer videos are refused")


class OutputSettings(Settings):
    """How the result is encoded; none of it changes the stylised frames."""

    codec: Literal["auto", "h264", "hevc", "vp9", "av1", "prores", "ffv1"] = Field(
        "auto", description="video codec of the result; auto is h264, or vp9 for .webm"
    )
    quality: int | None = Field(
        None, ge=0, le=63, description="constant quality (CRF), lower is better; default by codec"
    )
    bitrate: str | None = Field(
        None,
        pattern=r"^\d+(\.\d+)?[kM]?$",
        description="bits a second on average, like 8M or 900k, in place of a constant quality",
    )
    preset: str | None = Field(
        None, description="the encoder's own speed preset; default is a good one for the codec"
    )
    hardware: Literal["none", "nvenc", "qsv", "amf", "videotoolbox"] = Field(
        "none", description="encoder of a graphics card; quicker, and its bytes are not repeatable"
    )
    bits: Literal["auto", "8", "10"] = Field(
        "auto",
        description="bits of a colour in a video file; auto takes as many as the source, up to 10, "
        "and 8 for tone-mapped sources, which every telephone plays",
    )
    chroma: Literal["420", "source"] = Field(
        "420",
        description="resolution of the colours: 420 plays everywhere, source keeps that of 4:2:2 "
        "and 4:4:4 sources",
    )
    audio: Literal["keep", "drop"] = Field(
        "keep", description="keep copies sound and subtitles bit for bit; drop leaves them out"
    )
    container: Literal["fitting", "named"] = Field(
        "fitting",
        description="where the named container cannot hold a sound track, subtitles or an "
        "attachment: fitting takes another, mostly NAME.mkv; named leaves it out",
    )

    @model_validator(mode="after")
    def _quality_or_bitrate(self) -> "OutputSettings":
        if self.quality is not None and self.bitrate is not None:
            raise ValueError("give either --quality or --bitrate, not both")
        return self


class FrameSettings(Settings):
    """What a still and a frame of a video have in common."""

    engine: Literal["gatys", "fast", "identity"] = Field(
        "gatys",
        description="gatys optimises each frame; fast paints it in one pass; identity changes "
        "nothing, to check the way through decoding and encoding",
    )
    size: int | None = Field(
        None, ge=16, le=16384, description="longer side of the result in pixels; never enlarges"
    )
    max_megapixels: float = Field(
        42.0, gt=0, description="larger pictures are refused before they are decoded"
    )
    seed: int = Field(0, ge=0, lt=2**31, description="seed of every random draw")
    memory: float = Field(
        4.0,
        gt=0,
        description="gigabytes that painting may take; larger frames are worked on in parts, "
        "without seams",
    )
    mixing: StyleSettings = Field(StyleSettings(), title="Styles and colours")
    gatys: GatysSettings = Field(GatysSettings(), title="Gatys engine")
    fast: FastSettings = Field(FastSettings(), title="Fast engine")

    @model_validator(mode="after")
    def _each_choice_acts(self) -> Self:
        if found := complaints(self, chosen_in(self)):
            raise ValueError(found)
        return self

    def with_absolute_paths(self) -> Self:
        """The same choices, whose files and folders are found from any working folder."""
        mixing, gatys, fast = self.mixing, self.gatys, self.fast
        more_styles = tuple(path.absolute() for path in mixing.more_styles)
        masks = tuple(path.absolute() for path in mixing.style_masks)
        weights = gatys.weights and gatys.weights.absolute()
        is_folder = fast.model != FastSettings().model and Path(fast.model).is_dir()
        model = str(Path(fast.model).absolute()) if is_folder else fast.model
        return self.model_copy(
            update={
                "mixing": mixing.model_copy(
                    update={"more_styles": more_styles, "style_masks": masks}
                ),
                "gatys": gatys.model_copy(update={"weights": weights}),
                "fast": fast.model_copy(update={"model": model}),
            }
        )


class ImageSettings(FrameSettings):
    """Settings of one still picture."""

    @classmethod
    def of(cls, video: "VideoSettings") -> Self:
        """What of the settings of videos can act on a still that lies among them."""
        keyframes = video.mixing.style_keyframes
        mixing = video.mixing
        if keyframes:
            first = {"style_keyframes": {}, "style_weights": keyframes[min(keyframes)]}
            mixing = mixing.model_copy(update=first)
        fields = {name: getattr(video, name) for name in cls.model_fields} | {"mixing": mixing}
        still = cls.model_construct(**fields)
        still = without(still, set(idle(still, chosen_in(still))))
        return cls(**dict(still))


class VideoSettings(FrameSettings):
    """Settings of one video."""

    frames: str | None = Field(
        None,
        pattern=r"^\d*:\d*$",
        description="only frames A to B (B not included), written A:B; either may be left out",
    )
    cuts: tuple[str, ...] | None = Field(
        None,
        description="a cut list in place of the shots that are found: one frame or time a line, or "
        "PySceneDetect's CSV; stylecore cuts writes one",
    )
    coherence: float = Field(
        0.8,
        ge=0,
        le=1,
        description="stability in time: 0 paints every frame by itself, so that each finds its own "
        "strokes; 1 moves the strokes with the picture as far as the motion allows",
    )
    light: Literal["follow", "ignore"] = Field(
        "follow",
        description="follow lets fades and flashes of the source through; ignore holds the light "
        "of the frame before",
    )
    split: Literal["demand", "disk"] = Field(
        "demand",
        description="demand decodes source frames when they are needed; disk writes them all "
        "into the workspace with ffmpeg first",
    )
    chunk_frames: int = Field(
        48, ge=1, le=10_000, description="frames that one task does before the next may start"
    )
    parallel_shots: int = Field(
        1, ge=1, le=64, description="shots that are worked on at the same time in one process"
    )
    source: SourceSettings = Field(SourceSettings(), title="Source")
    output: OutputSettings = Field(OutputSettings(), title="Encoding")

    @field_validator("frames")
    @classmethod
    def _range_in_order(cls, frames: str | None) -> str | None:
        if frames is not None:
            start, stop = (int(part) if part else None for part in frames.split(":"))
            if start is not None and stop is not None and stop <= start:
                raise ValueError(f"the range {frames} is empty; write A:B with B greater than A")
        return frames

    @field_validator("cuts")
    @classmethod
    def _canonical_cuts(cls, cuts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if cuts is None else tuple(sorted({canonical_cut(cut) for cut in cuts}))

    @property
    def passes(self) -> int:
        """Times that each frame is made."""
        return self.gatys.passes if self.engine == "gatys" else 1

    @property
    def needs_motion(self) -> bool:
        """Whether the engine does anything with the motion between frames."""
        by_engine = {"gatys": self.gatys.start == "flow", "fast": True}
        return self.coherence > 0 and by_engine.get(self.engine, False)

    @property
    def motion_effort(self) -> Literal["thorough", "quick"]:
        """How closely motion is looked at: a forward pass is done before thorough motion is."""
        return "quick" if self.engine == "fast" else "thorough"

    @property
    def needs_previous(self) -> bool:
        """Whether a frame is told what the frame before became, even without motion."""
        return self.needs_motion or (
            self.engine == "gatys" and self.gatys.start == "previous" and self.coherence > 0
        )

    @property
    def needs_age(self) -> bool:
        """Whether a frame is told for how long its places have been in view."""
        return self.engine == "fast" and self.needs_motion

    @property
    def far_references(self) -> tuple[int, ...]:
        """Distances of the frames, beside the one before, that a frame is held to."""
        return self.gatys.long_term if self.engine == "gatys" else ()

    @property
    def hold_on_first(self) -> float:
        """How much the first frame of a shot holds the later ones."""
        return self.gatys.drift_control if self.engine == "gatys" else 0.0

    def frame_range(self, frame_count: int) -> tuple[int, int]:
        """The half-open range [start, stop) that ``frames`` selects among ``frame_count`` frames.

        Raises:
            SettingsError: the range begins behind the last frame.
        """
        first, _, last = (self.frames or ":").partition(":")
        start = int(first or 0)
        if start >= frame_count:
            raise SettingsError(
                f"--frames {self.frames} begins behind the last frame: the source has "
                f"{frame_count} frames, numbered from 0."
            )
        return start, min(int(last or frame_count), frame_count)

    def pixel_settings(self) -> dict[str, Any]:
        """The settings that change a pixel of the stylised frames, as plain JSON values.

        Files count by what they hold, and are not among them.
        """
        chosen = self.model_dump(
            mode="json",
            exclude={
                "output": True,
                "chunk_frames": True,
                "parallel_shots": True,
                "max_megapixels": True,
                "source": {"max_hours"},
                "gatys": {"weights", "recipe"},
                "fast": {"model"},
                "mixing": {"more_styles", "style_masks"},
            },
        )
        for engine in {"gatys", "fast"} - {self.engine}:
            del chosen[engine]
        return chosen


class FolderSettings(Settings):
    """Settings of a watched folder."""

    settle_seconds: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="a file is taken when its size and time have not changed for so long",
    )
    video: VideoSettings = Field(VideoSettings(), title="Every file")

    @field_validator("video")
    @classmethod
    def _of_every_file(cls, video: VideoSettings) -> VideoSettings:
        if video.cuts is not None:
            raise ValueError("--cuts is about one video; leave it out for a folder")
        return video


Model = TypeVar("Model", bound=Settings)


def checked(model: type[Model], values: dict[str, Any]) -> Model:
    """``model(**values)`` with pydantic's complaints turned into one sentence.

    Raises:
        SettingsError: names every option that is wrong and what it may be.
    """
    try:
        settings = model(**values)
    except ValidationError as error:
        wrong = "; ".join(_complaint(model, detail) for detail in error.errors())
        raise SettingsError(f"{wrong}.") from error
    if isinstance(settings, FrameSettings) and (found := complaints(settings, given_in(values))):
        raise SettingsError(f"{found}.")
    return settings


def _complaint(model: type[Settings], detail: Any) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ").removesuffix(".")
    named = _option(model, detail["loc"])
    if named is None or message.startswith("--"):
        return message
    return f"--{named.replace('_', '-')} {message}"


def _option(model: type[Settings], place: Sequence[int | str]) -> str | None:
    """The field that a complaint is about, whatever part of its value; None for a whole model."""
    for part in map(str, place):
        field = model.model_fields.get(part)
        nested = field.annotation if field is not None else None
        if not (isinstance(nested, type) and issubclass(nested, Settings)):
            return part
        model = nested
    return None
