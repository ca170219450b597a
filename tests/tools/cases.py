"""Small inputs on which something went wrong once: what comes now, and what is right.

    python -m tests.tools.cases --folder FOLDER

Runs the command line on each input of the folder, judges the result by means that are not ours
(PyAV, Pillow, OpenCV, or the bytes of the file), and prints a row for each. Ends with 1 if one is
not right, or if an input is missing.
"""

import argparse
import io
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import av
import cv2
import numpy as np
from PIL import Image, ImageCms
from rich.console import Console
from rich.table import Table

from flows.cli import main as stylecore
from stylecore.store.workspace import WORKSPACE_VARIABLE
from tests.support import clips

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo.mp4"
INTERNAL_ERROR = 70
Verdict = tuple[str, bool]
"""What came, and whether it is right."""


@dataclass(frozen=True)
class Case:
    """An input, the choice that is tried on it, and what is right."""

    name: str
    right: str
    judge: Callable[["Bench"], Verdict] | None
    """None where the choice is yet to come."""


@dataclass(frozen=True)
class Bench:
    """Where a case is tried."""

    inputs: Path
    work: Path

    def run(self, *arguments: object) -> tuple[int, str]:
        """Exit status of a command, and all that it said."""
        said = io.StringIO()
        given = [str(argument) for argument in arguments]
        jobs = {WORKSPACE_VARIABLE: str(self.work / "jobs")}
        with redirect_stdout(said), redirect_stderr(said), patch.dict(os.environ, jobs):
            try:
                status = stylecore(given)
            except SystemExit as stop:
                status = int(stop.code or 0)
        return status, " ".join(said.getvalue().split())

    def video(self, source: str | Path, output: str, *more: object) -> tuple[int, str, Path]:
        """The same of a video in the style of the folder, and where the result is.

        Names of files are left out of what it said: they may hold the words that are looked for.
        """
        target = self.work / output
        status, said = self.run("video", self.inputs / source, "--style",
                                self.inputs / "style_srgb.png", "-o", target, "--no-prefect",
                                *more)  # fmt: skip
        # A container that cannot hold what there is may be replaced by another.
        target = next(self.work.glob(f"{target.stem}.*"), target)
        return status, said.replace(Path(source).name, "SOURCE"), target

    def unchanged(self, source: str | Path, output: str, *more: object) -> tuple[str, Path]:
        """The same through the engine that changes nothing, which must end well.

        Raises:
            Failed: it does not.
        """
        status, said, target = self.video(source, output, "--engine", "identity", *more)
        if status != 0:
            raise Failed(f"exit {status}: {said[-160:]}")
        return said, target


class Failed(Exception):
    """A command did not end well."""


def every_time_is_kept(source: str | Path, output: str, bench: Bench) -> Verdict:
    _, target = bench.unchanged(source, output)
    was, now = (clips.timestamps(path) for path in (bench.inputs / source, target))
    off = max(abs((b - now[0]) - (a - was[0])) for a, b in zip(was, now, strict=False))
    came = f"{len(now)} of {len(was)} frames, {float(off) * 1000:.2f} ms off"
    return came, len(now) == len(was) and off <= 0.001


def shots(source: str, expected: list[int], bench: Bench) -> Verdict:
    listed = bench.work / "cuts.txt"
    status, said = bench.run("cuts", bench.inputs / source, "-o", listed)
    if status != 0:
        return f"exit {status}: {said[-160:]}", False
    found = [int(number) for number in re.findall(r"^\d+(?!\S)", listed.read_text(), re.MULTILINE)]
    return f"cuts at {found or 'no frame'}", found == expected


def a_cut_or_a_list(source: str, cut: int, bench: Bench) -> Verdict:
    came, right = shots(source, [cut], bench)
    if right:
        return came, True
    listed = bench.work / "given.txt"
    listed.write_text(f"{cut}\n")
    said, _ = bench.unchanged(source, "x.mp4", "--cuts", listed)
    return f"{came}; with a list: {'2 shots' if '2 shots' in said else 'no cut'}", "2 shots" in said


