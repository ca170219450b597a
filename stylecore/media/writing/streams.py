"""What a file holds beside its picture: sound, subtitles, attachments, covers, metadata."""

import io
from collections.abc import Collection, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from stylecore.media.excerpt import Excerpt
from stylecore.media.index import UNKNOWN_CODEC, SourceIndex, StreamInfo
from stylecore.media.opening import open_container
from stylecore.media.reading.packets import is_ruined
from stylecore.media.writing.codecs import CODECS, CONTAINERS, M4V, MKV, MOV, MP4, WEBM, codec_name
from stylecore.settings import OutputSettings

KIND_NAMES = {
    "audio": "sound track", "subtitle": "subtitle track", "attachment": "attachment",
    "cover": "cover picture", "video": "further picture", "data": "data track",
}  # fmt: skip
COVERS = {"png": ("png", "image/png"), "mjpeg": ("jpg", "image/jpeg")}
"""Codecs of cover pictures, with the ending and the media type of such a file."""
COPIED = ("audio", "subtitle", "attachment", "cover")
"""Kinds that results get bit by bit, where their container holds them."""
WORTH_A_CONTAINER = ("audio", "subtitle", "attachment")
"""Kinds that the container is changed for."""
ROOMY = (MKV, MOV)
"""Containers that are tried in place of a named one."""
NAMES = ("title", "artist", "comment", "copyright", "creation_time")
"""Metadata that people look for."""
UNDATED = "1970-01-01T00:00:00.000000Z"
"""What a creation time of 0 reads as."""
OF_THE_CONTAINER = frozenset(
    {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
)
"""Metadata that describes the file itself; the result has its own."""
OF_THE_STREAM = frozenset(
    {
        "encoder",
        "vendor_id",
        "duration",
        "bps",
        "number_of_frames",
        "number_of_bytes",
        "alpha_mode",
        "stereo_mode",
    }
)
"""Likewise of a track, in lower case and without a language behind a dash."""


def copied_streams(
    source: Path, index: SourceIndex, suffix: str, encoding: OutputSettings
) -> tuple[StreamInfo, ...]:
    """The streams beside the picture that a file with this suffix gets as they are."""
    if encoding.audio == "drop" or suffix.lower() not in CONTAINERS:
        return ()
    return tuple(info for info in index.streams if holds(suffix, source, info))


def fitting_name(
    output: Path, source: Path, index: SourceIndex, encoding: OutputSettings
) -> tuple[Path, tuple[str, ...]]:
    """Renames the output where another container holds all streams and its own not; with a note."""
    suffix = output.suffix.lower()
    if encoding.container == "named" or encoding.audio == "drop" or suffix not in CONTAINERS:
        return output, ()
    wanted = [info for info in index.streams if info.kind in WORTH_A_CONTAINER]
    lost = [info for info in wanted if not holds(suffix, source, info)]
    codec = codec_name(encoding, suffix)
    for other in ROOMY if lost else ():
        if other in CODECS[codec].containers and all(holds(other, source, i) for i in wanted):
            names = " and ".join(dict.fromkeys(described(info) for info in lost))
            renamed = output.with_suffix(other)
            return renamed, (
                f"The result is {renamed.name}, since {suffix} cannot hold {names}; --container "
                "named keeps the name and leaves that out.",
            )
    return output, ()


def described(info: StreamInfo) -> str:
    """Like "a subtitle track (subrip)"."""
    name = KIND_NAMES.get(info.kind, info.kind)
    coding = f" ({info.codec})" if info.codec != UNKNOWN_CODEC else ""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}{coding}"


def holds(suffix: str, source: Path, info: StreamInfo) -> bool:
    """Whether a copy can be written, by trying: muxers refuse some codecs that they list."""
    if info.kind == "attachment":
        return suffix.lower() == MKV
    if info.kind == "cover":
        return info.codec in COVERS and suffix.lower() in (MP4, M4V, MKV)
    if info.kind not in ("audio", "subtitle"):
        return False
    try:
        _try_copy(suffix, source, info)
    except (av.FFmpegError, ValueError, StopIteration):
        return False
    return True


def time_before_zero(suffix: str, source: Path, info: StreamInfo) -> Fraction:
    """Seconds by which a copy of a sound track would begin before 0 where the file cannot say so.

    Not only the container decides: Matroska says so for some codecs, by their own delay.
    """
    if info.kind != "audio":
        return Fraction(0)
    was, scratch = _try_copy(suffix, source, info)
    if was >= 0:
        return Fraction(0)
    scratch.seek(0)
    with av.open(scratch, format=CONTAINERS[suffix.lower()]) as result:
        packet = next(packet for packet in result.demux() if packet.pts is not None)
        now = packet.pts * Fraction(packet.time_base)
    return -was if now >= 0 else Fraction(0)


