"""Every codec in every container, and every other kind of result: what of a source it keeps.

    python -m tests.tools.kept_table

For each kind of thing a source is made that holds it, written and verified in each way, and the
result is read again. *kept*: it is there as it was; *said*: it is not, and a note says so;
*refused*: such a source is refused before the work. Ends with 1 if anything is lost unsaid.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from stylecore.errors import SettingsError
from stylecore.media import (
    Excerpt,
    SourceIndex,
    check_output,
    index_source,
    open_container,
    read_frames,
    run_ffmpeg,
    verify_frames,
    wants_alpha,
    write_frames,
)
from stylecore.media.writing.codecs import CODECS
from stylecore.settings import OutputSettings
from tests.support import clips, odd_clips
from tests.support.commit import commit

QUICK = {"h264": "ultrafast", "hevc": "ultrafast", "vp9": "8", "av1": "12"}
"""Presets; what is kept does not depend on them."""
PICTURES = (".gif", ".apng", ".webp", "", "/%d.png", "/%d.jpg", "/%d.tif")
"""Results that are no video file: what follows their name."""


def _streams(kind: str) -> Callable[[Path, SourceIndex], Any]:
    return lambda path, index: sum(info.kind == kind for info in index.streams)


def _chapters(path: Path, index: SourceIndex) -> Any:
    if index.reader != "container":
        return []
    with open_container(path) as container:
        return [chapter["metadata"].get("title", "") for chapter in container.chapters()]


def _title(path: Path, index: SourceIndex) -> Any:
    if index.reader != "container":
        return ""
    with open_container(path) as container:
        return {key.lower(): value for key, value in container.metadata.items()}.get("title")


def _field(name: str) -> Callable[[Path, SourceIndex], Any]:
    return lambda path, index: getattr(index, name)


def _with(path: Path, **options: Any) -> Path:
    """A clip that FFmpeg copies with further options."""
    plain = clips.write_clip(path.with_name(f"plain{path.suffix}"))
    run_ffmpeg(ffmpeg.input(str(plain)).output(str(path), c="copy", **options), timeout_seconds=60)
    return path


@dataclass(frozen=True)
class Feature:
    """One thing that a source may hold beside its pictures, or in a way of its own."""

    heading: str
    suffix: str
    make: Callable[[Path], Path]
    held: Callable[[Path, SourceIndex], Any]
    """What must be equal in the result."""
    word: str
    """Of the note that says that it is lost."""


FEATURES = (
    Feature("AAC", ".mp4", lambda path: clips.write_clip(path, sounds=1),
            _streams("audio"), "sound"),
    Feature("Opus", ".mkv", lambda path: clips.write_clip(
        path, sounds=1, sound_codec="libopus", sound_rate=48000), _streams("audio"), "sound"),
    Feature("PCM", ".mov", lambda path: clips.write_clip(
        path, sounds=1, sound_codec="pcm_s16le"), _streams("audio"), "sound"),
    Feature("text", ".mkv", odd_clips.rich, _streams("subtitle"), "subtitle"),
    Feature("font", ".mkv", odd_clips.rich, _streams("attachment"), "attachment"),
    Feature("cover", ".mp4", odd_clips.covered, _streams("cover"), "cover"),
    Feature("chapters", ".mkv", odd_clips.rich, _chapters, "chapters"),
    Feature("title", ".mkv", odd_clips.rich, _title, "metadata title"),
    Feature("captions", ".mp4", odd_clips.captioned, _field("captions"), "captions"),
    Feature("timecode", ".mov", lambda path: _with(path, timecode="10:00:00:00"),
            _field("timecode"), "timecode"),
    Feature("sphere", ".mp4", odd_clips.surrounding, _field("sphere"), "surrounds"),
    Feature("both eyes", ".mkv", lambda path: odd_clips.for_both_eyes(path, "left_right"),
            _field("stereo"), "each eye"),
    Feature("opacity", ".webm", lambda path: odd_clips.transparent(
        path, "libvpx-vp9", "yuva420p"), _field("alpha"), "transparency"),
    Feature("10 bits", ".mp4", odd_clips.deep, lambda path, index: index.bit_depth >= 10, "bits"),
    Feature("4:2:2", ".mp4", lambda path: clips.write_clip(path, pixel_format="yuv422p"),
            lambda path, index: "420" not in index.pixel_format and index.pixel_format != "pal8",
            "lower resolution"),
    Feature("16:11", ".mp4", lambda path: clips.write_clip(path, aspect=Fraction(16, 11)),
            _field("sample_aspect_ratio"), "square"),
)  # fmt: skip


def results() -> Iterator[tuple[str, str, OutputSettings]]:
    """Name in the table, end of the result's name, and encoding of every kind of result."""
    for name, codec in CODECS.items():
        for suffix in sorted(codec.containers):
            yield (
                f"`{name}` {suffix}",
                suffix,
                OutputSettings(
                    codec=name, preset=QUICK.get(name), container="named", chroma="source"
                ),
            )
    for ending in PICTURES:
        named = {"": "folder", "/%d.png": "%d.png", "/%d.jpg": "%d.jpg", "/%d.tif": "%d.tif"}
        yield named.get(ending, ending), ending, OutputSettings()


def outcome(feature: Feature, source: Path, target: Path, encoding: OutputSettings) -> str:
    """kept, said, refused or LOST."""
    index = index_source(source)
    excerpt, size = Excerpt.of_all(source, index), (index.width, index.height)
    try:
        check_output(target, encoding, index=index)
    except SettingsError:
        return "refused"
    frames = read_frames(excerpt, alpha=wants_alpha(target, encoding, index, size))
    notes = write_frames(frames, target, excerpt, encoding)
    notes += verify_frames(target, excerpt, encoding, size=size).notes
    if feature.held(target, index_source(target)) == feature.held(source, index):
        return "kept"
    return "said" if any(feature.word in note for note in notes) else "LOST"


def main() -> int:
    print(f"As of commit {commit()}:\n")
    print(f"| result | {' | '.join(feature.heading for feature in FEATURES)} |")
    print("|---" * (1 + len(FEATURES)) + "|")
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for number, feature in enumerate(FEATURES):
            place = Path(folder, str(number))
            place.mkdir()
            sources.append(feature.make(place / f"in{feature.suffix}"))
        for name, ending, encoding in results():
            cells = []
            for feature, source in zip(FEATURES, sources, strict=True):
                with tempfile.TemporaryDirectory(dir=folder) as results_folder:
                    target = Path(f"{results_folder}/out{ending}")
                    cells.append(outcome(feature, source, target, encoding))
            lost += cells.count("LOST")
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