def captions(bench: Bench) -> Verdict:
    said, target = bench.unchanged("captions.mp4", "x.mp4")
    kept = sum("A53_CC" in kinds for kinds in side_data(target))
    return f"kept in {kept} of 24 frames", kept == 24 or "caption" in said


def clean_aperture(bench: Bench) -> Verdict:
    results = [
        bench.unchanged("clap.mp4", f"{split}.mp4", "--split", split, "--quality", 1)[1]
        for split in ("demand", "disk")
    ]
    one, other = (decoded(path) for path in results)
    size = "x".join(map(str, one.shape[2:0:-1]))
    tagged = all(b"clap" in path.read_bytes() for path in results)
    alike = one.shape == other.shape and np.abs(one.astype(int) - other).mean() < 2
    came = f"{size}, {'with' if tagged else 'without'} its tag, {'alike' if alike else 'unlike'}"
    return came, alike and (size == "320x168" or (size == "320x240" and tagged))


def spherical(bench: Bench) -> Verdict:
    said, target = bench.unchanged("spherical.mp4", "x.mp4")
    kept = all("SPHERICAL" in kinds for kinds in side_data(target))
    noted = "spherical" in said or "360" in said
    return ("kept" if kept else "said" if noted else "gone, no note"), kept or noted


def plays(source: str, output: str, expected: int | None, bench: Bench) -> Verdict:
    """``expected`` is Pillow's: None for once in a GIF, 0 for ever."""
    _, target = bench.unchanged(source, output)
    with Image.open(target) as image:
        found = image.info.get("loop")
    return f"loop {found}", found == expected


def timecode(bench: Bench) -> Verdict:
    said, target = bench.unchanged("timecode.mov", "x.mov", "--frames", "10:20")
    with av.open(str(target)) as container:
        found = container.streams.video[0].metadata.get("timecode", "none")
    false_note = "data track" in said and "left out" in said
    came = found + (", and a note that it is left out" if false_note else "")
    return came, found == "10:20:30:10" and not false_note


def paints_or_says_so(arguments: Callable[[Path], list[object]], source: str, bench: Bench):
    status, said, target = bench.video(source, "x.mp4", *arguments(bench.inputs))
    if status == 0:
        return "painted", target.is_file()
    sentence = said[-160:]
    early = "frame 1/" not in said and "Traceback" not in said
    return f"exit {status}: {sentence}", status != INTERNAL_ERROR and early


def colours_of_a_photo(name: str, bench: Bench) -> Verdict:
    photo, target = bench.inputs / name, bench.work / "x.png"
    status, said = bench.run("image", photo, "--style", bench.inputs / "style_srgb.png", "-o",
                             target, "--engine", "identity")  # fmt: skip
    if status != 0:
        return f"exit {status}: {said[-160:]}", False
    difference = np.linalg.norm(lab(in_srgb(target)) - lab(in_srgb(photo)), axis=-1).mean()
    return f"ΔE {difference:.2f}", difference < 1.0


def mask_of_one_style(bench: Bench) -> Verdict:
    status, said, target = bench.video(
        "captions.mp4", "x.mp4", "--engine", "fast", "--frames", "0:2", "--quality", 1,
        "--style-masks", bench.inputs / "mask_left.png",
    )  # fmt: skip
    if status != 0:
        return f"exit {status}: {said[-160:]}", False
    mask = cv2.imread(str(bench.inputs / "mask_left.png"), cv2.IMREAD_GRAYSCALE)
    change = np.abs(
        decoded(target)[0].astype(int) - decoded(bench.inputs / "captions.mp4")[0]
    ).mean(-1)  # fmt: skip
    inside = cv2.erode(mask, np.ones((17, 17))) > 254
    outside = cv2.dilate(mask, np.ones((17, 17))) < 1
    white, black = change[inside].mean(), change[outside].mean()
    return f"changed by {white:.1f} in white, {black:.1f} in black", white > 10 and black < 3


def side_data(path: Path) -> list[list[str]]:
    """Kinds of side data of each frame."""
    with av.open(str(path)) as container:
        return [
            [str(data.type).rpartition(".")[2] for data in frame.side_data]
            for frame in container.decode(video=0)
        ]


