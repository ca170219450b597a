"""What goes in comes out: the table of sources, with what became of each.

    python -m tests.tools.media_contract [--clips FOLDER]

Every source goes through a whole job with the engine that changes nothing and a lossless codec, and
is compared with the result by means of PyAV alone. Prints a row for each and ends with 1 if one is
not what was expected of it. Without ``--clips`` the sources are made here, and a second table shows
the times of every container, rate and kind of sound (``tests.tools.times_contract``). Of a clip
that is not known here any outcome is as expected, but not a difference that nothing was said of.
"""

import argparse
import hashlib
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from stylecore import OutputSettings, VideoSettings, stylize_video
from stylecore.errors import MediaError
from stylecore.media import VIDEO_SUFFIXES
from stylecore.settings import SourceSettings
from stylecore.store import Published
from tests.support import clips, odd_clips
from tests.support.commit import commit
from tests.support.fidelity import psnr
from tests.tools import times_contract

Outcome = Literal["kept", "noted", "refused"]
UNREMARKABLE = ("does not say its colour matrix", "Colour is stored at a lower resolution")
"""Notes that are no conversion: the guess is written into the result, and one option away."""
FOLDER_FRAME = Fraction(1, 24)
"""Seconds that a picture of a folder is shown, if nothing else is asked for."""
LUMA_FLOOR = 60.0
"""Decibels."""
CHROMA_FLOOR = 60.0
"""Decibels."""
X264_FLOOR = 55.0
"""Decibels of both for more than 8 bits, of which x264 loses some at its best."""
DRIFT = 0.1
"""Levels that colours may be off on average."""
LOSSLESS = {
    ".mp4": OutputSettings(codec="h264", quality=0, preset="ultrafast", chroma="source"),
    ".mkv": OutputSettings(codec="ffv1"),
}


