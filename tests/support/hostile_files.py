"""Files that want more than to be read: references to other files, and claims beyond all memory."""

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from tests.support import clips

SIDE = 16_000
"""256 million pixels: below ffmpeg's own limit, and more than a gigabyte once decoded."""
PLAIN_X264 = {"profile": "baseline", "x264-params": "mbtree=0:bframes=0:cabac=0:8x8dct=0"}


# --- boxes of MP4 and QuickTime ------------------------------------------------------------------


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return numbers(8 + len(content)) + kind + content


def table(kind: bytes, *parts: bytes) -> bytes:
    """A box that begins with a version and flags of 0."""
    return box(kind, bytes(4), *parts)


TYPE = box(b"ftyp", b"qt  ", numbers(512), b"qt  ")


def movie(
    *,
    samples: int = 4,
    sample_size: int = 25,
    duration: int = 40,
    reference: bytes = box(b"url ", numbers(1)),
    more: bytes = b"",
) -> bytes:
    """A QuickTime file with one track of MPEG-4 pictures, whose samples are zeros.

    Args:
        duration: of a sample in milliseconds.
        reference: where the track's samples are; by default in the file itself.
        more: boxes after the track.
    """
    lasts = samples * duration % 2**32
    unity = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    entry = box(
        b"mp4v", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", 64, 64),
        numbers(0x480000, 0x480000, 0), struct.pack(">H", 1), bytes(32), struct.pack(">Hh", 24, -1),
    )  # fmt: skip
    tables = box(
        b"stbl", table(b"stsd", numbers(1), entry), table(b"stts", numbers(1, samples, duration)),
        table(b"stsc", numbers(1, 1, samples, 1)), table(b"stsz", numbers(sample_size, samples)),
        table(b"stco", numbers(1, len(TYPE) + 8)),
    )  # fmt: skip
    media = box(
        b"mdia", table(b"mdhd", numbers(0, 0, 1000, lasts), bytes(4)),
        table(b"hdlr", numbers(0), b"vide", bytes(13)),
        box(b"minf", table(b"vmhd", bytes(8)),
            box(b"dinf", table(b"dref", numbers(1), reference)), tables),
    )  # fmt: skip
    track = box(
        b"trak",
        box(b"tkhd", numbers(7, 0, 0, 1, 0, lasts), bytes(16), unity, numbers(64 << 16, 64 << 16)),
        media,
    )
    header = table(
        b"mvhd", numbers(0, 0, 1000, lasts, 0x10000, 0x1000000, 0, 0), unity, bytes(24), numbers(2)
    )
    return TYPE + box(b"mdat", bytes(100)) + box(b"moov", header, track, more)


def alias(path: Path) -> bytes:
    """A data reference by the record of a Macintosh alias that names another file."""
    name = bytes(path)
    padded = name + bytes(len(name) % 2)
    record = bytes(10) + bytes(28) + bytes(12) + bytes(64) + bytes(16) + bytes(4) + bytes(16)
    absolute_path = struct.pack(">HH", 2, len(name)) + padded
    return box(b"alis", bytes(4), record, absolute_path, b"\xff\xff\0\0")


def fragmented(samples: int) -> bytes:
    """A movie with a fragment that claims many samples without a row for each."""
    extends = box(b"mvex", table(b"trex", numbers(1, 1, 40, 1, 0)))
    run = table(b"trun", numbers(samples))
    header = table(b"tfhd", numbers(1))
    moof = box(b"moof", table(b"mfhd", numbers(1)), box(b"traf", header, run))
    return movie(more=extends) + moof + box(b"mdat", bytes(100))


def compressed_header(megabytes: int) -> bytes:
    """A QuickTime header that was compressed from zeros."""
    data = zlib.compress(bytes(megabytes << 20), 1)
    stored = box(b"cmvd", numbers(megabytes << 20), data)
    return TYPE + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), stored))


# --- pictures ------------------------------------------------------------------------------------


