"""Which pixel format a result's frames are stored in."""

from dataclasses import dataclass
from functools import lru_cache

import av

from stylecore.errors import SettingsError
from stylecore.media.index import SourceIndex
from stylecore.media.writing.codecs import CODECS, M4V, MP4, Codec, codec_for, codec_name
from stylecore.settings import OutputSettings

MOST_BITS = 10
"""Of a component in a result; what has more is rounded."""


def fitting_format(
    encoding: OutputSettings, suffix: str, size: tuple[int, int], index: SourceIndex
) -> str:
    """Chooses the pixel format of a result.

    Raises:
        SettingsError: the codec cannot hold the frames.
    """
    codec = codec_for(encoding, suffix)
    depth = result_depth(encoding, index)
    chosen = pixel_format(codec, suffix, size, index, chroma=encoding.chroma, depth=depth)
    if chosen is None:
        fitting = [
            name
            for name, codec in CODECS.items()
            if pixel_format(codec, suffix, size, index, chroma="420", depth=depth) is not None
        ]
        raise SettingsError(
            f"{codec_name(encoding, suffix)} cannot hold frames of {size[0]}x{size[1]} with "
            f"{depth} bits here; use {'--bits 8 or ' if depth > 8 else ''}--codec "
            f"{' or '.join(fitting)}."
        )
    return chosen


def pixel_format(
    codec: Codec,
    suffix: str,
    size: tuple[int, int],
    index: SourceIndex,
    *,
    chroma: str,
    depth: int,
) -> str | None:
    """Chooses what frames of ``size`` are stored as; None where the codec cannot hold them.

    The least that holds so many bits, the source's transparency if the codec can, and the
    resolution of its colours if ``chroma`` asks for it.
    """
    wanted = _Layout.of(index.pixel_format) if chroma == "source" else _Layout(2, 2, 8, False)
    uneven = size if not codec.odd else (2, 2)
    alpha = index.alpha and suffix.lower() not in (MP4, M4V)
    fitting = [
        (layout.alpha != alpha, layout.depth, -layout.width, -layout.height, name)
        for name in known_formats(codec)
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


def result_depth(encoding: OutputSettings, index: SourceIndex) -> int:
    """Bits of a colour that a result has at least."""
    if encoding.bits != "auto":
        return int(encoding.bits)
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


def known_formats(codec: Codec) -> list[str]:
    """The codec's formats that the encoder of this build takes."""
    try:
        offered = {layout.name for layout in av.Codec(codec.encoder, "w").video_formats or ()}
    except av.codec.codec.UnknownCodecError:
        return []
    return [name for name in codec.formats if name in offered]