@dataclass(frozen=True)
class Case:
    """A source and what is expected of it."""

    name: str
    make: Callable[[Path], Path]
    """Makes the source in a folder, or names it."""
    outcome: Outcome | None = "kept"
    """None where any is well."""
    words: str = ""
    """Part of the note or of the refusal."""
    result: str = ".mp4"
    """Suffix of the output that is asked for."""
    comes_as: str = ""
    """Suffix of the result, where the container is changed."""
    source: SourceSettings = field(default_factory=SourceSettings)
    output: OutputSettings | None = None
    """Lossless by the suffix when None."""
    hidden: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Columns and rows of the coded picture that are not shown: left, above, right, below."""
    luma: bool = True
    """Whether the picture must come through: not where it is deinterlaced or tone-mapped."""


@dataclass
class Facts:
    """A file as PyAV shows it."""

    times: list[Fraction] = field(default_factory=list)
    seconds: Fraction = Fraction(0)
    size: tuple[int, int] = (0, 0)
    turned: int = 0
    aspect: Fraction = Fraction(1)
    tags: tuple[int, ...] = ()
    """Matrix, primaries, transfer, range."""
    depth: int = 8
    streams: dict[str, list[str]] = field(default_factory=dict)
    """Digests of all packets of each sound and subtitle track, by kind."""
    chapters: int = 0


@dataclass(frozen=True)
class Row:
    """What became of a source."""

    case: Case
    outcome: Outcome
    said: str
    """The notes that matter, or the refusal."""
    was: Facts | None = None
    now: Facts | None = None
    suffix: str = ""
    time_error: float = 0.0
    """Seconds."""
    luma: float | None = None
    """Decibels."""
    chroma: float | None = None
    """Decibels of the worse of the two; None where they are stored at a lower resolution."""
    drift: float = 0.0
    """Mean error of a colour, in levels of 8 bits."""
    beyond: float = 0.0
    """Percent of pixels whose colours RGB does not have."""

    @property
    def complaints(self) -> list[str]:
        """How it differs from what was expected."""
        found = []
        if self.case.outcome not in (None, self.outcome):
            found.append(f"{self.outcome} in place of {self.case.outcome}")
        if self.case.words not in self.said:
            found.append(f"does not say {self.case.words!r}")
        if self.was is None or self.now is None:
            return found
        if len(self.was.times) != len(self.now.times):
            found.append(f"{len(self.now.times)} frames in place of {len(self.was.times)}")
        if self.time_error > 0:
            found.append(f"a frame is {1000 * self.time_error:.3f} ms off")
        is_lossless = self.was.depth == 8 or self.suffix != ".mp4"
        if self.luma is not None and self.luma < (LUMA_FLOOR if is_lossless else X264_FLOOR):
            found.append(f"luma is only {self.luma:.1f} dB like the source's")
        if self.chroma is not None and self.chroma < (CHROMA_FLOOR if is_lossless else X264_FLOOR):
            found.append(f"colour is only {self.chroma:.1f} dB like the source's")
        if abs(self.drift) > DRIFT:
            found.append(f"colours are {self.drift:+.2f} levels off")
        is_known = self.case.outcome is not None
        if is_known and self.suffix != (self.case.comes_as or self.case.result):
            found.append(f"comes as {self.suffix}")
        if self.was.chapters != self.now.chapters:
            found.append("chapters are lost")
        for kind, digests in self.now.streams.items():
            if not set(digests) <= set(self.was.streams.get(kind, [])):
                found.append(f"{kind} has other bytes")
        if self.case.luma and self.was.size != self.now.size:
            found.append("the size differs")
        if self.was.aspect != self.now.aspect:
            found.append("the pixels have another aspect")
        return found


def check(case: Case, folder: Path) -> Row:
    """Sends the source through a job and compares."""
    source = case.make(folder)
    style = clips.write_picture(folder / "style.png")
    settings = VideoSettings(
        engine="identity",
        source=case.source,
        output=case.output or LOSSLESS[case.result],
    )
    target = folder / f"out{case.result}"
    try:
        published = stylize_video(source, style, target, settings, workspace=folder / "jobs")
    except MediaError as error:
        return Row(case, "refused", str(error))
    return _compared(case, source, published)


def _compared(case: Case, source: Path, published: Published) -> Row:
    remarkable = [
        note for note in published.notes if not any(words in note for words in UNREMARKABLE)
    ]
    was, now = facts(source, case.hidden), facts(published.output)
    # Both are exact in their own units: what is left is half a unit of the coarser one.
    grid = Fraction(1, 1000) if published.output.suffix == ".mkv" else Fraction(0)
    errors = [
        max(Fraction(0), abs(before - after) - grid / 2)
        for before, after in zip(was.times, now.times, strict=False)
    ]
    return Row(
        case,
        "noted" if remarkable else "kept",
        " ".join(remarkable),
        was,
        now,
        published.output.suffix,
        float(max(errors, default=Fraction(0))),
        **(compared_pictures(case, source, published.output, now.tags[0]) if case.luma else {}),
    )


def compared_pictures(
    case: Case, source: Path, result: Path, matrix: int
) -> dict[str, float | None]:
    """Fields of the row: the worst frame over the colours that RGB can show.

    YUV has colours beyond RGB, blacker than black for one, which no screen shows. They are clipped.
    """
    worst, worst_colour, beyond, drifts = math.inf, math.inf, [], []
    for before, after in zip(frames_of(source), frames_of(result), strict=False):
        shown = upright(showable(before, matrix), before, case.hidden)
        was, now = upright(luma(before), before, case.hidden), luma(after)
        if shown.any():
            worst = min(worst, psnr(was[shown], now[shown], peak=255))
        beyond.append(1 - shown.mean())
        shown = with_partners(shown)
        if not holds_colours(after, before) or not shown.any():
            continue
        for place in (1, 2):
            was = upright(_plane(before, place), before, case.hidden)
            now = _plane(after, place)
            worst_colour = min(worst_colour, psnr(was[shown], now[shown], peak=255))
            drifts.append(float((now[shown] - was[shown]).mean()))
    return {
        "luma": worst,
        "beyond": 100 * float(np.mean(beyond)),
        "chroma": worst_colour if drifts else None,
        "drift": max(drifts, key=abs, default=0.0),
    }


def holds_colours(after: av.VideoFrame, before: av.VideoFrame) -> bool:
    """Whether both have planes of colours, and the second frame's are no finer."""
    if before.format.is_rgb or before.format.name == "pal8" or len(before.planes) < 3:
        return False
    needed, there = pixels_of_a_colour(before), pixels_of_a_colour(after)
    if int(before.rotation) % 180:
        needed = needed[::-1]
    return there[0] <= needed[0] and there[1] <= needed[1]


