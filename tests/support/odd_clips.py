"""Sources that are out of the ordinary in one known way, made by the tests themselves."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import numpy as np
from av.stream import Disposition

from stylecore.media import run_ffmpeg
from tests.support import clips

LATE_AND_VARIABLE = [500, 540, 620, 636, 700, 1100, 1116, 1200, 1300, 1333, 1400, 1790]
"""Milliseconds."""
SUBTITLES = "1\n00:00:00,050 --> 00:00:00,150\nhello\n\n2\n00:00:00,300 --> 00:00:00,450\nworld\n"
CHAPTERS = [
    {"id": 1, "start": 0, "end": 250, "time_base": Fraction(1, 1000), "metadata": {"title": "a"}},
    {"id": 2, "start": 250, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": "b"}},
]
QUIET_X265 = "log-level=none"
FIELDS = {"crf": "10", "x264-params": "tff=1:mbtree=0"}
"""Of x264: the upper field first."""


def steady(path: Path, rate: Fraction) -> Path:
    """A rate of which a frame lasts no whole number of milliseconds."""
    pts = [rate.denominator * number for number in range(12)]
    return clips.write_clip(
        path, rate=rate, time_base=Fraction(1, rate.numerator), pts=pts, sounds=1
    )


def variable(path: Path) -> Path:
    """Frames of all lengths, of which the first is shown after half a second."""
    return clips.write_clip(path, time_base=Fraction(1, 1000), pts=LATE_AND_VARIABLE, sounds=1)


def edited(path: Path) -> Path:
    """A cut without encoding: frames in the file that a player must not show."""
    plain = clips.write_clip(path.with_name("plain.mp4"), frames=24, sounds=1)
    run_ffmpeg(ffmpeg.input(str(plain), ss=0.5).output(str(path), c="copy"), timeout_seconds=60)
    return path


def tagged(path: Path, *, matrix: int | None, full_range: bool | None) -> Path:
    """With a matrix and a range that it says, or not."""
    tags = {}
    if matrix is not None:
        tags |= {"colorspace": matrix, "color_primaries": matrix, "color_trc": matrix}
    if full_range is not None:
        tags["color_range"] = 2 if full_range else 1
    return clips.write_clip(path, size=(192, 128), tags=tags)


def odd(path: Path, *, full_range: bool) -> Path:
    """Of 161x121 pixels, whose last column and row share their colours with none."""
    return clips.write_clip(
        path, size=(161, 121), frames=3, codec="ffv1", options={},
        tags={"color_range": 2 if full_range else 1, "colorspace": 6},
    )  # fmt: skip


def turned(path: Path, degrees: int, *, mirrored: bool = False) -> Path:
    """With a display matrix."""
    plain = clips.write_clip(path.with_name("plain.mp4"))
    with av.open(str(plain)) as origin, av.open(str(path), "w") as result:
        stream = result.add_stream("libx264", rate=24, options=clips.X264_OPTIONS)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.set_display_rotation(degrees, hflip=mirrored)
        for frame in origin.decode(video=0):
            frame.pict_type = 0
            result.mux(stream.encode(frame))
        result.mux(stream.encode(None))
    return path


def framed(
    path: Path,
    shown: tuple[int, int],
    moved: tuple[int, int] = (0, 0),
    *,
    degrees: int = 0,
    squares: bool = True,
    pixel_format: str = "yuv420p",
    fields: bool = False,
) -> Path:
    """Of which only a part is shown: an MP4 says it in a box, Matroska in elements.

    Args:
        shown: width and height of the part.
        moved: pixels by which its middle is right of and below the picture's.
        degrees: by which the whole is turned.
        squares: say that pixels are; else the size to show is that of the part.
        fields: encode as ``interlaced`` does.
    """
    plain = path.with_name("whole.mp4")
    options = FIELDS if fields else None
    clips.write_clip(plain, rotation=degrees, pixel_format=pixel_format, options=options)
    content = bytearray(plain.read_bytes())
    box = struct.pack(
        ">I4sIIIIiIiI", 40, b"clap", shown[0], 1, shown[1], 1, moved[0], 1, moved[1], 1
    )
    place = 0
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        place = content.index(name, place) - 4
        (size,) = struct.unpack_from(">I", content, place)
        struct.pack_into(">I", content, place, size + len(box))
        end, place = place + size, place + 8
    content[end:end] = box
    if not squares:
        header = content.index(b"tkhd") + 4
        struct.pack_into(">II", content, header + 76, shown[0] << 16, shown[1] << 16)
        content = content.replace(b"pasp", b"none")
    cut = path.with_name("cut.mp4")
    (path if path.suffix == ".mp4" else cut).write_bytes(content)
    if path.suffix == ".mkv":
        run_ffmpeg(ffmpeg.input(str(cut)).output(str(path), c="copy"), timeout_seconds=60)
    return path


def interlaced(path: Path) -> Path:
    """Encoded as fields, the upper one first."""
    return clips.write_clip(path, options=FIELDS)


def deep(path: Path, *, transfer: int = 1, pixel_format: str = "yuv420p10le") -> Path:
    """With 10 bits; of high dynamic range where the transfer is PQ (16) or HLG (18)."""
    primaries = 9 if transfer in (16, 18) else 1
    tags = {"color_trc": transfer, "color_primaries": primaries, "colorspace": primaries}
    return clips.write_clip(
        path, codec="libx265", pixel_format=pixel_format, tags=tags,
        options={"x265-params": f"{QUIET_X265}:transfer={transfer}"},
    )  # fmt: skip


def transparent(path: Path, codec: str, pixel_format: str, **options: str) -> Path:
    """A disc that moves over nothing, half transparent below."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, pixel_format
        stream.metadata["alpha_mode"] = "1"
        for number in range(12):
            image = np.dstack([clips.picture(number), opacity(number)])
            frame = av.VideoFrame.from_ndarray(image, format="rgba").reformat(format=pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def opacity(number: int) -> np.ndarray:
    """(64, 96) uint8."""
    rows, columns = np.mgrid[:64, :96]
    disc = np.where(np.hypot(rows - 24, columns - 30 - number) < 20, 255, 0)
    disc[48:] = 128
    return disc.astype(np.uint8)


def moving_gif(path: Path) -> Path:
    """With delays that differ."""
    return clips.write_clip(
        path, frames=6, codec="gif", pixel_format="rgb8", options={},
        time_base=Fraction(1, 100), pts=[0, 5, 12, 40, 47, 60],
    )  # fmt: skip


def rich(path: Path) -> Path:
    """Matroska with sound in two languages, the second by default, subtitles, chapters, a font, a
    title."""
    plain = clips.write_clip(path.with_name("plain.mp4"), sounds=2)
    (path.with_name("words.srt")).write_text(SUBTITLES)
    with (
        av.open(str(plain)) as origin,
        av.open(str(path.with_name("words.srt"))) as words,
        av.open(str(path), "w") as result,
    ):
        copies = {stream: result.add_stream_from_template(stream) for stream in origin.streams}
        text = result.add_stream_from_template(words.streams[0])
        first, second = (copies[stream] for stream in origin.streams.audio)
        first.metadata["language"], second.metadata["language"] = "deu", "fra"
        text.metadata["language"] = "eng"
        first.disposition, second.disposition = Disposition(0), Disposition.default
        result.add_attachment("letters.ttf", "font/ttf", b"no real font" * 20)
        result.metadata["title"] = "Holiday"
        result.set_chapters(CHAPTERS)
        for container, streams in ((origin, copies), (words, {words.streams[0]: text})):
            for packet in container.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream]
                    result.mux(packet)
    return path