def needed_delay(
    excerpt: Excerpt, suffix: str, copied: Sequence[StreamInfo], unit: Fraction
) -> Fraction:
    """Seconds by which everything in a result begins later, so that nothing begins before 0.

    Args:
        suffix: of the result; MP4 and MOV can begin before 0.
        copied: streams beside the picture that the result holds.
        unit: seconds of a unit of the result's clock, of which the delay is a multiple.
    """
    if suffix not in (MKV, WEBM):
        return Fraction(0)
    before = [-excerpt.index.pts[0] * excerpt.index.seconds_per_unit]
    if excerpt.whole:
        before += [time_before_zero(suffix, excerpt.path, info) for info in copied]
    return ceil(max(Fraction(0), *before) / unit) * unit


def _try_copy(suffix: str, source: Path, info: StreamInfo) -> tuple[Fraction, io.BytesIO]:
    """When a sound track begins, in seconds, and a file that holds its beginning.

    Raises:
        FFmpegError, ValueError: the container cannot hold a copy.
        StopIteration: there is nothing to copy.
    """
    file, time = io.BytesIO(), Fraction(0)
    with (
        open_container(source) as origin,
        av.open(file, "w", format=CONTAINERS[suffix.lower()]) as scratch,
    ):
        stream = origin.streams[info.index]
        copy = add_copy(scratch, stream)
        scratch.start_encoding()
        if info.kind == "audio":  # Subtitles may begin late; looking for one reads it all.
            packets = (packet for packet in origin.demux(stream) if packet.dts is not None)
            packet = next(packet for packet in packets if not is_ruined(packet))
            if packet.pts is not None:
                time = packet.pts * Fraction(packet.time_base)
            packet.stream = copy
            scratch.mux(packet)
    return time, file


def notes_on_left_out(
    source: Path, left: Sequence[StreamInfo], suffix: str, others: Collection[str]
) -> list[str]:
    """Why streams are not in the result, in sentences; like ones together.

    Args:
        left: the streams; of a timecode what it says is kept, which is looked at later.
        suffix: of the result.
        others: suffixes that the result could have as well.
    """
    reasons: dict[tuple[str, str, str], int] = {}
    for info in left:
        if info.kind != "timecode":
            told = (info.kind, info.codec, _reason(source, info, suffix, others))
            reasons[told] = reasons.get(told, 0) + 1
    notes = []
    for (kind, codec, reason), count in reasons.items():
        one = described(StreamInfo(index=0, kind=kind, codec=codec))
        number = f" ({count} of them)" if count > 1 else ""
        notes.append(f"{one[0].upper()}{one[1:]} is left out{number}: {reason}")
    return notes


def _reason(source: Path, info: StreamInfo, suffix: str, others: Collection[str]) -> str:
    if info.kind == "video":
        return "one picture is painted; the others stay in the source."
    if info.kind not in COPIED:
        return "only sound, subtitles, attachments and covers are copied."
    if holding := [other for other in sorted(others) if holds(other, source, info)]:
        endings = " or ".join(holding)
        return f"{suffix} files cannot hold a copy of it. An output that ends in {endings} can."
    return "it is empty, damaged, or of a kind that cannot be copied."


def add_copy(result: OutputContainer, stream: Stream) -> Stream:
    """A stream of the result like one of the source, with its names and flags."""
    copy = result.add_stream_from_template(stream)
    copy.metadata.update(stream_metadata(stream))
    copy.disposition = stream.disposition
    return copy


def add_cover_file(result: OutputContainer, source: Path, info: StreamInfo) -> None:
    """The cover as an attachment, which is what Matroska keeps covers as."""
    ending, kind = COVERS[info.codec]
    with open_container(source) as origin:
        picture = next(packet for packet in origin.demux(origin.streams[info.index]) if packet.size)
        result.add_attachment(f"cover.{ending}", kind, bytes(picture))


def stream_metadata(stream: Stream) -> dict[str, str]:
    """Language, title and the like of a track, without what describes its encoding."""
    return {
        key: value
        for key, value in stream.metadata.items()
        if key.lower().partition("-")[0].lstrip("_") not in OF_THE_STREAM
        and not key.startswith("_STATISTICS")
    }


def named_metadata(container: InputContainer) -> dict[str, str]:
    """What people look for in the metadata of a file, by the names of ``NAMES``."""
    said = {key.lower(): value for key, value in file_metadata(container).items() if value}
    return {key: said[key] for key in NAMES if said.get(key, UNDATED) != UNDATED}


def file_metadata(container: InputContainer) -> dict[str, str]:
    """Title, artist and the like of a file."""
    return {
        key: value
        for key, value in container.metadata.items()
        if key.lower() not in OF_THE_CONTAINER
    }