def decoded(path: Path) -> np.ndarray:
    """(N, H, W, 3) uint8."""
    with av.open(str(path)) as container:
        return np.stack([one.to_ndarray(format="rgb24") for one in container.decode(video=0)])


def in_srgb(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 as littleCMS shows it on an sRGB screen."""
    with Image.open(path) as image:
        profile = image.info.get("icc_profile")
        if profile:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
        return np.asarray(image.convert("RGB"))


def lab(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


A_RESULT = "a result; every time within the target's grid"
SENTENCE = "painted, or one sentence before the work"


def all_cases() -> Iterator[Case]:
    for source, output in (
        ("g_30_48000.mp4", "x.mkv"), ("g_30_48000.mp4", "x.webm"), (DEMO, "x.mkv"),
        ("m_30_2.mkv", "x.mp4"), ("m_60_1.mkv", "x.mp4"),
    ):  # fmt: skip
        name = f"{Path(source).name} to {output[1:]}"
        yield Case(name, A_RESULT, partial(every_time_is_kept, source, output))
    for source, expected, right in (
        ("bear60_flash4.mp4", [], "1 shot"), ("bear30_flash3.mp4", [], "1 shot"),
        ("bear30_flash2.mp4", [], "1 shot"), ("bear60_noflash.mp4", [], "1 shot"),
        ("oneframe_shot.mp4", [10, 11], "two cuts"),
    ):  # fmt: skip
        yield Case(source, right, partial(shots, source, expected))
    yield Case("jumpcut_same_set.mp4", "one cut, or a cut list",
               partial(a_cut_or_a_list, "jumpcut_same_set.mp4", 10))  # fmt: skip
    yield Case("captions.mp4", "kept, or said", captions)
    yield Case("clap.mp4", "the shown pixels, both ways alike", clean_aperture)
    yield Case("letterbox.mp4", "later: --keep letterbox", None)
    yield Case("spherical.mp4", "kept, or said", spherical)
    yield Case("gif_once.gif", "once", partial(plays, "gif_once.gif", "x.gif", None))
    yield Case("loop2.apng", "twice", partial(plays, "loop2.apng", "x.apng", 2))
    yield Case("timecode.mov", "10:20:30:10", timecode)
    yield Case("palette_900x24.png", SENTENCE, partial(
        paints_or_says_so, lambda inputs: ["--style", inputs / "palette_900x24.png", "--engine",
                                           "fast", "--frames", "0:2"], "captions.mp4",
    ))  # fmt: skip
    for photo in ("photo_p3.png", "photo_adobe.jpg"):
        yield Case(photo, "the colours that its profile means", partial(colours_of_a_photo, photo))
    yield Case("mask_left.png", "painted in white, source in black", mask_of_one_style)
    yield Case("ticker.mp4", SENTENCE, partial(
        paints_or_says_so, lambda inputs: ["--engine", "fast", "--size", 320], "ticker.mp4",
    ))  # fmt: skip
    yield Case("loop24.mp4", "later: --loop", None)


def verdict(case: Case, inputs: Path) -> tuple[str, str]:
    """What came, and ``right``, ``WRONG`` or ``later``."""
    if case.judge is None:
        return "", "later"
    with tempfile.TemporaryDirectory() as work:
        try:
            came, right = case.judge(Bench(inputs, Path(work)))
        except Failed as error:
            came, right = str(error), False
        except Exception as error:
            traceback.print_exc()
            came, right = f"{type(error).__name__}: {error}", False
    return came, "right" if right else "WRONG"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the inputs are")
    parser.add_argument("--only", default="", help="part of the names of the cases to run")
    options = parser.parse_args(arguments)
    table = Table("case", "what came", "what is right", "")
    verdicts = []
    for case in all_cases():
        if options.only in case.name:
            came, judged = verdict(case, options.folder)
            table.add_row(case.name, came, case.right, judged)
            verdicts.append(judged)
    Console(width=None if sys.stdout.isatty() else 150).print(table)
    counts = {judged: verdicts.count(judged) for judged in ("right", "WRONG", "later")}
    print(", ".join(f"{count} {judged}" for judged, count in counts.items()))
    return int(counts["WRONG"] > 0 or not counts["right"])


if __name__ == "__main__":
    sys.exit(main())