def covered(path: Path, picture: str = "cover.jpg") -> Path:
    """With the picture of an album, which stands before the video."""
    plain = clips.write_clip(path.with_name("plain.mp4"), sounds=1)
    cover = clips.write_picture(path.with_name(picture))
    command = ffmpeg.output(
        ffmpeg.input(str(cover)), ffmpeg.input(str(plain)), str(path),
        c="copy", **{"disposition:v:0": "attached_pic"},
    )  # fmt: skip
    run_ffmpeg(command, timeout_seconds=60)
    return path


def two_pictures(path: Path) -> Path:
    """With a small second video track."""
    big = clips.write_clip(path.with_name("big.mp4"), sounds=1)
    small = clips.write_clip(path.with_name("small.mp4"), size=(48, 32))
    main, second = ffmpeg.input(str(big)), ffmpeg.input(str(small))
    command = ffmpeg.output(main["v"], main["a"], second["v"], str(path), c="copy")
    run_ffmpeg(command, timeout_seconds=60)
    return path


def caption_pieces(number: int) -> bytes:
    """Captions of a frame: none, one piece, many, and bytes that look like marks in H.264."""
    pieces = [0, 1, 20, 40, 2][number % 5]
    return bytes([0, 0, 1] * (number % 2) + [0xFC, 0x14 + number % 12, 0x20] * pieces)


