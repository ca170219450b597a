"""What is known of a source before its first frame is repainted."""

from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from stylecore.errors import MediaError
from stylecore.media.colour import usual_matrix
from stylecore.media.geometry import Margins, Orientation

UNTAGGED = 2
"""Code point of ITU-T H.273 for what is not said."""

UNKNOWN_CODEC = "unknown"
"""Of a stream that FFmpeg has no decoder for."""


class StreamInfo(BaseModel):
    """A stream of the source, as far as a person cares."""

    model_config = ConfigDict(frozen=True)
    index: int
    kind: str
    codec: str
    language: str = ""


class Sphere(BaseModel):
    """How a picture surrounds the viewer, as in FFmpeg's AVSphericalMapping."""

    model_config = ConfigDict(frozen=True)
    projection: int
    yaw: int
    pitch: int
    roll: int
    """Degrees to turn it by, in parts of 1/65536."""
    bounds: tuple[int, int, int, int]
    """Left, top, right, bottom: what of the sphere is missing there, in parts of 2**-32."""
    padding: int
    """Pixels around the sides of a cube."""


class SourceIndex(BaseModel):
    """Every frame's presentation timestamp, and all that must come out as it went in."""

    model_config = ConfigDict(frozen=True)
    stream: int
    """Position of the video stream in the file."""
    pts: tuple[int, ...]
    """Presentation timestamps in units of ``time_base``, strictly increasing."""
    checksums: tuple[int, ...]
    """CRC-32 of every frame: of a container or an animation, of the frame as it is decoded from the
    beginning of the file; of a folder, of the file."""
    last_duration: int
    """Duration of the last frame in units of ``time_base``."""
    time_base: str
    """Seconds per unit, a fraction like "1/12800"."""
    average_rate: str
    """Frames per second, a fraction like "24000/1001"."""
    width: int
    height: int
    """Size of the upright picture, as readers give it."""
    orientation: Orientation
    """How decoded pixels are turned to be upright."""
    margins: Margins = Margins()
    """What of decoded pixels is not shown, before they are turned."""
    sample_aspect_ratio: str
    """Width by height of an upright pixel, a fraction like "16/11"."""
    pixel_format: str
    bit_depth: int
    alpha: bool = False
    """Whether any pixel is less than opaque."""
    decoder: str = ""
    """Name of the decoder where the stream's own one would lose the transparency."""
    matrix: str
    """Of the source's YUV to RGB, by the name that ffmpeg's filters know."""
    tone_mapped_from: int = 0
    """Transfer (PQ or HLG, by ITU-T H.273) that is brought into the standard range; else 0."""
    full_range: bool
    colour_primaries: int
    colour_transfer: int
    """Of the frames as readers give them: code points of ITU-T H.273."""
    colour_profile: str = ""
    """ICC profile of the frames of a container, in hexadecimal digits, where it says other colours
    than sRGB."""
    interlaced: bool
    """Whether any frame is; those that are will be deinterlaced."""
    patched_up: bool = False
    """Whether the decoder patches up damage, which several threads do not do alike each time."""
    exact_seeking: bool
    """Whether a frame can be found by its timestamp; else the file is read from its beginning."""
    container: str
    streams: tuple[StreamInfo, ...]
    """All streams but the picture."""
    reader: Literal["container", "animation", "folder"] = "container"
    """What reads the frames: see ``stylecore.media.sources``."""
    frame_files: tuple[str, ...] = ()
    """Names of the files of a folder of frames, in order; empty for anything else."""
    sphere: Sphere | None = None
    """How the picture surrounds the viewer; None where it is flat."""
    stereo: tuple[int, bool] | None = None
    """How a view for each eye lies in the picture (FFmpeg's AVStereo3DType), and whether the right
    eye's comes first; None where there is one view."""
    captions: tuple[int, ...] = ()
    """CRC-32 of the closed captions in every frame, 0 for none; empty where no frame has any."""
    timecode: str = ""
    """Of the first frame, as it is written in the file."""
    plays: int | None = None
    """How often an animation is played, 0 for without end; None for what is no animation."""
    notes: tuple[str, ...] = ()
    """What will not come out as it went in, in sentences."""

    @property
    def frame_count(self) -> int:
        return len(self.pts)

    @property
    def seconds_per_unit(self) -> Fraction:
        return Fraction(self.time_base)

    @property
    def coded_pixels(self) -> int:
        """Of a decoded picture."""
        width, height = self.orientation.size(self.width, self.height)
        margins = self.margins
        return (width + margins.left + margins.right) * (height + margins.top + margins.bottom)

    @property
    def result_matrix(self) -> str:
        """Of RGB, as readers give it, to the result's YUV."""
        return "bt709" if self.tone_mapped_from else self.matrix

    @property
    def seconds(self) -> Fraction:
        """From the first frame to the end of the last."""
        return (self.boundary(self.frame_count) - self.pts[0]) * self.seconds_per_unit

    def boundary(self, number: int) -> int:
        """When frame ``number`` begins, or when the last one ends, in units of ``time_base``."""
        if number < self.frame_count:
            return self.pts[number]
        return self.pts[-1] + self.last_duration


def index_of_pictures(
    *, size: tuple[int, int], alpha: bool, bit_depth: Literal[8, 16] = 8, **others: Any
) -> SourceIndex:
    """Describes a source that holds RGB pictures and nothing beside them.

    Args:
        size: (width, height).
        alpha: whether any pixel is less than opaque.
        bit_depth: of the pictures.
        others: fields that differ from source to source.
    """
    formats = {8: ("rgb24", "rgba"), 16: ("rgb48le", "rgba64le")}
    return SourceIndex(
        stream=0,
        width=size[0],
        height=size[1],
        orientation=Orientation(),
        sample_aspect_ratio="1",
        pixel_format=formats[bit_depth][alpha],
        bit_depth=bit_depth,
        alpha=alpha,
        matrix=usual_matrix(*size),
        full_range=False,
        colour_primaries=UNTAGGED,
        colour_transfer=UNTAGGED,
        interlaced=False,
        exact_seeking=True,
        streams=(),
        **others,
    )


def source_changed(number: int) -> MediaError:
    """What is wrong when a frame is not the one that was indexed."""
    return MediaError(
        f"Frame {number} of the source is not where it was when the job was planned; the file has "
        "changed. Run the command again to begin a job with the new one."
    )
