"""What encoders there are, which pixel formats and containers suit them, and what they are told."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext

from stylecore.errors import SettingsError
from stylecore.media.index import SourceIndex
from stylecore.settings import OutputSettings

THREADS = "4"
"""Fixed, since the number of threads changes what x264 writes."""
MP4, M4V, MOV, MKV, WEBM = ".mp4", ".m4v", ".mov", ".mkv", ".webm"
CONTAINERS = {MP4: "mp4", M4V: "mp4", MOV: "mov", MKV: "matroska", WEBM: "webm"}
"""Suffixes to the names of ffmpeg's muxers."""
FORMATS = tuple(
    f"{name}{depth}"
    for depth in ("", "10le")
    for name in ("yuv420p", "yuv422p", "yuv444p", "yuva420p", "yuva444p")
)
HARDWARE_FORMATS = ("nv12", "yuv420p", "p010le", "yuv444p")
MOST_BITS = 10
"""Of a component in a result; what has more is rounded."""
TRIAL_SIDE = 256
"""Of the picture that a trial encoder is opened for, in pixels; graphics cards refuse tiny ones."""


@dataclass(frozen=True)
class Codec:
    """An encoder with its defaults.

    ``full_range`` is whether the codec can say that luma spans 0 to the top, ``aspect`` whether it
    can say by itself that pixels are not square (MP4 can say it for any codec, Matroska cannot).
    ``odd`` is whether halved colours may belong to an odd number of pixels.
    """

    encoder: str
    containers: frozenset[str]
    quality: int | None = None
    worst_quality: int = 51
    quality_option: str = "crf"
    preset: str | None = None
    preset_option: str = "preset"
    formats: tuple[str, ...] = FORMATS
    options: tuple[tuple[str, str], ...] = ()
    takes_bitrate: bool = True
    full_range: bool = True
    aspect: bool = True
    odd: bool = False


_H26X = frozenset({MP4, M4V, MOV, MKV})
CODECS = {
    "h264": Codec(
        "libx264", _H26X, 16,
        # The preset: at this quality the files are as large as with "medium", 0.9 dB from it, in a
        # third of the time (docs/fast.md).
        preset="veryfast",
        # The macroblock tree looks at memory that nobody wrote, so that bytes differ from run to
        # run (seen with x264 165 and glibc's MALLOC_PERTURB_).
        options=(("x264-params", "mbtree=0"),),
    ),
    "hevc": Codec(
        "libx265", _H26X, 18, preset="medium",
        formats=tuple(name for name in FORMATS if "yuva" not in name),
        # The number of frame threads, which follows the machine's cores, changes what x265 writes;
        # with two they once waited for each other for ever, and are no quicker.
        options=(
            ("x265-params", "log-level=error:frame-threads=1"), ("tag", "hvc1"),
            ("forced-idr", "1"),
        ),
    ),
    "vp9": Codec(
        "libvpx-vp9", frozenset({MP4, MKV, WEBM}), 24, 63, preset="3", preset_option="cpu-used",
        options=(("row-mt", "1"),), aspect=False, odd=True,
    ),
    "av1": Codec(
        "libsvtav1", frozenset({MP4, MKV, WEBM}), 24, 63, preset="8", aspect=False,
    ),
    "prores": Codec(
        "prores_ks", frozenset({MOV, MKV}), full_range=False, aspect=False, odd=True,
        takes_bitrate=False,
    ),
    "ffv1": Codec(
        # Colours at full resolution: what is lossless holds all that was painted.
        "ffv1", frozenset({MKV}), formats=tuple(name for name in FORMATS if "444" in name),
        options=(("level", "3"), ("slices", "4"), ("slicecrc", "1")), aspect=False,
        takes_bitrate=False,
    ),
}  # fmt: skip
HARDWARE = {
    **{
        ("nvenc", name): replace(
            CODECS[name], encoder=f"{name}_nvenc", formats=HARDWARE_FORMATS, quality=20,
            quality_option="cq", preset="p5", preset_option="preset",
            options=(("rc", "vbr"), ("b", "0")), worst_quality=51,
        )
        for name in ("h264", "hevc", "av1")
    },
    **{
        ("qsv", name): replace(
            CODECS[name], encoder=f"{name}_qsv", formats=HARDWARE_FORMATS, quality=20,
            quality_option="global_quality", preset="medium", preset_option="preset", options=(),
            worst_quality=51,
        )
        for name in ("h264", "hevc", "vp9", "av1")
    },
    **{
        ("amf", name): replace(
            CODECS[name], encoder=f"{name}_amf", formats=HARDWARE_FORMATS, quality=20,
            quality_option="qvbr_quality_level", preset="balanced", preset_option="quality",
            options=(("rc", "qvbr"),), worst_quality=51,
        )
        for name in ("h264", "hevc", "av1")
    },
    **{
        ("videotoolbox", name): replace(
            CODECS[name], encoder=f"{name}_videotoolbox", formats=HARDWARE_FORMATS, quality=None,
            preset=None, options=(),
        )
        for name in ("h264", "hevc")
    },
}  # fmt: skip
"""Encoders of graphics cards by (--hardware, --codec)."""


