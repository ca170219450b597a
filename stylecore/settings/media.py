"""Choices about the files that are read and written."""

from typing import Literal

from pydantic import Field, model_validator

from stylecore.settings.base import Settings


class SourceSettings(Settings):
    """What is done about sources that are out of the ordinary, and what is refused."""

    hdr: Literal["refuse", "tonemap"] = Field(
        default="refuse",
        description="high dynamic range (PQ, HLG): refuse it, or bring it into the standard range",
    )
    colour_range: Literal["tagged", "limited", "full"] = Field(
        default="tagged",
        description="range of the source's values, where its tag is missing or wrong",
    )
    frame_rate: str = Field(
        default="24",
        pattern=r"^([1-9]\d*(\.\d+)?|[1-9]\d*/[1-9]\d*)$",
        description="frames a second of a folder of frames, like 25, 23.976 or 30000/1001",
    )
    allow_damaged: bool = Field(
        default=False, description="use what can be read of a damaged or truncated file"
    )
    max_hours: float = Field(default=6.0, gt=0, description="longer videos are refused")


class OutputSettings(Settings):
    """How the result is encoded; none of it changes the stylised frames."""

    codec: Literal["auto", "h264", "hevc", "vp9", "av1", "prores", "ffv1"] = Field(
        default="auto", description="video codec of the result; auto is h264, or vp9 for .webm"
    )
    quality: int | None = Field(
        default=None,
        ge=0,
        le=63,
        description="constant quality (CRF), lower is better; default by codec",
    )
    bitrate: str | None = Field(
        default=None,
        pattern=r"^\d+(\.\d+)?[kM]?$",
        description="bits a second on average, like 8M or 900k, in place of a constant quality",
    )
    preset: str | None = Field(
        default=None,
        description="the encoder's own speed preset; default is a good one for the codec",
    )
    hardware: Literal["none", "nvenc", "qsv", "amf", "videotoolbox"] = Field(
        default="none",
        description="encoder of a graphics card; quicker, and its bytes are not repeatable",
    )
    bits: Literal["auto", "8", "10"] = Field(
        default="auto",
        description="bits of a colour in a video file; auto takes as many as the source, up to 10, "
        "and 8 for tone-mapped sources, which every telephone plays",
    )
    chroma: Literal["420", "source"] = Field(
        default="420",
        description="resolution of the colours: 420 plays everywhere, source keeps that of 4:2:2 "
        "and 4:4:4 sources",
    )
    audio: Literal["keep", "drop"] = Field(
        default="keep",
        description="keep copies sound and subtitles bit for bit; drop leaves them out",
    )
    container: Literal["fitting", "named"] = Field(
        default="fitting",
        description="where the named container cannot hold a sound track, subtitles or an "
        "attachment: fitting takes another, mostly NAME.mkv; named leaves it out",
    )

    @model_validator(mode="after")
    def _quality_or_bitrate(self) -> "OutputSettings":
        if self.quality is not None and self.bitrate is not None:
            raise ValueError("give either --quality or --bitrate, not both")
        return self
