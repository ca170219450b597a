"""The codecs of a result: their encoders, containers and defaults."""

from dataclasses import dataclass, replace

from stylecore.errors import SettingsError
from stylecore.settings import OutputSettings

MP4, M4V, MOV, MKV, WEBM = ".mp4", ".m4v", ".mov", ".mkv", ".webm"
CONTAINERS = {MP4: "mp4", M4V: "mp4", MOV: "mov", MKV: "matroska", WEBM: "webm"}
"""Suffixes to the names of ffmpeg's muxers."""
FORMATS = tuple(
    f"{name}{depth}"
    for depth in ("", "10le")
    for name in ("yuv420p", "yuv422p", "yuv444p", "yuva420p", "yuva444p")
)
HARDWARE_FORMATS = ("nv12", "yuv420p", "p010le", "yuv444p")


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


def codec_name(encoding: OutputSettings, suffix: str) -> str:
    """The chosen codec, or the usual one for a container."""
    if encoding.codec != "auto":
        return encoding.codec
    return "vp9" if suffix.lower() == WEBM else "h264"


def codec_for(encoding: OutputSettings, suffix: str) -> Codec:
    """The encoder for a container.

    Raises:
        SettingsError: the graphics card has none for the codec.
    """
    name = codec_name(encoding, suffix)
    if encoding.hardware == "none":
        return CODECS[name]
    if (encoding.hardware, name) not in HARDWARE:
        known = [codec for card, codec in HARDWARE if card == encoding.hardware]
        raise SettingsError(
            f"--hardware {encoding.hardware} has no encoder for {name}; use --codec "
            f"{' or '.join(known)}."
        )
    return HARDWARE[encoding.hardware, name]