def codec_name(settings: OutputSettings, suffix: str) -> str:
    """The chosen codec, or the usual one for a container."""
    if settings.codec != "auto":
        return settings.codec
    return "vp9" if suffix.lower() == WEBM else "h264"


def codec_for(settings: OutputSettings, suffix: str) -> Codec:
    """The encoder for a container.

    Raises:
        SettingsError: the graphics card has none for the codec.
    """
    name = codec_name(settings, suffix)
    if settings.hardware == "none":
        return CODECS[name]
    if (settings.hardware, name) not in HARDWARE:
        known = [codec for card, codec in HARDWARE if card == settings.hardware]
        raise SettingsError(
            f"--hardware {settings.hardware} has no encoder for {name}; use --codec "
            f"{' or '.join(known)}."
        )
    return HARDWARE[settings.hardware, name]


def pixel_format(
    codec: Codec,
    suffix: str,
    size: tuple[int, int],
    index: SourceIndex,
    *,
    chroma: str,
    depth: int,
) -> str | None:
    """What frames of ``size`` are stored as; None where the codec cannot hold them.

    The least that holds so many bits, the source's transparency if the codec can, and the
    resolution of its colours if ``chroma`` asks for it.
    """
    wanted = _Layout.of(index.pixel_format) if chroma == "source" else _Layout(2, 2, 8, False)
    uneven = size if not codec.odd else (2, 2)
    alpha = index.alpha and suffix.lower() not in (MP4, M4V)
    fitting = [
        (layout.alpha != alpha, layout.depth, -layout.width, -layout.height, name)
        for name in _known_formats(codec)
        if (layout := _Layout.of(name)).depth >= depth
        and layout.width <= wanted.width
        and layout.height <= wanted.height
        and uneven[0] % layout.width == 0
        and uneven[1] % layout.height == 0
        and (alpha or not layout.alpha)
    ]
    if fitting:
        return min(fitting)[-1]
    # A codec without the source's colour resolution still has a lower one.
    if chroma == "source":
        return pixel_format(codec, suffix, size, index, chroma="420", depth=depth)
    return None


def result_depth(settings: OutputSettings, index: SourceIndex) -> int:
    """Bits of a colour that a result has at least."""
    if settings.bits != "auto":
        return int(settings.bits)
    return 8 if index.tone_mapped_from else min(index.bit_depth, MOST_BITS)


def keeps_alpha(pixel_format: str) -> bool:
    """Whether frames in this format have an opacity."""
    return _Layout.of(pixel_format).alpha


def bits_of(pixel_format: str) -> int:
    """Bits of a colour in a format."""
    return _Layout.of(pixel_format).depth


def halves_colours(pixel_format: str, index: SourceIndex) -> bool:
    """Whether the format has fewer places for colour than the source's own."""
    ours, theirs = _Layout.of(pixel_format), _Layout.of(index.pixel_format)
    return (ours.width, ours.height) > (theirs.width, theirs.height)


@dataclass(frozen=True)
class _Layout:
    """Pixels across and down that share a colour, bits of a component, and opacity."""

    width: int
    height: int
    depth: int
    alpha: bool

    @classmethod
    @lru_cache(maxsize=64)
    def of(cls, name: str) -> "_Layout":
        layout = av.VideoFormat(name)
        components = layout.components
        has_chroma = len(components) >= 3 and not layout.is_rgb
        return cls(
            16 // layout.chroma_width(16) if has_chroma else 1,
            16 // layout.chroma_height(16) if has_chroma else 1,
            max(component.bits for component in components),
            any(component.is_alpha for component in components),
        )


def _known_formats(codec: Codec) -> list[str]:
    """The codec's formats that the encoder of this build takes."""
    try:
        offered = {layout.name for layout in av.Codec(codec.encoder, "w").video_formats or ()}
    except av.codec.codec.UnknownCodecError:
        return []
    return [name for name in codec.formats if name in offered]


def encoder_options(settings: OutputSettings, suffix: str, chosen_format: str) -> dict[str, str]:
    """The encoder's own names and values of what was chosen."""
    codec = codec_for(settings, suffix)
    options = {**dict(codec.options), "threads": THREADS}
    if settings.bitrate is not None:
        options["b"] = settings.bitrate
        if settings.hardware == "amf":
            del options["rc"]  # a quality mode that wants no bitrate
    elif codec.quality is not None:
        quality = codec.quality if settings.quality is None else settings.quality
        options[codec.quality_option] = str(quality)
        if codec.encoder == "libvpx-vp9":
            options["b"] = "0"  # else the quality is only a limit for its default bitrate
    if codec.preset is not None:
        options[codec.preset_option] = settings.preset or codec.preset
    if codec.encoder == "prores_ks":
        options["profile"] = "4" if "444" in chosen_format else "3"
    return options


