"""Everything that is chosen for one piece of work: a still, a video, a folder of both."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from stylecore.errors import SettingsError
from stylecore.settings.base import Settings
from stylecore.settings.choices import chosen_in, complaints, idle, without
from stylecore.settings.cuts import canonical_cut
from stylecore.settings.engines import FastSettings, GatysSettings
from stylecore.settings.media import OutputSettings, SourceSettings
from stylecore.settings.own_engines import NAME, engine_names
from stylecore.settings.styles import StyleSettings


class FrameSettings(Settings):
    """What a still and a frame of a video have in common."""

    engine: str = Field(
        default="gatys",
        pattern=NAME,
        description="gatys optimises each frame; fast paints it in one pass; identity changes "
        "nothing, to check the way through decoding and encoding",
        json_schema_extra=lambda schema: schema.update(enum=[*engine_names()]),
    )
    size: int | None = Field(
        default=None,
        ge=16,
        le=16384,
        description="longer side of the result in pixels; never enlarges",
    )
    max_megapixels: float = Field(
        default=42.0, gt=0, description="larger pictures are refused before they are decoded"
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="seed of every random draw")
    memory: float = Field(
        default=4.0,
        gt=0,
        description="gigabytes that painting may take; larger frames are worked on in parts, "
        "without seams",
    )
    mixing: StyleSettings = Field(default=StyleSettings(), title="Styles and colours")
    gatys: GatysSettings = Field(default=GatysSettings(), title="Gatys engine")
    fast: FastSettings = Field(default=FastSettings(), title="Fast engine")

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
        is_here = fast.model != FastSettings().model and Path(fast.model).exists()
        model = str(Path(fast.model).absolute()) if is_here else fast.model
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
        default=None,
        pattern=r"^\d*:\d*$",
        description="only frames A to B (B not included), written A:B; either may be left out",
    )
    cuts: tuple[str, ...] | None = Field(
        default=None,
        description="a cut list in place of the shots that are found: one frame or time a line, or "
        "PySceneDetect's CSV; stylecore cuts writes one",
    )
    coherence: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="stability in time: 0 paints every frame by itself, so that each finds its own "
        "strokes; 1 moves the strokes with the picture as far as the motion allows",
    )
    light: Literal["follow", "ignore"] = Field(
        default="follow",
        description="follow lets fades and flashes of the source through; ignore holds the light "
        "of the frame before",
    )
    split: Literal["demand", "disk"] = Field(
        default="demand",
        description="demand decodes source frames when they are needed; disk has ffmpeg write "
        "those of each chunk into the workspace first",
    )
    chunk_frames: int = Field(
        default=48,
        ge=1,
        le=10_000,
        description="frames that one task does before the next may start",
    )
    parallel_shots: int = Field(
        default=1,
        ge=1,
        le=64,
        description="shots that are worked on at the same time in one process",
    )
    source: SourceSettings = Field(default=SourceSettings(), title="Source")
    output: OutputSettings = Field(default=OutputSettings(), title="Encoding")

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
        by_engine = {"gatys": self.gatys.start == "flow", "identity": False}
        return self.coherence > 0 and by_engine.get(self.engine, True)

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
    def drift_control(self) -> float:
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
        default=10.0,
        ge=0,
        le=3600,
        description="a file is taken when its size and time have not changed for so long",
    )
    video: VideoSettings = Field(default=VideoSettings(), title="Every file")

    @field_validator("video")
    @classmethod
    def _of_every_file(cls, video: VideoSettings) -> VideoSettings:
        if video.cuts is not None:
            raise ValueError("--cuts is about one video; leave it out for a folder")
        return video