def pixels_of_a_colour(frame: av.VideoFrame) -> tuple[int, int]:
    """Across and down."""
    plane = frame.planes[1]
    return -(-frame.width // plane.width), -(-frame.height // plane.height)


def with_partners(shown: np.ndarray) -> np.ndarray:
    """Where every pixel of the block of 4x4, which is as large as any colour's, is shown."""
    height, width = shown.shape
    whole = np.pad(shown, ((0, -height % 4), (0, -width % 4)), constant_values=True)
    blocks = whole.reshape(whole.shape[0] // 4, 4, -1, 4).all((1, 3))
    return blocks.repeat(4, 0).repeat(4, 1)[:height, :width]


def showable(frame: av.VideoFrame, matrix: int) -> np.ndarray:
    """(H, W) bool: where YUV, converted as ITU-R BT.601 and BT.709 say, is within RGB."""
    layout = frame.format
    if layout.is_rgb or layout.name == "pal8":
        return np.ones((frame.height, frame.width), bool)
    full = int(frame.color_range) == 2 or layout.name.startswith("yuvj")
    u, v = ((_plane(frame, place) - 128) / (255 if full else 224) for place in (1, 2))
    y = luma(frame) / 255 if full else (luma(frame) - 16) / 219
    red, blue = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}.get(matrix, (0.299, 0.114))
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.all([(colour > -0.002) & (colour < 1.002) for colour in (r, g, b)], axis=0)


def facts(path: Path, hidden: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Facts:
    """Everything of a file that the contract is about, found without the project's own readers."""
    found = Facts()
    for frame in frames_of(path):
        time = frame.pts if frame.pts is not None else frame.dts
        found.times.append(time * Fraction(frame.time_base))
        lasts = (frame.duration or 0) * frame.time_base
    found.seconds = found.times[-1] - found.times[0] + lasts
    found.size = upright(np.empty((frame.height, frame.width)), frame, hidden).shape[::-1]
    found.turned = int(frame.rotation)
    found.tags = tuple(
        int(tag)
        for tag in (frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range)
    )
    found.depth = max(component.bits for component in frame.format.components)
    if path.is_file():
        with av.open(str(path)) as container:
            aspect = Fraction(_picture(container).sample_aspect_ratio or 1)
            found.aspect = 1 / aspect if found.turned % 180 else aspect
            found.chapters = len(container.chapters())
        found.streams = dict(_digests(path))
    return found


def frames_of(path: Path) -> Iterator[av.VideoFrame]:
    """All frames that decode, of a file or of a folder of numbered pictures."""
    if path.is_dir():
        numbered = sorted((int(file.stem.split("_")[1]), file) for file in path.iterdir())
        for place, (_, file) in enumerate(numbered):
            frame = av.VideoFrame.from_ndarray(clips.read_frame(file), format="rgb24")
            frame.pts, frame.duration, frame.time_base = place, 1, FOLDER_FRAME
            yield frame
        return
    with av.open(str(path)) as container:
        stream = _picture(container)
        stream.thread_type = "AUTO"
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                continue


def _picture(container: Any) -> Any:
    return next(
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    )


def luma(frame: av.VideoFrame) -> np.ndarray:
    """(H, W) float on the scale of 8 bits: the first plane, or BT.601 luma of RGB."""
    if frame.format.is_rgb or frame.format.name == "pal8":
        rgb = frame.to_ndarray(format="rgb24").astype(np.float32)
        return np.rint(16 + rgb @ np.array([0.299, 0.587, 0.114]) * (219 / 255))
    return _plane(frame, 0)


def _plane(frame: av.VideoFrame, place: int) -> np.ndarray:
    """A plane at the frame's size, on the scale of 8 bits."""
    plane, bits = frame.planes[place], frame.format.components[0].bits
    values = np.frombuffer(plane, np.uint16 if bits > 8 else np.uint8)
    rows = values.reshape(-1, plane.line_size // values.itemsize)[: plane.height, : plane.width]
    down, across = -(-frame.height // plane.height), -(-frame.width // plane.width)
    repeated = rows.repeat(down, axis=0).repeat(across, axis=1)[: frame.height, : frame.width]
    return repeated.astype(np.float32) / 2 ** (bits - 8)


def upright(
    picture: np.ndarray, frame: av.VideoFrame, hidden: tuple[int, int, int, int]
) -> np.ndarray:
    """What is shown, turned by the display matrix, which maps (x, y) to (a x + c y, b x + d y)."""
    left, above, right, below = hidden
    picture = picture[above : frame.height - below, left : frame.width - right]
    side_data = frame.side_data.get("DISPLAYMATRIX")
    if side_data is None:
        return picture
    a, b, _, c, d = np.frombuffer(bytes(side_data)[:20], np.int32)
    if abs(b) > abs(a):
        return picture.T[:: -1 if b < 0 else 1, :: -1 if c < 0 else 1]
    return picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _digests(path: Path) -> Iterator[tuple[str, list[str]]]:
    with av.open(str(path)) as container:
        kinds = {stream.index: stream.type for stream in container.streams}
        found = {
            index: hashlib.sha256() for index in kinds if kinds[index] in ("audio", "subtitle")
        }
        if found:
            for packet in container.demux([container.streams[index] for index in found]):
                found[packet.stream.index].update(bytes(packet))
    for kind in ("audio", "subtitle"):
        yield kind, [found[index].hexdigest() for index in found if kinds[index] == kind]


def generated_cases() -> list[Case]:
    """Sources that are made here."""
    from tests.support.odd_clips import deep, steady, tagged, transparent, turned

    def case(name: str, make: Callable[..., Path], *given: Any, **more: Any) -> Case:
        """``more``: keywords of the case; ``make`` gets the file to write and what is given."""
        suffix = more.pop("suffix", ".mp4")
        keywords = more.pop("keywords", {})
        return Case(name, lambda at: make(at / f"in{suffix}", *given, **keywords), **more)

    rates = {"23.976": (24000, 1001), "29.97": (30000, 1001), "59.94": (60000, 1001)}
    return [
        *(case(f"{name} frames a second", steady, Fraction(*rate)) for name, rate in rates.items()),
        case("variable rate, starts late", odd_clips.variable),
        case("variable rate, Matroska", odd_clips.variable, suffix=".mkv", result=".mkv"),
        case("edit list", odd_clips.edited),
        *(
            case(f"matrix {matrix}, {'full' if full else 'limited'} range", tagged,
                 keywords={"matrix": matrix, "full_range": full})
            for matrix in (1, 6) for full in (False, True)
        ),
        case("no tags", tagged, keywords={"matrix": None, "full_range": None}),
        *(case(f"turned by {degrees}", turned, degrees) for degrees in (90, 180, 270)),
        case("mirrored", turned, 0, keywords={"mirrored": True}),
        case("turned and mirrored", turned, 90, keywords={"mirrored": True}),
        case("pixels of 16:11", clips.write_clip, keywords={"aspect": Fraction(16, 11)}),
        case("641x359", clips.write_clip,
             keywords={"size": (641, 359), "frames": 3, "pixel_format": "yuv444p"}),
        *(
            case(f"161x121, 4:2:0, {'full' if full else 'limited'} range", odd_clips.odd,
                 keywords={"full_range": full}, suffix=".mkv", outcome="noted", words="is odd")
            for full in (False, True)
        ),
        *(
            case(name, odd_clips.framed, outcome="noted", words="cropped", **more)
            for name, more in (
                ("clean aperture", {"keywords": {"shown": (64, 48), "moved": (8, -4)},
                                    "hidden": (24, 4, 8, 12)}),
                ("clean aperture, turned", {"keywords": {"shown": (64, 48), "degrees": 90},
                                            "hidden": (16, 8, 16, 8)}),
                ("clean aperture between colours", {"keywords": {"shown": (61, 47)},
                                                    "hidden": (16, 8, 20, 10)}),
                ("PixelCrop", {"keywords": {"shown": (64, 48)}, "suffix": ".mkv",
                               "hidden": (16, 8, 16, 8)}),
            )
        ),
        case("interlaced", odd_clips.interlaced, suffix=".mkv", outcome="noted",
             words="one frame for each frame", luma=False),
        case("10 bits", deep),
        case("10 bits, lossless", deep, result=".mkv"),
        case("PQ", deep, keywords={"transfer": 16}, outcome="refused", words="--hdr tonemap"),
        case("PQ, tone-mapped", deep, keywords={"transfer": 16}, outcome="noted",
             source=SourceSettings(hdr="tonemap"), words="rounded to 8", luma=False),
        case("HLG, tone-mapped", deep, keywords={"transfer": 18}, outcome="noted",
             source=SourceSettings(hdr="tonemap"), words="tone-mapped", luma=False),
        case("PQ of 8 bits, tone-mapped", deep,
             keywords={"transfer": 16, "pixel_format": "yuv420p"}, outcome="noted",
             source=SourceSettings(hdr="tonemap"), words="tone-mapped", luma=False),
        case("two sound tracks", clips.write_clip, keywords={"sounds": 2}),
        case("subtitles, chapters, a font", odd_clips.rich, suffix=".mkv", result=".mkv"),
        case("the same to MP4", odd_clips.rich, suffix=".mkv", comes_as=".mkv", outcome="noted",
             words="cannot hold a subtitle track"),
        case("cover picture", odd_clips.covered),
        case("two video tracks", odd_clips.two_pictures, outcome="noted", words="further picture"),
        case("GIF", odd_clips.moving_gif, suffix=".gif", outcome="noted",
             words="played without end"),
        case("one frame", clips.write_clip, keywords={"frames": 1}),
        case("VP9 with alpha", transparent, "libvpx-vp9", "yuva420p", suffix=".webm",
             result=".mkv"),
        case("VP9 with alpha to MP4", transparent, "libvpx-vp9", "yuva420p", suffix=".webm",
             outcome="noted", words="transparency is left out"),
        case("ProRes 4444 with alpha", transparent, "prores_ks", "yuva444p10le", suffix=".mov",
             keywords={"profile": "4"}, result=".mkv", outcome="noted", words="rounded to 10"),
        case("pictures 99,998 to 100,009", odd_clips.numbered, suffix=""),
        case("cut short", odd_clips.cut_short, outcome="refused", words="--allow-damaged"),
        case("cut short, allowed", odd_clips.cut_short, outcome="noted",
             source=SourceSettings(allow_damaged=True), words="Damaged source"),
    ]  # fmt: skip


REAL: dict[str, dict[str, Any]] = {
    "bigbuckbunny_5s_audio.mp4": {},
    "bikes_city_cuts.mp4": {},
    "broken_invalid_bitstream.webm": {"outcome": "refused", "words": "No frame"},
    "cars_overhead_audio.mp4": {},
    "cat_on_blanket_phone_vfr.mp4": {},
    "chaplin_bw_audio.mp4": {},
    "cockatoo_yuv444.mp4": {},
    "davis_bear_walk.mp4": {},
    "davis_bmx_bumps_432x240.mp4": {},
    "davis_rollercoaster.mp4": {},
    "derived_interlaced_1080i_tff.ts": {
        "outcome": "noted", "words": "one frame for each frame", "luma": False,
    },
    "derived_prores422_10bit.mov": {},
    "derived_truncated.mp4": {"outcome": "refused", "words": "37 of 377 frames"},
    "derived_vfr_strong_audio.mp4": {},
    "dolbyvision_1080p60.mp4": {},
    "foreman_hevc_720p.mp4": {},
    "hdr10_av1_portrait.mp4": {"outcome": "refused", "words": "--hdr tonemap"},
    "newtonscradle.gif": {"outcome": "noted", "words": "played without end"},
    "people_corridor_long_10fps.mp4": {},
    "phone_hdr10_pq_vfr.mp4": {"outcome": "refused", "words": "--hdr tonemap"},
    "phone_old_3gp_h263_vfr.3gp": {
        "outcome": "noted", "words": "A sound track (amrnb) is left out",
    },
    "plane_field_failing_audio.mp4": {},
    "plant_handheld_odd_rate.mp4": {},
    "river_10frames.mp4": {},
    "roadtrip_vp9_10bit_cuts.webm": {},
    "vp9_alpha_200x200.webm": {"result": ".mkv"},
}  # fmt: skip
"""What is expected of the real clips, where it is not to be kept as they are."""
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "phone_hdr10_pq_vfr.mp4": (
        "tone-mapped", {"outcome": "noted", "words": "tone-mapped", "luma": False,
                        "source": SourceSettings(hdr="tonemap")},
    ),
    "derived_truncated.mp4": (
        "damage allowed", {"outcome": "noted", "words": "37 of 377 frames",
                           "source": SourceSettings(allow_damaged=True)},
    ),
}  # fmt: skip
"""The same once more, with the option that the refusal names."""


def real_cases(folder: Path) -> Iterator[Case]:
    """The real clips of a folder, known or not."""
    for path in sorted(folder.iterdir()):
        if path.name in REAL or path.suffix.lower() in VIDEO_SUFFIXES:
            expected = REAL.get(path.name, {"outcome": None, "luma": False})
            yield Case(path.name, partial(_itself, path), **expected)
        if path.name in ASKED:
            how, expected = ASKED[path.name]
            yield Case(f"{path.name}, {how}", partial(_itself, path), **expected)


def _itself(path: Path, folder: Path) -> Path:
    return path


HEADINGS = ("source", "outcome", "frames", "ms off", "seconds", "size", "turned", "SAR",
            "tags", "luma dB", "chroma dB", "drift", "beyond RGB", "sound", "subs",
            "what is said")  # fmt: skip


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table."""
    if row.was is None or row.now is None:
        return row.case.name, row.outcome, *[""] * (len(HEADINGS) - 3), row.said
    was, now = row.was, row.now
    return (
        row.case.name,
        row.outcome,
        _both(len(was.times), len(now.times)),
        f"{1000 * row.time_error:.3f}".rstrip("0").rstrip("."),
        _both(f"{float(was.seconds):.3f}", f"{float(now.seconds):.3f}"),
        _both("x".join(map(str, was.size)), "x".join(map(str, now.size))),
        _both(was.turned, now.turned),
        _both(was.aspect, now.aspect),
        _both("/".join(map(str, was.tags)), "/".join(map(str, now.tags))),
        "" if row.luma is None else f"{row.luma:.1f}",
        *(("", "") if row.chroma is None else (f"{row.chroma:.1f}", f"{row.drift:+.2f}")),
        "" if row.luma is None else f"{row.beyond:.1f} %",
        *(_same(was.streams.get(kind, []), now.streams[kind]) for kind in ("audio", "subtitle")),
        row.said,
    )


def _both(was: Any, now: Any) -> str:
    return str(was) if was == now else f"{was} → {now}"


def _same(was: Sequence[str], now: Sequence[str]) -> str:
    return f"{len(set(was) & set(now))} of {len(was)}" if was else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="folder of the real clips")
    arguments = parser.parse_args()
    if arguments.clips:
        failed = _print_table(HEADINGS, _rows(real_cases(arguments.clips)))
    else:
        failed = _print_table(HEADINGS, _rows(generated_cases()))
        print()
        failed += _print_table(times_contract.HEADINGS, times_contract.rows())
    return int(failed > 0)


def _rows(cases: Iterable[Case]) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    """Name, cells and complaints of each row."""
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            row = check(case, Path(folder))
        yield case.name, cells(row), row.complaints


def _print_table(
    headings: Sequence[str], rows: Iterable[tuple[str, tuple[str, ...], list[str]]]
) -> int:
    """Prints a table with the commit it is from; how many rows are not as expected."""
    print(f"As of commit {commit()}:\n")
    print(f"| {' | '.join(headings)} |")
    print("|---" * len(headings) + "|")
    failed = 0
    for name, row, complaints in rows:
        print(f"| {' | '.join(row)} |", flush=True)
        for complaint in complaints:
            print(f"{name}: {complaint}", file=sys.stderr, flush=True)
        failed += bool(complaints)
    return failed


if __name__ == "__main__":
    sys.exit(main())