def bits_a_second(bitrate: str) -> float:
    """The number that ``OutputSettings.bitrate`` writes."""
    unit = {"k": 1e3, "M": 1e6}.get(bitrate[-1], 1)
    return float(bitrate.rstrip("kM")) * unit


def require_choices(settings: OutputSettings, suffix: str) -> None:
    """Whether the encoder knows what was asked for.

    Raises:
        SettingsError: it does not know the quality or the preset, takes no bitrate, or cannot be
            opened on this machine.
    """
    name, codec = codec_name(settings, suffix), codec_for(settings, suffix)
    if settings.quality is not None:
        if codec.quality is None:
            raise SettingsError(f"{name} has no quality to choose here; leave out --quality.")
        if settings.quality > codec.worst_quality:
            raise SettingsError(
                f"--quality {settings.quality} is beyond the scale of {name}; use 0 (best) to "
                f"{codec.worst_quality}."
            )
    if settings.bitrate is not None and not codec.takes_bitrate:
        raise SettingsError(f"{name} has no bitrate to choose; leave out --bitrate.")
    if settings.bitrate is None and codec.quality is None and codec.takes_bitrate:
        raise SettingsError(f"--hardware {settings.hardware} needs a --bitrate, like 8M.")
    if settings.preset is not None and codec.preset is None:
        raise SettingsError(f"{name} has no presets; leave out --preset.")
    if settings.preset is not None or settings.hardware != "none":
        _try(settings, suffix)


def _open(
    settings: OutputSettings, suffix: str, size: tuple[int, int], layout: str | None = None
) -> None:
    """Opens an encoder for frames of a size in a pixel format, by default any, and closes it."""
    codec = codec_for(settings, suffix)
    encoder = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = layout or _known_formats(codec)[0]
    encoder.time_base = Fraction(1, 25)
    encoder.options = encoder_options(settings, suffix, encoder.pix_fmt)
    encoder.open()


def _try(settings: OutputSettings, suffix: str) -> None:
    name, codec = codec_name(settings, suffix), codec_for(settings, suffix)
    try:
        _open(settings, suffix, (TRIAL_SIDE, TRIAL_SIDE))
    except (av.FFmpegError, OSError, ValueError) as error:
        if settings.hardware != "none":
            raise SettingsError(
                f"The {settings.hardware} encoder for {name} cannot be opened on this machine; "
                "leave out --hardware."
            ) from error
        raise SettingsError(
            f"{name} has no preset {settings.preset!r}; its default is {codec.preset!r}."
        ) from error


def fitting_format(
    settings: OutputSettings, suffix: str, size: tuple[int, int], index: SourceIndex
) -> str:
    """The pixel format of a result.

    Raises:
        SettingsError: the codec cannot hold the frames.
    """
    codec = codec_for(settings, suffix)
    depth = result_depth(settings, index)
    chosen = pixel_format(codec, suffix, size, index, chroma=settings.chroma, depth=depth)
    if chosen is None:
        fitting = [
            name
            for name, codec in CODECS.items()
            if pixel_format(codec, suffix, size, index, chroma="420", depth=depth) is not None
        ]
        raise SettingsError(
            f"{codec_name(settings, suffix)} cannot hold frames of {size[0]}x{size[1]} with "
            f"{depth} bits here; use {'--bits 8 or ' if depth > 8 else ''}--codec "
            f"{' or '.join(fitting)}."
        )
    return chosen


def require_encoder(
    settings: OutputSettings, suffix: str, size: tuple[int, int], index: SourceIndex
) -> None:
    """Whether the encoder takes frames of a size.

    Raises:
        SettingsError: it does not.
    """
    try:
        _open(settings, suffix, size, fitting_format(settings, suffix, size, index))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SettingsError(
            f"{codec_name(settings, suffix)} does not take frames of {size[0]}x{size[1]} "
            f"({error}); use another --size or --codec."
        ) from error


def require_aspect(output: Path, settings: OutputSettings, index: SourceIndex) -> None:
    """Whether the result can say that its pixels are not square.

    Raises:
        SettingsError: it cannot.
    """
    suffix = output.suffix.lower()
    square = Fraction(index.sample_aspect_ratio) == 1
    if square or codec_for(settings, suffix).aspect or suffix not in (MKV, WEBM):
        return
    raise SettingsError(
        f"The pixels of the source are not square, which {codec_name(settings, suffix)} in "
        f"{suffix} cannot say; use --codec h264 or hevc, or an output that ends in .mp4 or .mov."
    )