def png(side: int) -> bytes:
    """A whole PNG of 1-bit black."""
    data = zlib.compress(bytes((1 + (side + 7) // 8) * side), 1)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def apng(side: int) -> bytes:
    """An animated PNG with a canvas of ``side``, of which two frames of 64x64 are painted."""
    frames = [Image.new("L", (64, 64), shade) for shade in (0, 255)]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    huge = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return file.getvalue().replace(_chunk(b"IHDR", header), _chunk(b"IHDR", huge))


def gif(side: int) -> bytes:
    """A GIF with a canvas of ``side``, on which one pixel is painted."""
    colours = bytes(3) + b"\xff\xff\xff"
    screen = struct.pack("<HHBBB", side, side, 0x80, 0, 0) + colours
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + screen + picture + b"\x3b"


def webp(side: int) -> bytes:
    """The beginning of a lossless WebP."""
    sizes = (side - 1) | (side - 1) << 14
    data = b"\x2f" + struct.pack("<I", sizes) + bytes(40)
    return b"RIFF" + struct.pack("<I", 12 + len(data)) + b"WEBPVP8L" + struct.pack("<I", 45) + data


def tiff(side: int) -> bytes:
    """A TIFF of 8-bit grey in one strip that is not there."""
    tags = ((256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, side),
            (279, 100))  # fmt: skip
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(104)


def jpeg(side: int) -> bytes:
    """A JPEG of grey up to where its pixels would begin."""
    frame = struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0)
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", 2 + len(frame)) + frame + b"\xff\xda\0\2\xff\xd9"


def bmp(side: int) -> bytes:
    """A BMP of 24 bits without its pixels."""
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + header + bytes(100)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return numbers(len(data)) + kind + data + numbers(zlib.crc32(kind + data))


# --- videos whose pictures are not what their containers say -------------------------------------


def write_huge_parameters(path: Path) -> None:
    """64x64 in MP4's own words; H.264's own say that a picture has 16000x16000 pixels."""
    clips.write_clip(path, frames=4, size=(64, 64), options=PLAIN_X264)
    whole = path.read_bytes()
    start = whole.index(b"avcC") + 12
    old = whole[start : start + int.from_bytes(whole[start - 2 : start])]
    path.write_bytes(whole.replace(old, h264_parameters(SIDE, SIDE).ljust(len(old), b"\0")))


def write_growing_pictures(path: Path) -> None:
    """A raw H.264 stream whose parameters change to 16000x16000 half-way."""
    small = path.with_suffix(".small.h264")
    clips.write_clip(small, frames=8, size=(64, 64), options=PLAIN_X264)
    whole = small.read_bytes()
    small.unlink()
    start = whole.index(b"\0\0\0\1\x67") + 4
    stop = whole.index(b"\0\0\0\1", start)
    path.write_bytes(whole + whole[:start] + h264_parameters(SIDE, SIDE) + whole[stop:])


def write_huge_declaration(path: Path, codec: str) -> None:
    """Matroska that declares 16000x16000 for pictures of 272x272."""
    clips.write_clip(path, frames=4, size=(272, 272), codec=codec, options={})
    whole = path.read_bytes()
    for element in (b"\xb0\x82", b"\xba\x82"):  # PixelWidth and PixelHeight, of two bytes each
        whole = whole.replace(
            element + struct.pack(">H", 272), element + struct.pack(">H", SIDE), 1
        )
    path.write_bytes(whole)


def write_huge_frame(path: Path) -> None:
    """A QuickTime file of 64x64 whose only frame is a PNG of 30000x30000."""
    with av.open(str(path), "w", format="mov") as result:
        stream = result.add_stream("png", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "monob"
        packet = av.Packet(png(30_000))
        packet.pts = packet.dts = 0
        packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 24), stream, True
        result.mux(packet)


def h264_parameters(width: int, height: int) -> bytes:
    """A sequence parameter set of the baseline profile (ITU-T H.264, 7.3.2.1.1)."""
    bits = f"{66:08b}{0:08b}{62:08b}"  # profile, constraints, level
    bits += "".join(map(_exp_golomb, (0, 0, 2, 1))) + "0"  # order of pictures, references
    bits += _exp_golomb(width // 16 - 1) + _exp_golomb(height // 16 - 1)
    bits += "11001"  # whole frames, 8x8 inference, no cropping, no more; the end mark
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))
    return b"\x67" + data


def _exp_golomb(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits
