"""What encoders are told, and whether they take what they shall encode."""

from fractions import Fraction
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext

from stylecore.errors import SettingsError
from stylecore.media.index import SourceIndex
from stylecore.media.writing.codecs import MKV, WEBM, codec_for, codec_name
from stylecore.media.writing.pixel_formats import fitting_format, known_formats
from stylecore.settings import OutputSettings

THREADS = "4"
"""Fixed, since the number of threads changes what x264 writes."""
TRIAL_SIDE = 256
"""Of the picture that a trial encoder is opened for, in pixels; graphics cards refuse tiny ones."""


def encoder_options(encoding: OutputSettings, suffix: str, chosen_format: str) -> dict[str, str]:
    """The encoder's own names and values of what was chosen."""
    codec = codec_for(encoding, suffix)
    options = {**dict(codec.options), "threads": THREADS}
    if encoding.bitrate is not None:
        options["b"] = encoding.bitrate
        if encoding.hardware == "amf":
            del options["rc"]  # a quality mode that wants no bitrate
    elif codec.quality is not None:
        quality = codec.quality if encoding.quality is None else encoding.quality
        options[codec.quality_option] = str(quality)
        if codec.encoder == "libvpx-vp9":
            options["b"] = "0"  # else the quality is only a limit for its default bitrate
    if codec.preset is not None:
        options[codec.preset_option] = encoding.preset or codec.preset
    if codec.encoder == "prores_ks":
        options["profile"] = "4" if "444" in chosen_format else "3"
    return options


def bits_a_second(bitrate: str) -> float:
    """The number that ``OutputSettings.bitrate`` writes."""
    unit = {"k": 1e3, "M": 1e6}.get(bitrate[-1], 1)
    return float(bitrate.rstrip("kM")) * unit


def require_choices(encoding: OutputSettings, suffix: str) -> None:
    """Checks that the encoder knows what was asked for.

    Raises:
        SettingsError: it does not know the quality or the preset, takes no bitrate, or cannot be
            opened on this machine.
    """
    name, codec = codec_name(encoding, suffix), codec_for(encoding, suffix)
    if encoding.quality is not None:
        if codec.quality is None:
            raise SettingsError(f"{name} has no quality to choose here; leave out --quality.")
        if encoding.quality > codec.worst_quality:
            raise SettingsError(
                f"--quality {encoding.quality} is beyond the scale of {name}; use 0 (best) to "
                f"{codec.worst_quality}."
            )
    if encoding.bitrate is not None and not codec.takes_bitrate:
        raise SettingsError(f"{name} has no bitrate to choose; leave out --bitrate.")
    if encoding.bitrate is None and codec.quality is None and codec.takes_bitrate:
        raise SettingsError(f"--hardware {encoding.hardware} needs a --bitrate, like 8M.")
    if encoding.preset is not None and codec.preset is None:
        raise SettingsError(f"{name} has no presets; leave out --preset.")
    if encoding.preset is not None or encoding.hardware != "none":
        _try(encoding, suffix)


def _open(
    encoding: OutputSettings, suffix: str, size: tuple[int, int], layout: str | None = None
) -> None:
    """Opens an encoder for frames of a size in a pixel format, by default any, and closes it."""
    codec = codec_for(encoding, suffix)
    encoder = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = layout or known_formats(codec)[0]
    encoder.time_base = Fraction(1, 25)
    encoder.options = encoder_options(encoding, suffix, encoder.pix_fmt)
    encoder.open()


def _try(encoding: OutputSettings, suffix: str) -> None:
    name, codec = codec_name(encoding, suffix), codec_for(encoding, suffix)
    try:
        _open(encoding, suffix, (TRIAL_SIDE, TRIAL_SIDE))
    except (av.FFmpegError, OSError, ValueError) as error:
        if encoding.hardware != "none":
            raise SettingsError(
                f"The {encoding.hardware} encoder for {name} cannot be opened on this machine; "
                "leave out --hardware."
            ) from error
        raise SettingsError(
            f"{name} has no preset {encoding.preset!r}; its default is {codec.preset!r}."
        ) from error


def require_encoder(
    encoding: OutputSettings, suffix: str, size: tuple[int, int], index: SourceIndex
) -> None:
    """Checks that the encoder takes frames of a size, by opening it.

    Raises:
        SettingsError: it does not.
    """
    try:
        _open(encoding, suffix, size, fitting_format(encoding, suffix, size, index))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SettingsError(
            f"{codec_name(encoding, suffix)} does not take frames of {size[0]}x{size[1]} "
            f"({error}); use another --size or --codec."
        ) from error


def require_aspect(output: Path, encoding: OutputSettings, index: SourceIndex) -> None:
    """Checks that the result can say that its pixels are not square.

    Raises:
        SettingsError: it cannot.
    """
    suffix = output.suffix.lower()
    square = Fraction(index.sample_aspect_ratio) == 1
    if square or codec_for(encoding, suffix).aspect or suffix not in (MKV, WEBM):
        return
    raise SettingsError(
        f"The pixels of the source are not square, which {codec_name(encoding, suffix)} in "
        f"{suffix} cannot say; use --codec h264 or hevc, or an output that ends in .mp4 or .mov."
    )