def captioned(path: Path, *, frames: int = 12) -> Path:
    """H.264 with ``caption_pieces``, as ATSC A/53 has them, in every picture."""
    plain = clips.write_clip(path.with_name("plain.mp4"), frames=frames, sounds=1)
    made = path.with_name("captioned.h264")
    with av.open(str(plain)) as source:
        coded = list(source.decode(video=0))
    with av.open(str(made), "w", format="h264") as container:
        options = {"x264-params": "bframes=0:repeat-headers=1"}
        stream = container.add_stream("libx264", rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number, frame in enumerate([*coded, None]):
            if frame is not None:
                frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, 24), 0
            for packet in stream.encode(frame):
                pieces = caption_pieces(packet.pts)
                units = [pieces[begin : begin + 93] for begin in range(0, len(pieces), 93)]
                said = av.Packet(b"".join(map(_caption_unit, units)) + bytes(packet))
                said.pts, said.dts, said.time_base = packet.pts, packet.dts, packet.time_base
                said.is_keyframe, said.stream = packet.is_keyframe, stream
                container.mux(said)
    pictures, sound = ffmpeg.input(str(made), r=24), ffmpeg.input(str(plain))
    command = ffmpeg.output(pictures["v"], sound["a"], str(path), c="copy")
    run_ffmpeg(command, timeout_seconds=60)
    return path


def _caption_unit(pieces: bytes) -> bytes:
    """One SEI unit with one message for these captions."""
    payload = b"\xb5\x00\x31GA94\x03" + bytes([0x40 | len(pieces) // 3, 0xFF]) + pieces + b"\xff"
    content, zeros = bytearray(), 0
    for byte in bytes([4, len(payload)]) + payload + b"\x80":
        if zeros == 2 and byte <= 3:
            content.append(3)
            zeros = 0
        content.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return b"\x00\x00\x00\x01\x06" + bytes(content)


def surrounding(path: Path) -> Path:
    """An MP4 whose picture is a sphere, in the way of the first version of the specification."""
    clips.write_clip(path, sounds=1)
    text = (
        '<rdf:SphericalVideo xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">'
        "<GSpherical:Spherical>true</GSpherical:Spherical>"
        "<GSpherical:Stitched>true</GSpherical:Stitched>"
        "<GSpherical:StitchingSoftware>drawn</GSpherical:StitchingSoftware>"
        "<GSpherical:ProjectionType>equirectangular</GSpherical:ProjectionType>"
        "</rdf:SphericalVideo>"
    )
    content = bytes.fromhex("ffcc8263f8554a938814587a02521fdd") + text.encode()
    box = (8 + len(content)).to_bytes(4) + b"uuid" + content
    data = bytearray(path.read_bytes())
    for kind in (b"moov", b"trak"):
        place = data.index(kind) - 4
        size = int.from_bytes(data[place : place + 4])
        data[place : place + 4] = (size + len(box)).to_bytes(4)
    data[place + size : place + size] = box
    path.write_bytes(data)
    return path


def for_both_eyes(path: Path, way: str) -> Path:
    """A Matroska file, or FFmpeg's MP4, that says how views for both eyes lie in its picture."""
    named = path.with_name("named.mkv")
    plain = ffmpeg.input(str(clips.write_clip(path.with_name("plain.mp4"), sounds=1)))
    command = plain.output(str(named), c="copy", **{"metadata:s:v": f"stereo_mode={way}"})
    run_ffmpeg(command, timeout_seconds=60)
    command = ffmpeg.input(str(named)).output(str(path), c="copy", strict="unofficial")
    run_ffmpeg(command, timeout_seconds=60)
    return path


def cut_short(path: Path) -> Path:
    """A download that stopped at two thirds."""
    clips.write_clip(path, frames=24, sounds=1, container_options={"movflags": "faststart"})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


def numbered(path: Path) -> Path:
    """A folder of pictures whose numbers grow by a digit."""
    for number in range(12):
        clips.write_frame(path / f"f_{99_998 + number}.png", clips.picture(number))
    return path
